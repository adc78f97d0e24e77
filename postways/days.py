"""A day as people and programs write it: four digits, two and two, and one that the calendar has."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask_babel import gettext as _
from wtforms import DateField

from postways.zones import FIRST_YEAR, LAST_YEAR

DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNREADABLE = "Write a day that the calendar has as 2026-11-21."
OUT_OF_REACH = "Write a day between the years %(first)d and %(last)d."


def day_in(text: str) -> date:
    """The day that is meant. Raises ValueError."""
    if not DAY.fullmatch(text.strip()):
        raise ValueError(text)
    return date.fromisoformat(text.strip())


def out_of_reach(day: date) -> str:
    """The sentence for a day of no year that the site counts in; else nothing."""
    return "" if FIRST_YEAR <= day.year <= LAST_YEAR else _(OUT_OF_REACH, first=FIRST_YEAR, last=LAST_YEAR)


class DayField(DateField):
    """Where a day is typed."""

    data: Any  # a day, or None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError with the sentence for what is no day."""
        self.data = None
        if not valuelist:
            return
        try:
            self.data = day_in(valuelist[0])
        except ValueError:
            raise ValueError(_(UNREADABLE)) from None
        if sentence := out_of_reach(self.data):
            raise ValueError(sentence)
