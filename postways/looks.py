"""What templates may call: addresses of files, times and numbers in words, and who may have what."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from babel.support import NullTranslations
from flask import Flask, g, request, url_for
from flask_babel import format_date, format_datetime, get_locale, get_translations, lazy_gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from postways import zones
from postways.config import Config
from postways.db import now
from postways.models import Photo, User
from postways.models.post import MOST_PHOTOS
from postways.models.post_row import LONGEST_TITLE, LONGEST_WARNING
from postways.models.redirects import place
from postways.models.scopes import MEANS
from postways.text import one_line, rich

LONG_AGO = timedelta(days=30)  # from here on the date says more than the distance

SAID = {  # what a page says of what was just done; its name travels in the query as `notice`
    "verified": lazy_gettext("Your address is confirmed."),
    "verified-other": lazy_gettext("The address of that account is confirmed. You are still logged in as yourself."),
    "email-back": lazy_gettext(
        "The old address is back and everybody is logged out. A mail with a link for a new password is on its way."
    ),
    "email-back-other": lazy_gettext(
        "The old address of that account is back, and a mail with a link for a new password is on its way to it. "
        "You are still logged in as yourself."
    ),
    "password-reset-other": lazy_gettext(
        "The password of that account is changed. You are still logged in as yourself."
    ),
    "verify-sent": lazy_gettext("A new mail is on its way. Look into the folder for spam too."),
    "password-reset": lazy_gettext("Your password is changed. Log in with the new one."),
    "password-changed": lazy_gettext("Your password is changed. Every other browser and app is logged out."),
    "username-changed": lazy_gettext("Your username is changed. Links to the old one lead here."),
    "email-asked": lazy_gettext("A mail with a link is on its way to the new address."),
    "session-ended": lazy_gettext("That browser is logged out."),
    "sessions-ended": lazy_gettext("Every other browser is logged out."),
    "token-ended": lazy_gettext("That token works no more."),
    "app-ended": lazy_gettext("That app is logged out."),
    "leave-ended": lazy_gettext("That app can’t come in for you any more."),
    "app-removed": lazy_gettext("The app is removed, for everybody who used it."),
    "deleted": lazy_gettext("The post is in the trash. You can bring it back for 30 days."),
    "comment-deleted": lazy_gettext("The comment is deleted."),
    "message-deleted": lazy_gettext("The message is deleted from your side."),
    "messages-deleted": lazy_gettext("The conversation is deleted from your side."),
    "comments-closed": lazy_gettext("Nobody can comment on this post any more. You can open it again."),
    "comments-opened": lazy_gettext("People can comment on this post again."),
    "brought-back": lazy_gettext("The post is back, as it was."),
    "purged": lazy_gettext("The post and its photographs are gone for good."),
    "saved": lazy_gettext("Saved."),
    "account-deleted": lazy_gettext("Your account is deleted. Thank you for having been here."),
    "staff": lazy_gettext("Access for staff only!"),
    "reported-before": lazy_gettext(
        "You reported this before, and the staff has not closed that report yet. A mail tells you what comes of it."
    ),
    "to-yourself": lazy_gettext("That is you, and nobody writes to themselves. Find somebody else by name."),
    "reported": lazy_gettext("Thank you. The staff looks at it, and a mail tells you what came of it."),
}
LEADS_TO = {"deleted": ("settings.trash", lazy_gettext("Open the trash"))}  # from a notice: endpoint and words

MEANINGS = {scope: lazy_gettext(words) for scope, words in MEANS.items()}  # what a scope lets a token or an app do


def init_app(app: Flask) -> None:
    """Let the templates of `app` call these."""
    app.context_processor(_notice)
    config: Config = app.extensions["config"]
    app.jinja_env.globals.update(
        static=_static_of(Path(app.static_folder or "")),
        media=media,
        csrf_field=csrf_field,
        zone=lambda: zones.here().key,
        config_limits={
            "max_upload_mb": config.max_upload_mb,
            "photos": MOST_PHOTOS,
            "title": LONGEST_TITLE,
            "warning": LONGEST_WARNING,
        },
        base_url=config.base_url,
        contact={"url": config.contact, "words": config.contact.removeprefix("mailto:")},
    )
    app.jinja_env.filters.update(
        ago=ago,
        ahead=ahead,
        clock=clock,
        iso=iso,
        day_and_time=day_and_time,
        count=count,
        host=host,
        rich=rich,
        one_line=one_line,
        place=place,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda words: _catalog().ugettext(words),
        lambda one, many, number: _catalog().ungettext(one, many, number),
        newstyle=True,
    )


def _catalog() -> NullTranslations:
    """The translations into the language of this moment; Flask-Babel would look for them anew at each sentence."""
    locale, kept = get_locale(), g.get("catalog")
    if kept is None or kept[0] is not locale:
        kept = g.catalog = (locale, get_translations())
    return kept[1]


def _notice() -> dict[str, object]:
    name = request.args.get("notice", "")
    said = SAID.get(name)
    return {"notice": said, "notice_to": LEADS_TO.get(name)} if said else {}


def media(photo: Photo, name: str) -> str:
    """The address of one file of a photograph."""
    return f"/media/{photo.key}/{name}"


def csrf_field() -> Markup:
    """The token of a form. Only for pages of members, and visitors' pages that hold a form."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def ago(moment: datetime) -> str:
    """How long ago, in words; the date by the site's clock when it was long ago, for it is kept for all readers."""
    distance = now() - moment
    if distance > LONG_AGO:
        return format_date(moment.astimezone(zones.site()), "d MMM yyyy", rebase=False)
    return _in_words(int(max(distance.total_seconds(), 1)), str(get_locale()))


def ahead(moment: datetime) -> str:
    """How far away it still is, in words."""
    seconds = int(max((moment - now()).total_seconds(), 1))
    return format_timedelta(timedelta(seconds=seconds), add_direction=True, locale=str(get_locale()))


def clock(moment: datetime) -> str:
    """The time of day by the clock of whoever asks."""
    return format_datetime(moment, "HH:mm")


def meanings(scopes: frozenset[str]) -> list[tuple[str, str]]:
    """What these let a token or an app do, each with its name, always in the same order."""
    return [(scope, str(words)) for scope, words in MEANINGS.items() if scope in scopes]


def iso(moment: datetime) -> str:
    """For machines and for `title`: the second is exact enough."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def day_and_time(moment: datetime | str, reader: User | None = None) -> str:
    """By the clock of the `reader`, or of whoever asks; it is named. What a mail knows of a moment is text."""
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    zone = zones.of(reader) if reader is not None else zones.here()
    return f"{format_datetime(moment.astimezone(zone), 'd MMM yyyy HH:mm', rebase=False)} ({zone.key})"


def host(url: str) -> str:
    """Whose address that is."""
    return urlsplit(url).hostname or ""


def count(number: int) -> str:
    """A number as people read it: 1,204."""
    return _in_figures(number, str(get_locale()))


@lru_cache(maxsize=4096)
def _in_figures(number: int, locale: str) -> str:
    return format_decimal(number, locale=locale)


@lru_cache(maxsize=4096)
def _in_words(seconds: int, locale: str) -> str:
    return format_timedelta(timedelta(seconds=-seconds), add_direction=True, locale=locale)


def _static_of(folder: Path) -> object:
    @lru_cache
    def static(name: str) -> str:
        version = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:10]
        return url_for("static", filename=name, v=version)

    return static
