"""Tokens of programs: rows that the server can end, rotated at each use, noticed when an old one comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postways import links
from postways.db import db, now
from postways.errors import Missing, Refused, Unauthenticated
from postways.models import ApiToken, Audit, Family, Mail, RefreshToken, Session, User
from postways.models.scopes import narrowed, scopes_in, scopes_of_role, written
from tests.cast import letters, make_user
from tests.clock import in_
from tests.together import at_once

ALL = "read write"


@pytest.fixture
def person(ada, inside) -> User:
    """Ada, in the session of this test."""
    return db.session.merge(ada)


@pytest.fixture
def begun(person) -> tuple[Family, str]:
    """Ada's phone is logged in."""
    begun = Family.begin(person, ALL, "a phone")
    db.session.commit()
    return begun


def here(family: Family) -> User | None:
    """Who comes in with an access token of this family."""
    db.session.rollback()
    db.session.expire_all()
    user = User.find(family.user_id)
    return Family.person(user.id, family.sid, user.credential_version)


def refresh(secret: str) -> str:
    """The successor, as a door gets it."""
    try:
        return Family.refresh(secret)[2]
    finally:
        db.session.commit()


def refused(secret: str) -> bool:
    try:
        refresh(secret)
    except Unauthenticated:
        return True
    return False


# ---- families


def test_a_family_knows_its_person_and_what_they_may(begun, ada):
    user = here(begun[0])

    assert user.id == ada.id
    assert user.scopes == {"read", "create", "update", "delete"}
    assert user.family_sid == begun[0].sid
    assert now() - user.authenticated_at < timedelta(minutes=1)


def test_no_row_holds_a_secret(begun, person):
    token = ApiToken.issue(person, kind="login", scope=ALL, expires_at=None)
    rows = [*db.session.query(RefreshToken), *db.session.query(ApiToken)]

    assert begun[1].startswith("pwr_")
    assert token.startswith("pw_")
    for row in rows:
        assert len(row.token_hash) == 32
        assert begun[1].encode() not in row.token_hash
    assert len(begun[1]) >= 43
    assert len(token) >= 43  # 256 bits


@pytest.mark.parametrize("role", ["member", "moderator", "admin"])
def test_a_token_never_has_more_than_the_role(app, crowd, role):
    user = make_user(app, "somebody", role)
    with app.app_context():
        user = db.session.merge(user)
        family, _ = Family.begin(user, "read write moderate admin", "")
        secret = ApiToken.issue(user, kind="personal", scope="read moderate admin", expires_at=None, name="x")
        db.session.commit()

        assert Family.person(user.id, family.sid, 0).scopes == scopes_of_role(role)
        assert ApiToken.person(secret).scopes == {"read", "moderate", "admin"} & scopes_of_role(role)


@pytest.mark.parametrize("secret", ["", "x", "pwr_", "pwr_" + "x" * 43, "\x00", "\ud800", "é" * 5_000])
def test_what_is_no_token_opens_nothing(begun, secret):
    assert refused(secret)
    assert ApiToken.person(secret) is None
    assert not ApiToken.end(secret)


def test_another_kind_of_token_opens_nothing(begun, person):
    token = ApiToken.issue(person, kind="login", scope=ALL, expires_at=None)
    db.session.commit()

    assert refused(token)
    assert refused(begun[0].sid)
    assert ApiToken.person(begun[1]) is None


def test_each_use_gives_a_new_one(begun):
    second = refresh(begun[1])
    third = refresh(second)

    assert len({begun[1], second, third}) == 3
    assert here(begun[0])


def test_an_old_one_ends_the_family_and_the_person_is_told(ben, begun, person):
    others = Family.begin(db.session.merge(ben), ALL, "")[0]
    second_phone = Family.begin(person, ALL, "")[0]
    second = refresh(begun[1])
    third = refresh(second)

    with in_(minutes=1):
        assert refused(begun[1])
        assert refused(third)
        assert refused(begun[1])

    assert here(begun[0]) is None
    assert here(second_phone)
    assert here(others)
    (entry,) = db.session.query(Audit).filter_by(kind="token-reuse")
    assert (entry.target_id, entry.actor_id) == (person.id, None)
    assert db.session.query(Mail).filter_by(kind="token-reuse", user_id=person.id).count() == 1


def test_two_tabs_within_two_seconds_are_no_theft(begun):
    second = refresh(begun[1])

    assert refused(begun[1])

    assert here(begun[0])
    assert refresh(second)
    assert db.session.query(Audit).filter_by(kind="token-reuse").count() == 0


def test_after_two_seconds_it_is_theft(begun):
    second = refresh(begun[1])

    with in_(seconds=2.5):
        assert refused(begun[1])

    assert refused(second)
    assert here(begun[0]) is None


def test_once_the_successor_was_used_it_is_theft_at_once(begun):
    third = refresh(refresh(begun[1]))

    assert refused(begun[1])

    assert refused(third)


def test_an_old_one_is_noticed_after_its_day_too(begun):
    second = refresh(begun[1])
    with in_(hours=20):
        third = refresh(second)
    with in_(hours=30):
        assert refused(begun[1])
        assert refused(third)


def test_of_many_at_once_one_gets_a_successor(app, ada):
    for _ in range(5):
        with app.app_context():
            family, secret = Family.begin(db.session.merge(ada), ALL, "")
            db.session.commit()

        def work(secret=secret) -> str | None:
            with app.app_context():
                try:
                    return refresh(secret)
                except Unauthenticated:
                    return None

        found = [successor for successor in at_once([work] * 8) if successor]

        assert len(found) == 1
        with app.app_context():
            assert here(family)
            assert db.session.query(RefreshToken).filter_by(family_id=family.id).count() == 2
            assert refresh(found[0])


def test_a_refresh_token_works_for_a_day(begun):
    with in_(hours=23, minutes=59):
        second = refresh(begun[1])
    with in_(hours=47, minutes=58):
        assert refresh(second)


def test_a_refresh_token_is_over_after_a_day(begun):
    with in_(hours=24, seconds=1):
        assert refused(begun[1])
        assert db.session.query(Audit).filter_by(kind="token-reuse").count() == 0


def test_a_family_is_over_after_thirty_days_in_any_case(begun):
    secret = begun[1]
    for hour in range(23, 30 * 24, 23):
        with in_(hours=hour):
            secret = refresh(secret)

    with in_(days=30, seconds=1):
        assert refused(secret)
        assert here(begun[0]) is None


@pytest.mark.parametrize("by", ["sid", "secret", "id", "used secret"])
def test_a_family_can_be_ended(ben, begun, person, by):
    family, secret = begun
    last = refresh(secret) if by == "used secret" else secret
    other = db.session.merge(ben)
    ways = {
        "sid": lambda user: Family.end(family.sid, user),
        "secret": lambda user: bool(Family.end_of(secret)),
        "used secret": lambda user: bool(Family.end_of(secret)),
        "id": lambda user: Family.end_one(family.id, user) or True,
    }
    if by == "id":
        with pytest.raises(Missing):
            ways[by](other)
    elif by == "sid":
        assert not ways[by](other)
    assert here(family)
    assert ways[by](db.session.merge(person))
    db.session.commit()

    assert here(family) is None
    assert refused(last)
    if by != "id":
        assert not ways[by](db.session.merge(person))


def test_somebody_suspended_gets_nothing_and_comes_back_with_nothing(begun, person):
    token = ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name="backup")
    User.find(person.id).suspend(None, "Because.")
    db.session.commit()

    for _ in range(2):
        assert refused(begun[1])
        assert here(begun[0]) is None
        assert ApiToken.person(token) is None
        User.find(person.id).restore(None, "Because.")
        db.session.commit()


def test_somebody_who_left_gets_nothing(begun, person):
    token = ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name="backup")
    User.find(person.id).leave()
    db.session.commit()

    assert refused(begun[1])
    assert Family.person(person.id, begun[0].sid, 0) is None
    assert Family.person(person.id, begun[0].sid, 1) is None
    assert ApiToken.person(token) is None


ENDINGS = {
    "password change": lambda user: user.change_password("another hash"),
    "password reset": lambda user: user.reset_password("another hash"),
    "log out everywhere": lambda user: user.log_out_everywhere(),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_new_password_ends_every_token_of_this_person_alone(ben, begun, person, ending):
    token = ApiToken.issue(person, kind="login", scope=ALL, expires_at=None)
    personal = ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name="backup")
    others = Family.begin(db.session.merge(ben), ALL, "")[0]
    db.session.commit()

    ENDINGS[ending](User.find(person.id))
    db.session.commit()

    assert here(begun[0]) is None
    assert refused(begun[1])
    assert ApiToken.person(token) is None
    assert ApiToken.person(personal) is None
    assert here(others)
    assert db.session.get(User, person.id).credential_version == 1


def test_a_reset_ends_the_sessions_and_a_change_leaves_them_to_the_door(person):
    Session.begin(person, "", "")
    db.session.commit()

    person.change_password("another hash")
    assert db.session.query(Session).filter_by(user_id=person.id).count() == 1
    db.session.commit()
    db.session.refresh(person)

    person.reset_password("one more hash")
    assert db.session.query(Session).filter_by(user_id=person.id).count() == 0


def test_another_role_stops_access_tokens_but_not_the_family(begun, person):
    before = person.credential_version
    User.find(person.id).become("moderator")
    db.session.commit()

    assert Family.person(person.id, begun[0].sid, before) is None
    assert refresh(begun[1])
    assert here(begun[0]).scopes == scopes_of_role("moderator")


def test_no_token_comes_of_a_password_that_was_changed_meanwhile(app, ada):
    with app.app_context():
        stale = User.find(ada.id)
        db.session.commit()
        db.session.expunge(stale)
        User.find(ada.id).change_password("another hash")
        db.session.commit()

        with pytest.raises(Unauthenticated):
            Family.begin(stale, ALL, "")
        with pytest.raises(Unauthenticated):
            ApiToken.issue(stale, kind="login", scope=ALL, expires_at=None)


def test_only_families_that_live_are_shown(ben, begun, person):
    refresh(begun[1])
    Family.begin(db.session.merge(ben), ALL, "")
    ended = Family.begin(person, ALL, "a tablet")[0]
    Family.end(ended.sid, person)

    assert [family.device for family in Family.of(person)] == ["a phone"]
    with in_(days=2):
        assert Family.of(person) == []


def test_what_is_over_is_forgotten_and_what_lives_is_kept(begun, person):
    refresh(refresh(begun[1]))
    ended = Family.begin(person, ALL, "")[0]
    Family.end(ended.sid, person)
    ApiToken.issue(person, kind="login", scope=ALL, expires_at=now() + timedelta(hours=10))
    ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name="for ever")

    with in_(minutes=1):
        assert (Family.forget_ended(), ApiToken.forget_ended()) == (1, 0)
        assert db.session.query(RefreshToken).count() == 3
    with in_(hours=23):
        assert Family.forget_ended() == 0
    with in_(hours=26):
        assert (Family.forget_ended(), ApiToken.forget_ended()) == (1, 1)
    assert db.session.query(RefreshToken).count() == 0
    assert [token.name for token in ApiToken.of(person)] == ["for ever"]


# ---- opaque tokens


def test_a_token_works_until_its_time_is_over(person):
    token = ApiToken.issue(person, kind="login", scope=ALL, expires_at=now() + timedelta(hours=10))
    db.session.commit()

    with in_(hours=9, minutes=59):
        assert ApiToken.person(token).id == person.id
    with in_(hours=10, seconds=1):
        assert ApiToken.person(token) is None


def test_a_token_tells_when_it_was_used(person):
    token = ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name="backup")
    user = ApiToken.person(token)
    assert user.token_seen_at.year == 1970

    ApiToken.seen(user.api_token_id)
    db.session.commit()
    db.session.expire_all()

    assert now() - ApiToken.person(token).token_seen_at < timedelta(minutes=1)
    assert now() - User.find(person.id).last_activity_at < timedelta(minutes=1)


def test_a_personal_token_is_no_log_in(person):
    token = ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name="backup")

    assert ApiToken.person(token).authenticated_at.year == 1970
    assert User.find(person.id).last_login_at is None


def test_a_personal_token_is_written_down_and_mailed_without_its_secret(person):
    token = ApiToken.issue(person, kind="personal", scope="read create", expires_at=None, name=" my  backup ")
    (row,) = ApiToken.of(person)
    ApiToken.end_one(row.id, person)

    assert row.name == "my backup"
    made, ended = db.session.query(Audit).filter(Audit.kind.in_(["token-made", "token-ended"])).order_by(Audit.id)
    assert (made.details, ended.details) == ({"token": row.id, "scope": "read create"}, {"token": row.id})
    assert token not in str([mail.data for mail in db.session.query(Mail)])


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 101])
def test_a_personal_token_has_a_name(person, name):
    with pytest.raises(Refused) as refusal:
        ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name=name)

    assert refusal.value.field == "name"


def test_tokens_of_others_are_not_mine_to_end(ben, person):
    ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name="backup")
    (row,) = ApiToken.of(person)
    other = db.session.merge(ben)

    for token_id in (row.id, row.id + 1, 10**18):
        with pytest.raises(Missing):
            ApiToken.end_one(token_id, other)
    assert ApiToken.of(other) == []
    assert len(ApiToken.of(person)) == 1


def test_rows_go_with_the_account(begun, person):
    ApiToken.issue(person, kind="personal", scope="read", expires_at=None, name="backup")
    db.session.delete(User.find(person.id))
    db.session.commit()

    for noun in (Family, RefreshToken, ApiToken):
        assert db.session.query(noun).count() == 0


# ---- scopes


def test_write_means_three():
    assert scopes_in("write read") == {"read", "create", "update", "delete"}
    assert written(scopes_in("create delete read update")) == "read write"
    assert written(scopes_in("admin read update")) == "read update admin"
    assert narrowed("admin create", "member") == {"create"}
    assert scopes_in("") == frozenset()


@pytest.mark.parametrize("text", ["everything", "read,write", "READ", "read \x00", "\ud800", "x" * 10_000])
def test_unknown_scopes_are_refused(text):
    with pytest.raises(Refused) as refusal:
        scopes_in(text)

    assert refusal.value.field == "scope"


# ---- the recovery token


def test_asking_for_a_recovery_token_changes_nothing_else(begun, person):
    token = ApiToken.issue(person, kind="login", scope=ALL, expires_at=None)
    Session.begin(person, "", "")
    db.session.commit()
    link = links.links().token("reset", person)

    User.forgot_password(person, "recovery")
    db.session.commit()
    db.session.expire_all()

    assert links.links().person("reset", link).id == person.id
    assert here(begun[0])
    assert refresh(begun[1])
    assert ApiToken.person(token)
    assert db.session.query(Session).filter_by(user_id=person.id).count() == 1


def test_a_recovery_token_is_for_its_purpose_for_a_quarter_of_an_hour_and_once(person):
    made = {purpose: links.links().token(purpose, person) for purpose in ("recovery", "reset", "verify")}

    assert links.links().person("recovery", made["recovery"]).id == person.id
    for purpose, token in [("recovery", made["reset"]), ("recovery", made["verify"]), ("reset", made["recovery"])]:
        with pytest.raises(Refused):
            links.links().person(purpose, token)
    with in_(minutes=14):
        links.links().person("recovery", made["recovery"])
    with in_(minutes=15, seconds=2), pytest.raises(Refused):
        links.links().person("recovery", made["recovery"])
    person.reset_password("another hash")
    db.session.commit()
    db.session.expire_all()
    with pytest.raises(Refused):
        links.links().person("recovery", made["recovery"])


def test_a_newer_recovery_token_ends_the_older_one(person):
    first = links.links().token("recovery", person)
    User.forgot_password(person, "recovery")
    db.session.commit()
    db.session.expire_all()

    with pytest.raises(Refused):
        links.links().person("recovery", first)


def test_the_mail_carries_the_token_as_one_word(app, ada):
    with app.app_context():
        User.forgot_password(User.find(ada.id), "recovery")
        db.session.commit()
    (letter,) = letters(app)

    for kind in ("plain", "html"):
        words = letter.get_body((kind,)).get_content().split()
        with app.app_context():
            (token,) = [word for word in words if word.count(".") == 2 and "/" not in word and len(word) > 60]
            assert links.links().person("recovery", token).id == ada.id
