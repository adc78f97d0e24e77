"""Access tokens: ours, for five minutes, and nothing else that looks like one."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine

from postways.access import LONGEST, Access, mint, read
from postways.db import db
from postways.errors import Unauthenticated
from postways.models import Family

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def family(ada, inside, clock) -> Family:
    """Ada's phone is logged in."""
    family, _ = Family.begin(db.session.merge(ada), "read write", "a phone")
    db.session.commit()
    return family


@pytest.fixture
def token(family, ada) -> str:
    return mint(ada, family)


def parts(token: str) -> tuple[dict, dict, str]:
    header, claims, signature = token.split(".")
    return _open(header), _open(claims), signature


def _open(part: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def closed(part: object) -> str:
    text = part if isinstance(part, str) else json.dumps(part)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def refused(text: str) -> bool:
    try:
        read(text)
    except Unauthenticated:
        return True
    return False


def key_of(app) -> bytes:
    return next(iter(app.extensions["access"]._keys.values()))


def signed(app, token: str, header: dict | None = None, **claims) -> str:
    """What somebody who had our key would make."""
    old_header, old, _ = parts(token)
    body = {name: value for name, value in (old | claims).items() if value is not None}
    return jwt.encode(body, key_of(app), "HS256", headers=old_header | (header or {}))


def test_it_says_who_in_which_family_and_for_how_long(token, family, ada):
    header, claims, _ = parts(token)

    assert header["typ"] == "at+jwt"
    assert header["alg"] == "HS256"
    assert (claims["iss"], claims["aud"]) == ("http://localhost", "http://localhost/api/v1/")
    assert (claims["sub"], claims["sid"], claims["ver"]) == (str(ada.id), family.sid, 0)
    assert claims["exp"] - claims["iat"] == 300
    assert (claims["scope"], claims["client_id"]) == ("read write", "postways")
    assert claims["auth_time"] == int(START.timestamp())
    found = read(token)
    assert (found.user_id, found.sid, found.version, found.jti) == (ada.id, family.sid, 0, claims["jti"])
    assert found.expires_at == START + timedelta(minutes=5)


def test_no_two_are_the_same(family, ada):
    assert mint(ada, family) != mint(ada, family)


def test_it_ends_to_the_second(token, clock):
    clock.move_to(START + timedelta(seconds=299))
    assert read(token)
    clock.move_to(START + timedelta(seconds=300))
    assert refused(token)
    clock.move_to(START + timedelta(seconds=301))
    assert refused(token)


def test_one_of_tomorrow_does_not_work_today(token, clock):
    clock.move_to(START - timedelta(minutes=1))

    assert refused(token)


@pytest.mark.parametrize("algorithm", ["none", "NoNe", "NONE", "", "HS384", "RS256", "ES256", None, 7, ["HS256"], {}])
def test_no_other_algorithm(token, algorithm):
    header, claims, signature = parts(token)
    forged = closed(header | {"alg": algorithm})

    assert refused(f"{forged}.{closed(claims)}.")
    assert refused(f"{forged}.{closed(claims)}.{signature}")


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://evil.example/keys"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"x5u": "https://evil.example/cert"},
        {"crit": ["exp"]},
        {"typ": "JWT"},
        {"typ": "AT+JWT"},
        {"typ": None},
        {"kid": "../../dev/null"},
        {"kid": "' OR 1=1 --"},
        {"kid": ""},
        {"kid": 7},
        {"kid": ["x"]},
        {"kid": {}},
        {"b64": False},
    ],
)
def test_nothing_else_in_the_header(app, token, header):
    _, claims, signature = parts(token)
    forged = parts(token)[0] | header

    assert refused(f"{closed(forged)}.{closed(claims)}.{signature}")
    if "kid" not in header or isinstance(header["kid"], str):
        assert refused(signed(app, token, header))


def test_a_header_without_our_key_name(app, token):
    header, claims, _ = parts(token)
    without = {name: header[name] for name in ("alg", "typ")}

    assert refused(jwt.encode(claims, key_of(app), "HS256", headers=without))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": "http://localhost/"},
        {"aud": "http://localhost"},
        {"aud": ["http://localhost/api/v1/"]},
        {"aud": "http://localhost/api/v1/x"},
        {"sub": "ada"},
        {"sub": "-1"},
        {"sub": ""},
        {"sub": "9" * 19},
        {"sub": "²"},
        {"sid": 7},
        {"ver": "0"},
        {"ver": True},
        {"ver": 0.0},
        {"auth_time": "now"},
        {"auth_time": 10**30},
        {"exp": "tomorrow"},
        {"exp": 10**30},
        {"exp": float(2**60)},
        {"scope": ["read"]},
        {"client_id": 1},
        {"jti": 1},
        {"nbf": int(START.timestamp()) + 60},
        *({name: None} for name in "iss aud sub sid ver auth_time iat exp jti scope client_id".split()),
    ],
    ids=str,
)
def test_every_claim_is_there_and_of_its_kind(app, token, claims):
    assert refused(signed(app, token, **claims))


def test_the_same_claims_signed_again_are_good(app, token):
    assert read(signed(app, token)) == read(token)


def test_another_deployment_is_another_world(app, config, ada, family, token):
    for other in (
        replace(config, secret_key=("of somebody else",)),
        replace(config, base_url="https://other.example"),
    ):
        foreign = Access(other)

        assert refused(foreign.mint(ada, family))
        with pytest.raises(Unauthenticated):
            foreign.read(token)


def test_keys_rotate(config, ada, family, token):
    rotated = Access(replace(config, secret_key=("a new one", *config.secret_key)))
    fresh = rotated.mint(ada, family)

    assert rotated.read(token).user_id == ada.id
    assert rotated.read(fresh).user_id == ada.id
    assert refused(fresh)
    assert parts(fresh)[0]["kid"] != parts(token)[0]["kid"]


def test_the_secret_key_itself_signs_nothing(token):
    header, claims, _ = parts(token)

    assert refused(jwt.encode(claims, b"tests", "HS256", headers=header))


HEADERS = [
    "[" * 2_900,
    '{"alg":' * 400,
    "[]",
    "7",
    "null",
    '{"kid": "x"}',
    '{"alg": 1' + "0" * 2_900 + "}",
    "\ud800",
    "\x00",
]


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "...", "a.b.c", "\x00", "\ud800.\ud800.\ud800", "é.é.é", "[" * 4_000, "x" * 1_000_000),
        *(f"{closed(header)}.e30.e30" for header in HEADERS),
    ],
    ids=lambda text: f"{text[:12]!r} {len(text)}",
)
def test_what_is_no_token_is_refused_and_nothing_breaks(inside, text):
    assert refused(text)


def test_a_long_one_is_not_looked_at(app, token):
    assert refused(signed(app, token, scope="x" * LONGEST))


def test_duplicate_names_in_the_header_help_nobody(token):
    header, claims, signature = parts(token)
    twice = '{"alg": "none", ' + json.dumps(header)[1:]

    assert refused(f"{closed(twice)}.{closed(claims)}.{signature}")
    assert refused(f"{closed(twice)}.{closed(claims)}.")


def test_of_three_hundred_mangled_ones_none_works(token):
    dice = random.Random(4)
    for _ in range(300):
        mangled = list(token)
        place = dice.randrange(len(token) - 1)  # the last character holds bits that say nothing
        match dice.randrange(4):
            case 0:
                mangled[place] = dice.choice([c for c in "abcXYZ019-_. é\x00\ud800" if c != token[place]])
            case 1:
                del mangled[place]
            case 2:
                mangled.insert(place, dice.choice("Qx7._="))
            case 3:
                mangled = mangled[:place]
        assert refused("".join(mangled)), mangled
