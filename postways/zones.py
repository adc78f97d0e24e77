"""The clocks by which people read and type times: each by their own, where they chose one, else by the site's.

What is rendered once for many readers, and what is counted for the whole site, goes by the site's clock.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo

import pytz
from flask import current_app, g

from postways.config import Config

AREAS = tuple("Africa America Antarctica Arctic Asia Atlantic Australia Etc Europe Indian Pacific".split())
LONGEST_ZONE = 40
FIRST_YEAR, LAST_YEAR = 1970, 9000  # of days that people type: beyond them some zones have no day any more


def _on_a_map(name: str) -> bool:
    area, _slash, place = name.partition("/")
    return name == "UTC" or bool(area in AREAS and place)


KNOWN = frozenset(filter(_on_a_map, pytz.all_timezones))  # not each that this machine happens to have
CHOICES = tuple(filter(_on_a_map, pytz.common_timezones))  # of each place its name of today


@cache
def _renamed() -> dict[str, str]:
    """Names that zones once had, each with that of today, by the time zone database's own links."""
    with pytz.open_resource("tzdata.zi") as lines:
        links = [line.decode().split() for line in lines if line.startswith(b"L ")]
    return {earlier: name for _link, name, earlier in links}


def choice(name: str) -> str:
    """Which of CHOICES is meant: browsers still say Asia/Calcutta. Raises ValueError for none."""
    found = name if name in CHOICES else _renamed().get(name, "")
    if found not in CHOICES:
        raise ValueError(name)
    return found


class Reader(Protocol):
    """A member or a visitor."""

    @property
    def time_zone(self) -> str:
        """One of CHOICES; empty for the site's."""


def named(name: str) -> ZoneInfo:
    """The zone of this name. Raises ValueError where no map has it."""
    try:
        if name not in KNOWN:
            raise ValueError(name)
        return ZoneInfo(name)
    except OSError as error:  # this machine does not know it
        raise ValueError(name) from error


def site() -> ZoneInfo:
    """The site's own."""
    config: Config = current_app.extensions["config"]
    return ZoneInfo(config.time_zone)


def of(person: Reader | None) -> ZoneInfo:
    """By which this person reads; nobody reads by the site's."""
    try:
        return named(person.time_zone) if person is not None and person.time_zone else site()
    except ValueError:  # chosen when maps still had it
        return site()


def here() -> ZoneInfo:
    """By which whoever asks reads."""
    return of(g.get("user"))


def midnight(day: date) -> datetime:
    """When a day begins where whoever asks is."""
    return datetime.combine(day, time(), here())
