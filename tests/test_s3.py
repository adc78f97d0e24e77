"""A photograph's whole way, from the form to the reader, with the files in an S3 store."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Flask
from moto.server import ThreadedMotoServer

from postways import create_app, inventory, jobs
from postways.db import db
from postways.models import Erasure, Photo
from postways.storage import S3Storage
from tests.cast import Browser, make_user, picture, upload


@pytest.fixture(scope="module")
def bucket() -> str:
    """The URL of a store with an empty bucket."""
    import boto3

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys).create_bucket(Bucket="media")
    yield f"s3://media/site?region=us-east-1&endpoint={quote(endpoint, safe='')}"
    server.stop()


@pytest.fixture
def remote(app, config, bucket) -> Flask:
    """The application with its files in the bucket; database and Redis are the usual ones."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    remote = create_app(replace(config, storage_url=bucket, **keys))
    yield remote
    for key in list(remote.extensions["storage"].keys()):
        remote.extensions["storage"].delete(key)
    with remote.app_context():
        db.engine.dispose()


@pytest.fixture
def as_ada(remote) -> Browser:
    make_user(remote, "ada")
    return Browser(remote).log_in("ada")


def shared(remote, browser) -> Photo:
    """A photograph that was uploaded through the form, prepared and published."""
    answer = browser.post(
        "/posts/add/", {"title": "From afar", "images": upload(picture(900, 600))}, page="/posts/add/"
    )
    assert answer.status_code == 303, answer.text
    with remote.app_context():
        photo = db.session.query(Photo).one()
        jobs.prepare(photo.id)
        return db.session.get(Photo, photo.id, populate_existing=True)


def test_an_upload_is_prepared_and_shown_to_everybody(remote, as_ada):
    photo = shared(remote, as_ada)

    assert isinstance(remote.extensions["storage"], S3Storage)
    assert photo.ready
    for name in photo.names:
        answer = Browser(remote).get(f"/media/{photo.key}/{name}")
        assert (answer.status_code, answer.data) == (200, remote.extensions["storage"].get(photo.folder + name))
        assert answer.headers["Cache-Control"].startswith("public, max-age=31536000, immutable")


def test_the_original_is_streamed_to_its_owner_alone(remote, as_ada):
    photo = shared(remote, as_ada)

    assert as_ada.get(f"/media/{photo.key}/original").data == picture(900, 600)
    assert Browser(remote).get(f"/media/{photo.key}/original").status_code == 404


def test_the_site_is_ready_with_its_store(remote):
    answer = Browser(remote).get("/readyz")

    assert (answer.status_code, answer.json["storage"]) == (200, True)


def test_a_removed_photograph_leaves_nothing_in_the_bucket(remote, as_ada):
    photo = shared(remote, as_ada)
    jobs.use(remote)
    with remote.app_context():
        assert inventory.check_media() == {"orphans": [], "lost": [], "bare": []}
        db.session.get(Photo, photo.id).remove()
        db.session.commit()
        erasures = [row.id for row in db.session.query(Erasure)]
    for row in erasures:
        jobs.erase(row)

    assert list(remote.extensions["storage"].keys()) == []


def test_a_store_that_is_away_is_said_by_readyz(app, config, tmp_path):
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    nowhere = "s3://media?region=us-east-1&endpoint=" + quote("http://127.0.0.1:9", safe="")
    remote = create_app(replace(config, storage_url=nowhere, **keys))

    answer = Browser(remote).get("/readyz")

    assert (answer.status_code, answer.json["storage"]) == (503, False)
    assert Browser(remote).get("/").status_code == 200
