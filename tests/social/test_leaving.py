"""What stands between people goes with an account, comes along in an export, and is put right at night."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import time_machine

from postways import jobs, sweep
from postways.db import db, now
from postways.models import Block, Export, Follow, Mute, User


def act(app, name, verb):
    """Let somebody do something."""
    with app.app_context():
        result = verb(User.named(name))
        db.session.commit()
        return result


def rows(app) -> list[int]:
    with app.app_context():
        return [db.session.query(noun).count() for noun in (Follow, Block, Mute)]


def tie(app) -> None:
    """Ada and ben follow each other; each has blocked or muted somebody."""
    act(app, "ada", lambda ada: Follow.begin(ada, User.named("ben")))
    act(app, "ben", lambda ben: Follow.begin(ben, User.named("ada")))
    act(app, "ada", lambda ada: Block.begin(ada, User.named("zoe")))
    act(app, "ben", lambda ben: Mute.begin(ben, User.named("ada")))
    act(app, "ada", lambda ada: Mute.begin_word(ada, "fog"))


def test_a_deleted_account_leaves_no_tie_and_no_count(app, ada, ben, as_ben):
    tie(app)
    act(app, "ada", lambda ada: ada.leave())
    assert "ada" not in as_ben.get("/@ben/followers/").text + as_ben.get("/@ben/following/").text
    assert act(app, "ben", lambda ben: (ben.followers_count, ben.following_count)) == (0, 0)

    with time_machine.travel(now() + timedelta(days=1), tick=True), app.app_context():
        sweep.purge()

    assert rows(app) == [0, 0, 0]
    with app.app_context():
        assert sweep.check_counters() == 0


def test_an_export_holds_ones_own_ties(app, ada, ben, as_ada):
    tie(app)
    as_ada.post("/settings/export/")
    jobs.use(app)
    with app.app_context():
        export = db.session.query(Export).one().id
    jobs.make_export(export)

    archive = ZipFile(BytesIO(as_ada.get(f"/settings/export/{export}/").data))
    follows, blocks, mutes = (json.loads(archive.read(f"{name}.json")) for name in ("follows", "blocks", "mutes"))
    assert [one["username"] for one in follows["following"]] == ["ben"]
    assert [one["username"] for one in follows["followers"]] == ["ben"]
    assert [one["username"] for one in blocks] == ["zoe"]
    assert [(one["kind"], one["word"]) for one in mutes] == [("word", "fog")]


def test_wrong_counts_are_put_right_at_night(app, ada, ben):
    tie(app)
    act(app, "ada", lambda ada: setattr(ada, "followers_count", 40))

    with app.app_context():
        assert sweep.check_counters() == 1
        db.session.commit()

    assert act(app, "ada", lambda ada: ada.followers_count) == 1


def test_mutes_that_are_over_are_forgotten(app, ada, ben):
    act(app, "ada", lambda ada: Mute.begin(ada, User.named("ben"), now() + timedelta(days=1)))

    with time_machine.travel(now() + timedelta(days=2), tick=True), app.app_context():
        sweep.forget()

    assert rows(app) == [0, 0, 0]
