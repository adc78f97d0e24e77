"""A day as people and programs write it: four digits, two and two, and one that the calendar has."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask_babel import gettext as _
from wtforms import DateField

DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNREADABLE = "Write a day that the calendar has as 2026-11-21."


def day_in(text: str) -> date:
    """The day that is meant. Raises ValueError."""
    if not DAY.fullmatch(text.strip()):
        raise ValueError(text)
    return date.fromisoformat(text.strip())


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
