"""What must stay between few people is nowhere but where it belongs: not in logs, rows, Redis or mails.

The real server and a real worker: every door that takes or gives a secret is used once, then everything is searched.
"""

from __future__ import annotations

import email
import json
import re
import zlib
from email import policy
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import MetaData, select, text

from postways.db import db
from postways.models import Block, Mail, User
from tests.cast import PASSWORD, TOKEN, link_in, make_user
from tests.oauth.flow import VERIFIER, Prints
from tests.servers import Site, Visitor, empty_database, own_valkey, until

pytestmark = pytest.mark.slow
OLD, NEW, WRONG = "first secret words 5", "second secret words 6", "a guess that is wrong 7"
SAID = "cormorant-8 at the quay"
ADDRESS = "eva.lindgren@mail.example"
IN_MAILS = {"link of the first mail", "link of the reset", "recovery token"}  # which is where they belong


@pytest.fixture
def server(tmp_path):
    with own_valkey(tmp_path) as url:
        yield url


@pytest.fixture
def site(tmp_path, worker_id, server) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    return Site(folder, empty_database(folder, f"postways_left_{worker_id}"), server)


@pytest.fixture
def seen(site) -> Flask:
    with site.seen() as app:
        yield app


class Eva(Visitor):
    """Somebody who does everything that has to do with secrets."""

    def program(self, path: str, body: dict, token: str = "", **headers: str) -> dict:
        """Ask as a program does."""
        told = {"Content-Type": "application/json", **({"Authorization": token} if token else {}), **headers}
        self.connection.request("POST", path, json.dumps(body), told)
        answer = self.connection.getresponse()
        said = answer.read()
        return json.loads(said) if said else {}

    def letter(self, kind: str) -> email.message.EmailMessage:
        """The newest mail of a kind, once the worker has sent it."""
        folder = self.site.folder / "mail"
        (name, *_) = until(lambda: sorted(folder.glob(f"*-{kind}.eml"), reverse=True) if folder.exists() else [])
        return email.message_from_bytes(name.read_bytes(), policy=policy.default)

    def form(self, path: str, **fields: str) -> tuple[int, str]:
        """Send the form of the page at `path` back to it."""
        token = TOKEN.search(self.get(path)[1]).group(1)
        return self.post(path, csrf_token=token, **fields)


def come_in(site: Site) -> tuple[Eva, dict[str, str]]:
    """Sign up, confirm, fail to log in, reset, log in."""
    eva, guest, secrets = Eva(site), Eva(site), {}
    assert eva.form("/signup/", username="eva", email=ADDRESS, password=OLD, password2=OLD)[0] == 303
    link = link_in(eva.letter("verify"))
    secrets["link of the first mail"] = link.split("/")[2]
    assert eva.form(link)[0] == 303
    assert guest.form("/login/", username="eva", password=WRONG)[0] == 422
    assert guest.form("/password_reset/", email=ADDRESS)[0] == 303
    link = link_in(guest.letter("reset"))
    secrets["link of the reset"] = link.split("/")[2]
    assert guest.form(link, new_password=NEW, new_password2=NEW)[0] == 303
    eva = Eva(site)
    assert eva.form("/login/", username="eva", password=NEW)[0] == 303
    return eva, secrets | {"session": eva.cookies["session"]}


def take_tokens(eva: Eva) -> dict[str, str]:
    """Every kind that the site gives."""
    login = {"username": "eva", "password": NEW}
    pair = eva.program("/api/v1/auth/login/", login)
    again = eva.program("/api/v1/auth/token/refresh/", {"refresh": pair["refresh"]})
    secrets = {"access token": again["access"], "refresh token": pair["refresh"], "successor": again["refresh"]}
    secrets["opaque token"] = eva.program("/api/v1/auth/token/", login)["token"]
    eva.program("/api/v1/auth/token/", {"username": "eva", "password": WRONG})
    eva.program("/api/v1/auth/token/recovery/", {"email": ADDRESS})
    words = eva.letter("recovery").get_body(("plain",)).get_content().split()
    secrets["recovery token"] = max(words, key=len)
    html = eva.form("/settings/apps/", name="Script", scopes="read", expires="30")[1]
    secrets["personal token"] = max(re.findall(r"[\w-]{30,}", html.partition("<main")[2]), key=len)
    return secrets


def allow_an_app(eva: Eva, seen: Flask) -> dict[str, str]:
    """The whole code flow."""
    prints = Prints(seen, None)
    token = TOKEN.search(eva.get(prints.address())[1]).group(1)
    body = urlencode({"decision": "allow", "csrf_token": token})
    kind = "application/x-www-form-urlencoded"
    eva.connection.request("POST", prints.address(), body, {"Cookie": eva._cookie(), "Content-Type": kind})
    answer = eva.connection.getresponse()
    answer.read()
    code = re.search(r"[?&]code=([^&]+)", answer.headers["Location"]).group(1)
    who = {"client_id": prints.client_id, "client_secret": prints.secret}
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": prints.back, "code_verifier": VERIFIER}
    given = eva.program("/o/token/", who | asked)
    assert eva.program("/o/introspect/", who | {"token": given["access_token"]})["active"]
    tokens = {"access token of an app": given["access_token"], "refresh token of an app": given["refresh_token"]}
    return tokens | {"secret of an app": prints.secret, "code": code}


def write(eva: Eva, ben: Eva, seen: Flask, authorization: str) -> None:
    """By both doors, before and after a block, and a report of it."""
    body = {"receiver": "ben", "content": SAID}
    assert eva.form("/messages/ben/", content=f"By the page: {SAID}")[0] == 303
    sent = eva.program("/api/v1/messages/", body, authorization, **{"Idempotency-Key": "k"})
    assert eva.program("/api/v1/messages/", body, authorization, **{"Idempotency-Key": "k"}) == sent
    assert ben.form(f"/report/?message={sent['id']}", reason="Look at this.")[0] == 303
    with seen.app_context():
        Block.begin(User.named("ben"), User.named("eva"))
        db.session.commit()
    assert eva.form("/messages/ben/", content=f"Refused: {SAID}")[0] == 403
    assert "detail" in eva.program("/api/v1/messages/", body, authorization, **{"Idempotency-Key": "l"})


def no_mail_waits(app: Flask) -> bool:
    with app.app_context():
        waiting = db.session.query(Mail).filter_by(state="waiting").count()
        db.session.rollback()
    return not waiting


def tables_with(app: Flask, word: str) -> set[str]:
    """The names of all tables, also of those that no noun knows, that hold `word` in any column."""
    found = set()
    with app.app_context():
        known = MetaData()
        known.reflect(db.engine)
        for name, table in known.tables.items():
            rows = repr(db.session.execute(select(text("*")).select_from(table)).all())
            if word in rows or word.encode().hex() in rows:
                found.add(name)
        db.session.rollback()
    return found


def kept_in_redis(url: str) -> list[bytes]:
    """Every value, also what RQ has packed."""
    redis = Redis.from_url(url)
    values = []
    for key in redis.scan_iter():
        values.append(key)
        kind = redis.type(key)
        if kind == b"hash":
            values += [part for item in redis.hgetall(key).items() for part in item]
        elif kind == b"string":
            values.append(redis.get(key))
        elif kind == b"stream":
            values.append(repr(redis.xrange(key)).encode())
        else:
            values.append(repr(redis.dump(key)).encode())
    for value in list(values):
        try:
            values.append(zlib.decompress(value))
        except zlib.error:
            continue
    return values


def files_of(folder: Path, *, mails: bool) -> str:
    """Mails, or everything else that the site has written beside its database."""
    names = [path for path in folder.rglob("*") if path.is_file() and (path.suffix == ".eml") is mails]
    return "\n".join(path.read_text(errors="replace") for path in names if not path.name.startswith("postways_left"))


def test_secrets_and_messages_are_where_they_belong_and_nowhere_else(site, seen, server):
    make_user(seen, "ben")
    with site.web(), site.worker():
        eva, secrets = come_in(site)
        secrets |= {"first password": OLD, "second password": NEW, "wrong password": WRONG}
        secrets |= {"message": SAID, "address": ADDRESS} | take_tokens(eva) | allow_an_app(eva, seen)
        ben = Eva(site)
        assert ben.form("/login/", username="ben", password=PASSWORD)[0] == 303
        write(eva, ben, seen, f"Bearer {secrets['access token']}")
        until(lambda: no_mail_waits(seen))
        redis = b"\n".join(kept_in_redis(server))
    assert all(len(secret) > 8 for secret in secrets.values()), secrets
    log, mails = files_of(site.folder, mails=False), files_of(site.folder, mails=True).replace("=\n", "")
    assert "message-sent" in log and b"rq:" in redis and mails  # what is looked through is there

    for name, secret in secrets.items():
        at_home = {"message": {"messages"}, "address": {"users"}}.get(name, set())
        assert tables_with(seen, secret) <= at_home, name
        assert secret not in log, name
        assert secret.encode() not in redis, name
        assert name in IN_MAILS | {"address"} or secret not in mails, name
