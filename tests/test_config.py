"""Settings: read in one place, typed, and refused when they can't be meant."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from postways.config import Config, ConfigError, table

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def here(tmp_path):
    """The environment of a development machine."""
    (tmp_path / "development").touch()
    return {"DATA_DIR": str(tmp_path)}


@pytest.fixture
def live(tmp_path):
    """The environment of a site that the world can reach."""
    return {
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": SECRET,
        "BASE_URL": "https://photos.example",
        "MAIL_URL": "smtp://mail",
    }


def test_where_make_run_was_it_is_development(here):
    config = Config.from_environment(here)

    assert config.env == "development"
    assert not config.production
    assert config.base_url == "http://127.0.0.1:8000"


def test_elsewhere_it_is_production(live):
    assert Config.from_environment(live).production


def test_everything_embedded_lies_in_the_data_folder(here, tmp_path):
    config = Config.from_environment(here)

    assert config.database_url == f"sqlite:///{tmp_path}/postways.db"
    assert config.redis_url == f"unix://{tmp_path}/valkey.sock"
    assert config.storage_url == f"file://{tmp_path}/media"
    assert config.on_sqlite
    assert config.web_concurrency == 1


def test_the_prefix_wins_over_the_plain_name(here):
    config = Config.from_environment({**here, "PORT": "1000", "POSTWAYS_PORT": "2000"})

    assert config.port == 2000


def test_a_misspelt_setting_is_named(here):
    with pytest.raises(ConfigError, match="POSTWAYS_PROT"):
        Config.from_environment({**here, "POSTWAYS_PROT": "8000"})


def test_other_programs_settings_are_left_alone(here):
    Config.from_environment({**here, "LANG": "C", "PROT": "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("MEMBERSHIP_URL", "photos.example/premium"),
        ("MEMBERSHIP_URL", "javascript:alert(1)"),
        ("MEMBERSHIP_URL", "https://"),
        ("MEMBERSHIP_URL", "https://[photos"),
        ("MEMBERSHIP_WEBHOOK_SECRET", "secret"),
        ("MEMBERSHIP_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("MEMBERSHIP_WEBHOOK_SECRET", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("MEMBERSHIP_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_%%%"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("WORKERS", "0"),
        ("MAX_UPLOAD_MB", "0"),
        ("DEMO", "perhaps"),
        ("ENV", "staging"),
        ("SQLITE_SYNCHRONOUS", "OFF"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("REDIS_URL", "localhost:6379"),
        ("STORAGE_URL", "/srv/media"),
        ("BASE_URL", "photos.example"),
        ("MAIL_URL", "mail.example:25"),
        ("MAIL_URL", "smtp://:25"),
        ("MAIL_URL", "smtp://mail.example:twentyfive"),
        ("MAIL_URL", "smtp://mail.example?ssl=1"),
    ],
)
def test_a_malformed_value_is_refused_by_name(here, name, value):
    with pytest.raises(ConfigError, match=name):
        Config.from_environment({**here, name: value})


def test_a_refusal_does_not_tell_the_password_in_an_address(here):
    with pytest.raises(ConfigError) as refused:
        Config.from_environment({**here, "DATABASE_URL": "mysql://ada:hunter2@localhost/x"})

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"SECRET_KEY": f"{SECRET},short"}, "SECRET_KEY is too short"),
        ({"BASE_URL": ""}, "BASE_URL is missing"),
        ({"MAIL_URL": ""}, "MAIL_URL is missing"),
        ({"RATELIMIT_ENABLED": "0"}, "RATELIMIT_ENABLED"),
    ],
)
def test_production_does_not_start_with_an_unsafe_value(live, change, said):
    with pytest.raises(ConfigError, match=said):
        Config.from_environment({**live, **change})


def test_values_are_typed(here):
    config = Config.from_environment({**here, "MAX_PIXELS": "6e7", "DEMO": "no", "SECRET_KEY": "new, old"})

    assert config.max_pixels == 60_000_000
    assert config.demo is False
    assert config.secret_key == ("new", "old")


def test_the_secret_is_made_once_and_only_its_owner_reads_it(here, tmp_path):
    first = Config.from_environment(here).secret_key

    assert Config.from_environment(here).secret_key == first
    assert len(first[0]) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("host", "alone"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)]
)
def test_only_a_loopback_address_is_this_machine_alone(here, host, alone):
    assert Config.from_environment({**here, "HOST": host}).on_loopback is alone


def test_an_ipv6_host_makes_an_address(here):
    assert Config.from_environment({**here, "HOST": "::1"}).base_url == "http://[::1]:8000"


def test_the_table_of_settings_is_the_one_in_the_docs():
    assert table() in (Path(__file__).parents[1] / "docs" / "settings.md").read_text()


def test_mail_comes_from_the_site_unless_it_is_told_otherwise(live):
    assert Config.from_environment(live).mail_from == "postways@photos.example"
    assert Config.from_environment({**live, "MAIL_FROM": "hello@photos.example"}).mail_from == "hello@photos.example"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10 h", 36_000),
        ("10h", 36_000),
        ("5 min", 300),
        ("300", 300),
        ("90 s", 90),
        ("1 day", 86_400),
        ("2 Days", 172_800),
    ],
)
def test_a_time_is_a_number_with_its_unit(here, text, seconds):
    assert Config.from_environment({**here, "TOKEN_TTL": text}).token_ttl.total_seconds() == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "0", "1 fortnight", "1.5 h", "31 days", "999999999 d"])
def test_a_time_that_can_not_be_meant_stops_the_start(here, text):
    with pytest.raises(ConfigError, match="TOKEN_TTL"):
        Config.from_environment({**here, "TOKEN_TTL": text})


def test_tokens_live_as_long_as_the_contract_says(here):
    config = Config.from_environment(here)

    assert [ttl.total_seconds() for ttl in (config.token_ttl, config.access_ttl, config.refresh_ttl)] == [
        36_000,
        300,
        86_400,
    ]
