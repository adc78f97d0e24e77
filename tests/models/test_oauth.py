"""Apps that act for people: what is registered, what is allowed, and the code that works once within a minute."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postways import exports
from postways.db import db, now
from postways.errors import Forbidden, Missing, Refused, Unauthenticated
from postways.models import Allowance, Audit, Client, Code, Family, Mail, User, departure
from postways.models.redirects import checked, place, source
from tests.cast import make_user
from tests.clock import in_

BACK = "https://prints.example/back"


@pytest.fixture
def person(ada, inside) -> User:
    """Ada, in the session of this test."""
    return db.session.merge(ada)


@pytest.fixture
def maker(ben, inside) -> User:
    """Ben, who wrote an app."""
    return db.session.merge(ben)


@pytest.fixture
def client(maker) -> Client:
    """Ben's app, which can keep a secret."""
    made, _ = make(maker)
    db.session.commit()
    return made


def make(owner: User | None, **data) -> tuple[Client, str]:
    asked = {"scope": "read write", "confidential": True} | data
    name, back = asked.pop("name", "Prints"), asked.pop("redirect_uris", [BACK])
    return Client.make(name, back, owner=owner, **asked)


def code_for(client: Client, person: User, scopes: str = "read create") -> str:
    secret = Code.give(
        client, person, scopes=frozenset(scopes.split()), redirect_uri=BACK, challenge="", auth_time=now()
    )
    db.session.commit()
    return secret


def redeem(secret: str, client: Client) -> tuple[User, Family, str]:
    try:
        return Code.found(secret).redeem(client)
    finally:
        db.session.commit()


def alive(family: Family) -> bool:
    db.session.expire_all()
    return db.session.get(Family, family.id).ended_at is None


# ---- the app


def test_an_app_keeps_the_hash_of_its_secret_alone(maker):
    client, secret = make(maker)

    assert len(secret) >= 43
    assert client.has_secret(secret)
    assert not client.has_secret(secret + "x")
    assert secret.encode() not in client.secret_hash
    assert make(maker, confidential=False) == (db.session.query(Client).order_by(Client.id.desc()).first(), "")


def test_a_public_app_has_no_secret_that_could_be_right(maker):
    client, _ = make(maker, confidential=False)

    assert client.public
    assert not client.has_secret("")
    with pytest.raises(Refused):
        client.renew_secret(maker)


def test_a_new_secret_ends_the_former(maker):
    client, before = make(maker)
    after = client.renew_secret(maker)

    assert client.has_secret(after)
    assert not client.has_secret(before)


@pytest.mark.parametrize(
    "address",
    [
        "https://prints.example/back",
        "https://prints.example:8443/back?from=postways",
        "http://127.0.0.1:51004/back",
        "http://localhost/back",
        "http://[::1]:8000/back",
        "org.example.prints:/back",
        "org.example.prints://back",
        "https://xn--bcher-kva.example/back",
        "https://192.0.2.7/back",
        "https://[2001:db8::1]:8443/back",
        "https://prints.example/back?encoded=1&State=2",
    ],
)
def test_an_app_takes_people_back_where_it_is_safe(address):
    assert checked([f" {address} ", address]) == [address]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "prints.example/back",
        "/back",
        "//prints.example/back",
        "http://prints.example/back",
        "http://127.0.0.1.evil.example/",
        "http://localhost@evil.example/",
        "https://me@prints.example/",
        "https:///back",
        "https://prints.example/back#here",
        "https://prints.example/back#",
        "https://*.prints.example/",
        "https://prints.example\\@evil.example/",
        "https://prints.example/ back",
        "https://prints.example/\x00",
        "https://prints.example/\nx",
        "https://prints.example:99999/",
        "https://bücher.example/",
        "https://[::1/",
        "https://prints.example/" + "x" * 500,
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "prints:/back",
        "org.example.prints:",
        "https://prints_x.example/back",
        "https://%61pp.example/back",
        "https://.example/",
        "https://a..b/",
        "https://prints.example./",
        "https://-a.example/",
        "https://prints.example:0/",
        "https://prints.example:/back",
        "http://127.0.0.1:0/",
        "https://192.0.2/",
        "https://0x7f.1/",
        "https://[fe80::1%25eth0]/",
        "https://prints.example/back?code=x",
        "https://prints.example/back?a=1&%73tate",
        "https://prints.example/back?iss=&error=x",
        "org.example.prints:/back?error_description=x",
    ],
)
def test_an_app_takes_nobody_elsewhere(address):
    with pytest.raises(Refused) as error:
        checked([address])
    assert error.value.field == "redirect_uris"


def test_a_domain_in_other_letters_is_told_as_browsers_write_it():
    with pytest.raises(Refused) as error:
        checked(["https://bücher.example/back"])
    assert error.value.values["plain"] == "xn--bcher-kva.example"


def test_a_place_is_named_for_people_and_for_browsers():
    assert [place(a) for a in (BACK, "http://127.0.0.1:5/x", "org.example.prints:/x")] == [
        "prints.example",
        "127.0.0.1:5",
        "org.example.prints:",
    ]
    assert [source(a) for a in (BACK, "http://127.0.0.1:5/x", "org.example.prints:/x", "http://[::1]:5/")] == [
        "https://prints.example",
        "http://127.0.0.1:5",
        "org.example.prints:",
        "http:",
    ]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u200b \x00"}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "\ud800"}, None),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": [f"https://a.example/{n}" for n in range(11)]}, "redirect_uris"),
        ({"scope": ""}, "scope"),
        ({"scope": "everything"}, "scope"),
        ({"scope": "moderate"}, "scope"),  # more than its owner can do
    ],
    ids=str,
)
def test_what_can_not_be_is_refused_by_its_field(maker, data, field):
    if field is None:
        assert make(maker, **data)[0].name == "?"
        return
    with pytest.raises(Refused) as error:
        make(maker, **data)
    assert error.value.field == field


def test_an_app_asks_for_no_more_than_its_owner_can_do(maker):
    assert make(maker, scope="read write moderate admin")[0].scope == "read write"
    assert make(None, scope="read write moderate admin")[0].scope == "read write moderate admin"


def test_there_is_an_end_to_how_many(maker, monkeypatch):
    monkeypatch.setattr("postways.models.oauth.MOST_CLIENTS", 1)
    make(maker)

    with pytest.raises(Refused, match="Remove one"):
        make(maker)


def test_nobody_but_owner_and_admin_looks_after_an_app(app, client, person, maker):
    db.session.commit()
    admin = db.session.merge(make_user(app, "root-1", "admin"))

    assert Client.find(client.id, maker).id == Client.find(client.id, admin).id == client.id
    with pytest.raises(Missing):
        Client.find(client.id, person)
    with pytest.raises(Forbidden):
        make(maker, actor=person)
    assert make(maker, actor=admin)[0].owner_id == maker.id


def test_an_app_rests_while_its_owner_is_suspended(client, maker):
    assert Client.working(client.client_id).owner.username == "ben"
    maker.suspend(None, "Spam.")
    db.session.commit()
    assert Client.working(client.client_id) is None
    maker.restore(None, "A mistake.")
    db.session.commit()
    assert Client.working(client.client_id)
    assert Client.working("nobody") is None


def test_an_app_that_is_removed_takes_everything_along(client, maker, person):
    _, family, _ = redeem(code_for(client, person), client)
    code_for(client, person)
    client.remove(maker)
    db.session.commit()

    assert not alive(family)
    assert (db.session.query(Allowance).count(), db.session.query(Code).count()) == (0, 0)
    assert [kind for (kind,) in db.session.query(Audit.kind).filter(Audit.kind.like("app-%")).order_by(Audit.id)] == [
        "app-made",
        "app-allowed",
        "app-removed",
    ]


# ---- what is allowed


def test_the_first_leave_is_mailed_and_the_same_again_is_not(client, person):
    for scopes in ("read", "read", "read create", "create"):
        code_for(client, person, scopes)

    (row,) = Allowance.of(person)
    assert (row.scopes, row.client.name, row.client.owner.username) == ({"read", "create"}, "Prints", "ben")
    assert [mail.data for mail in db.session.query(Mail).filter_by(kind="app-allowed").order_by(Mail.id)] == [
        {"app": "Prints", "scopes": ["read"]},
        {"app": "Prints", "scopes": ["create", "read"]},
    ]


def test_a_leave_is_taken_back_by_its_person_alone(client, person, maker):
    _, family, _ = redeem(code_for(client, person), client)
    _, other, _ = redeem(code_for(client, maker), client)
    open_code = code_for(client, person)
    row = Allowance.of(person)[0]
    assert row.last_used_at

    with pytest.raises(Missing):
        Allowance.end_one(row.id, maker)
    Allowance.end_one(row.id, person)
    db.session.commit()
    with pytest.raises(Missing):
        Allowance.end_one(row.id, person)

    assert not alive(family)
    assert alive(other)
    assert Code.found(open_code) is None
    assert Allowance.of(person) == []


# ---- the code


def test_a_code_is_changed_for_what_was_allowed(client, person):
    secret = code_for(client, person)
    user, family, refresh = redeem(secret, client)

    assert (user.id, family.scope, family.client_id) == (person.id, "read create", client.client_id)
    assert Family.person(person.id, family.sid, user.credential_version).scopes == {"read", "create"}
    assert Family.refresh(refresh, client_id=client.client_id)
    assert secret.encode() not in db.session.query(Code).one().code_hash


def test_a_code_works_once_and_its_second_use_ends_what_the_first_gave(client, person):
    secret = code_for(client, person)
    _, family, _ = redeem(secret, client)

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            redeem(secret, client)

    assert not alive(family)
    assert db.session.query(Audit).filter_by(kind="token-reuse").count() == 1
    assert db.session.query(Mail).filter_by(kind="token-reuse").count() == 1


def test_a_code_is_dead_after_a_minute(client, person):
    secret = code_for(client, person)
    with in_(seconds=61), pytest.raises(Unauthenticated):
        redeem(secret, client)
    with in_(seconds=55):
        assert redeem(secret, client)


def test_a_code_that_was_guessed_is_none(client, person):
    code_for(client, person)

    assert Code.found("pwo_guessed") is None


@pytest.mark.parametrize("event", ["password", "suspended", "deleted", "role", "logged out"])
def test_what_ends_tokens_ends_codes_too(client, person, event):
    secret = code_for(client, person)
    {
        "password": lambda: person.change_password("another hash"),
        "suspended": lambda: person.suspend(None, "Spam."),
        "deleted": person.leave,
        "role": lambda: person.become("moderator"),
        "logged out": person.log_out_everywhere,
    }[event]()
    db.session.commit()

    with pytest.raises(Unauthenticated):
        redeem(secret, client)


def test_the_refresh_token_of_an_app_works_for_that_app_alone(client, person, maker):
    _, family, secret = redeem(code_for(client, person), client)
    _, own = Family.begin(person, "read", "a phone")
    db.session.commit()

    for token, holder in ((secret, None), (secret, make(maker)[0].client_id), (own, client.client_id)):
        with pytest.raises(Unauthenticated):
            Family.refresh(token, client_id=holder)
    assert alive(family)
    assert Family.of(person)[0].device == "a phone"
    assert len(Family.of(person)) == 1


def test_an_app_is_never_as_good_as_a_fresh_log_in(client, person):
    user, family, _ = redeem(code_for(client, person), client)

    assert now() - Family.person(user.id, family.sid, user.credential_version).authenticated_at > timedelta(days=365)


def test_codes_are_forgotten_when_nothing_can_be_done_with_them(client, person):
    code_for(client, person)
    redeem(code_for(client, person), client)

    with in_(hours=2):
        assert Code.forget_old() == 1
    with in_(days=31):
        assert Code.forget_old() == 1


def test_somebody_who_leaves_takes_the_apps_along(client, person, maker):
    _, family, _ = redeem(code_for(client, person), client)
    maker.leave()
    db.session.commit()
    assert Client.working(client.client_id) is None

    while departure.erase_some(maker.id):
        db.session.commit()
    db.session.commit()

    assert not alive(family)
    assert db.session.query(Client).count() == 0


def test_the_export_names_apps_without_their_secrets(client, person, maker):
    secret = client.renew_secret(maker)
    redeem(code_for(client, person), client)

    allowed, registered = exports.contents(person)[0], exports.contents(maker)[0]
    assert [row["app"] for row in allowed["allowed_apps.json"]] == ["Prints"]
    assert [row["name"] for row in registered["registered_apps.json"]] == ["Prints"]
    assert secret not in repr(registered)
    assert "hash" not in repr(registered)
