"""Every setting of Postways: the only reader of the environment."""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PREFIX = "POSTWAYS_"
DEVELOPMENT_MARKER = "development"
MOST_TTL = timedelta(days=30)
UNITS = {" s sec second seconds": 1, "m min minute minutes": 60, "h hour hours": 3_600, "d day days": 86_400}
WEBHOOK_PREFIX = "whsec_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ConfigError(Exception):
    """A setting that is missing, malformed or unsafe; the text says which and what was expected."""


def _setting(default: object, meaning: str) -> object:
    """A dataclass field whose `meaning` is what `docs/settings.md` and `flask doctor` show."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Config:
    """The settings of one process, typed and checked. Names are those of the environment in lower case."""

    env: str = _setting("production", "`development` or `production`; development where `make run` made DATA_DIR")  # type: ignore[assignment]
    host: str = _setting("127.0.0.1", "address to listen on")  # type: ignore[assignment]
    port: int = _setting(8000, "port to listen on")  # type: ignore[assignment]
    data_dir: Path = _setting(Path("var"), "database, media, mail, Valkey's files and logs of the embedded default")  # type: ignore[assignment]
    demo: bool = _setting(True, "seed the demo into an empty database")  # type: ignore[assignment]
    base_url: str = _setting("", "public address; default http://HOST:PORT")  # type: ignore[assignment]
    secret_key: tuple[str, ...] = _setting((), "signs cookies; a comma list rotates, the first one signs")  # type: ignore[assignment]
    database_url: str = _setting("", "sqlite:///… or postgresql://…; default DATA_DIR/postways.db")  # type: ignore[assignment]
    redis_url: str = _setting("", "redis://…, rediss://… or unix://…; default the embedded Valkey")  # type: ignore[assignment]
    storage_url: str = _setting("", "file:///… or s3://bucket/prefix?region=…&endpoint=…; default DATA_DIR/media")  # type: ignore[assignment]
    aws_access_key_id: str = _setting("", "credentials of an S3 store; empty asks the machine's own role")  # type: ignore[assignment]
    aws_secret_access_key: str = _setting("", "credentials of an S3 store")  # type: ignore[assignment]
    mail_url: str = _setting("", "smtp://user:password@host:587?tls=1, smtps://… or file:///…; default DATA_DIR/mail")  # type: ignore[assignment]
    mail_from: str = _setting("", "who the mail comes from; default postways@ and the host of BASE_URL")  # type: ignore[assignment]
    security_contact: str = _setting("", "mailto:… or https://… for who finds a weakness; default MAIL_FROM")  # type: ignore[assignment]
    contact: str = _setting(
        "", "mailto:… or https://… where people reach those who run the site; default SECURITY_CONTACT"
    )  # type: ignore[assignment]
    time_zone: str = _setting("UTC", "time zone of the site: its reports, and people who chose none")  # type: ignore[assignment]
    sqlite_synchronous: str = _setting("NORMAL", "NORMAL, or FULL which also survives a power cut")  # type: ignore[assignment]
    web_concurrency: int = _setting(0, "web processes; default the cores with Postgres, 1 with SQLite")  # type: ignore[assignment]
    workers: int = _setting(2, "worker processes; one of several never takes pictures")  # type: ignore[assignment]
    trusted_proxies: int = _setting(0, "how many proxies' X-Forwarded-* headers to believe")  # type: ignore[assignment]
    max_upload_mb: int = _setting(30, "most megabytes of one picture")  # type: ignore[assignment]
    max_pixels: int = _setting(60_000_000, "most pixels of one picture")  # type: ignore[assignment]
    ratelimit_enabled: bool = _setting(True, "0 switches every throttle off; refused in production")  # type: ignore[assignment]
    blocked_words: str = _setting("", "a file with one word a line that titles, texts and comments may not hold")  # type: ignore[assignment]
    require_verified_email: bool = _setting(False, "1: only reading and drafts until the address is confirmed")  # type: ignore[assignment]
    session_idle_days: int = _setting(14, "a session ends after so many days without use")  # type: ignore[assignment]
    session_days: int = _setting(90, "a session ends after so many days in any case")  # type: ignore[assignment]
    require_email: bool = _setting(False, "1: accounts made through the API need an address too")  # type: ignore[assignment]
    token_ttl: timedelta = _setting(timedelta(hours=10), "how long the opaque token of a log-in works")  # type: ignore[assignment]
    access_ttl: timedelta = _setting(timedelta(minutes=5), "how long an access token works; at most 1 h")  # type: ignore[assignment]
    refresh_ttl: timedelta = _setting(timedelta(days=1), "how long a refresh token works; at most 30 days")  # type: ignore[assignment]
    membership_url: str = _setting("", "https://… where the site sells or explains its premium membership")  # type: ignore[assignment]
    membership_webhook_secret: str = _setting(
        "", "whsec_…, several between blanks, of who may post to /membership/webhook/; empty closes it"
    )  # type: ignore[assignment]
    testing: bool = field(default=False, metadata={"internal": True})

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Config:
        """Read `environ`; a name with the prefix POSTWAYS_ wins over the same name without.

        Raises ConfigError for an unknown prefixed name, a malformed value or an unsafe default in production.
        """
        known = {f.name.upper(): f for f in fields(cls) if not f.metadata.get("internal")}
        for name in environ:
            if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
                raise ConfigError(f"{name} is not a setting of Postways. See docs/settings.md for the list.")
        given: dict[str, object] = {}
        for name, setting in known.items():
            text = environ.get(PREFIX + name, environ.get(name))
            if text is not None and text.strip():
                given[setting.name] = _parsed(name, text.strip(), setting.type)
        if "env" not in given:
            folder = Path(str(given.get("data_dir", "var")))
            given["env"] = "development" if (folder / DEVELOPMENT_MARKER).exists() else "production"
        return cls(**given).completed()  # type: ignore[arg-type]

    def completed(self) -> Config:
        """Fill what depends on other settings and refuse what can't work."""
        self._check()
        folder = self.data_dir.absolute()
        host = f"[{self.host}]" if ":" in self.host else self.host
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["data_dir"] = folder
        values["base_url"] = (self.base_url or f"http://{host}:{self.port}").rstrip("/")
        values["database_url"] = self.database_url or f"sqlite:///{folder / 'postways.db'}"
        values["redis_url"] = self.redis_url or f"unix://{folder / 'valkey.sock'}"
        values["storage_url"] = self.storage_url or f"file://{folder / 'media'}"
        values["mail_url"] = self.mail_url or f"file://{folder / 'mail'}"
        values["mail_from"] = self.mail_from or f"postways@{urlsplit(values['base_url']).hostname}"
        values["security_contact"] = self.security_contact or f"mailto:{values['mail_from']}"
        values["contact"] = self.contact or values["security_contact"]
        values["web_concurrency"] = self.web_concurrency or (1 if self.on_sqlite else os.cpu_count() or 1)
        values["secret_key"] = self.secret_key or (_kept_secret(folder),)
        return Config(**values)

    def _check(self) -> None:
        if self.env not in ("development", "production"):
            raise ConfigError(f"ENV is {self.env!r}; it must be development or production.")
        if self.sqlite_synchronous not in ("NORMAL", "FULL"):
            raise ConfigError(f"SQLITE_SYNCHRONOUS is {self.sqlite_synchronous!r}; it must be NORMAL or FULL.")
        _check_scheme("DATABASE_URL", self.database_url, ("sqlite", "postgresql", "postgres", "postgresql+psycopg2"))
        _check_scheme("REDIS_URL", self.redis_url, ("redis", "rediss", "unix"))
        _check_scheme("STORAGE_URL", self.storage_url, ("file", "s3"))
        for name in ("contact", "security_contact"):
            if (given := getattr(self, name)) and urlsplit(given).scheme not in ("mailto", "https"):
                raise ConfigError(f"{name.upper()} does not start with mailto: or https://.")
        _check_scheme("BASE_URL", self.base_url, ("http", "https"))
        _check_address("MEMBERSHIP_URL", self.membership_url)
        _check_webhook_secrets(self.webhook_secrets)
        _check_scheme("MAIL_URL", self.mail_url, ("file", "smtp", "smtps"))
        _check_mail_server(self.mail_url)
        for name, least in (
            ("port", 0),
            ("workers", 1),
            ("max_upload_mb", 1),
            ("max_pixels", 1),
            ("trusted_proxies", 0),
        ):
            if getattr(self, name) < least:
                raise ConfigError(f"{name.upper()} is {getattr(self, name)}; it must be at least {least}.")
        if self.blocked_words and not (os.path.isfile(self.blocked_words) and os.access(self.blocked_words, os.R_OK)):
            raise ConfigError(f"BLOCKED_WORDS is {self.blocked_words!r}; it must be a file that can be read.")
        for name, longest in (("token_ttl", MOST_TTL), ("access_ttl", timedelta(hours=1)), ("refresh_ttl", MOST_TTL)):
            if not timedelta(0) < getattr(self, name) <= longest:
                raise ConfigError(f"{name.upper()} must be more than 0 and at most {_duration(longest)}.")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError):
            raise ConfigError(f"TIME_ZONE is {self.time_zone!r}; it must be a name such as Europe/Madrid.") from None
        if self.port > 65535:
            raise ConfigError(f"PORT is {self.port}; it must be at most 65535.")
        if self.production:
            self._check_production()

    def _check_production(self) -> None:
        if not self.secret_key:
            raise ConfigError("SECRET_KEY is missing; in production set at least 32 random characters.")
        if any(len(key) < 32 for key in self.secret_key):
            raise ConfigError("SECRET_KEY is too short; in production set at least 32 random characters.")
        if not self.base_url:
            raise ConfigError(
                "BASE_URL is missing; in production set the public address, such as https://photos.example."
            )
        if not self.mail_url:
            raise ConfigError(
                "MAIL_URL is missing; in production name the mail server, such as smtp://user:password@mail.example:587?tls=1."
            )
        if not self.ratelimit_enabled:
            raise ConfigError("RATELIMIT_ENABLED is 0; production never runs without its throttles.")

    @property
    def production(self) -> bool:
        """Whether people other than the developer are at the other end."""
        return self.env == "production"

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the site; demo people may log in only then."""
        return self.host in LOOPBACK

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Each opens the webhook of memberships; none: it is closed."""
        return tuple(self.membership_webhook_secret.split())

    @property
    def max_upload_bytes(self) -> int:
        """The most bytes of one picture."""
        return self.max_upload_mb * 1_000_000


def table() -> str:
    """The settings as `docs/settings.md` shows them; a test holds the two together."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for setting in fields(Config):
        if not setting.metadata.get("internal"):
            default = int(setting.default) if isinstance(setting.default, bool) else setting.default or ""
            default = _duration(default) if isinstance(default, timedelta) else default
            shown = f"`{default}`" if default != "" else ""
            rows.append(f"| `{setting.name.upper()}` | {shown} | {setting.metadata['meaning']} |")
    return "\n".join(rows) + "\n"


def _parsed(name: str, text: str, kind: object) -> object:
    if kind == "int":
        try:
            return int(float(text)) if "e" in text.lower() else int(text)
        except ValueError:
            raise ConfigError(f"{name} is {text!r}; it must be a whole number.") from None
    if kind == "bool":
        if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise ConfigError(f"{name} is {text!r}; it must be 1 or 0.")
        return text.lower() in ("1", "true", "yes")
    if kind == "timedelta":
        return _parsed_duration(name, text)
    if kind == "Path":
        return Path(text)
    if kind == "tuple[str, ...]":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _parsed_duration(name: str, text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,9}) ?([a-z]*)", text.lower())
    unit = found and next((seconds for words, seconds in UNITS.items() if found[2] in words.split(" ")), None)
    if not found or unit is None:
        raise ConfigError(f"{name} is {text!r}; it must be a time such as 10 h, 5 min, 1 day or 300 (seconds).")
    return timedelta(seconds=int(found[1]) * unit)


def _duration(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for unit, name in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit} {name}" + ("s" if name == "day" and seconds > unit else "")
    return f"{seconds} s"


def _check_scheme(name: str, url: str, schemes: tuple[str, ...]) -> None:
    if url and urlsplit(url).scheme not in schemes:
        raise ConfigError(f"{name} does not start with {' or '.join(s + '://' for s in schemes)}.")


def _check_address(name: str, url: str) -> None:
    """A page that people are led to."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
    except ValueError:
        known = False
    if url and not known:
        raise ConfigError(f"{name} is no address of a page; it looks like https://photos.example/premium/.")


def _check_webhook_secrets(given: tuple[str, ...]) -> None:
    """As Standard Webhooks writes them; the sentence does not repeat what was given."""
    for secret in given:
        key = secret.removeprefix(WEBHOOK_PREFIX)
        try:
            length = len(base64.b64decode(key + "=" * (-len(key) % 4), validate=True))
        except ValueError:
            length = 0
        if not secret.startswith(WEBHOOK_PREFIX) or not 24 <= length <= 64:
            raise ConfigError(
                "MEMBERSHIP_WEBHOOK_SECRET holds something that is no secret of Standard Webhooks: whsec_ and 24 to 64 "
                'bytes in base64. Make one by: echo "whsec_$(openssl rand -base64 32)".'
            )


def _check_mail_server(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps"):
        return
    try:
        known = bool(parts.hostname) and parts.port != 0 and parts.query in ("", "tls=0", "tls=1")
    except ValueError:
        known = False
    if not known:
        raise ConfigError("MAIL_URL names no mail server; it looks like smtp://user:password@mail.example:587?tls=1.")


def _kept_secret(folder: Path) -> str:
    """The secret made once for this data folder, readable by its owner alone."""
    path = folder / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()
