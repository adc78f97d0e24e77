"""What people type about themselves."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from postways.models.user import LONGEST_BIO, LONGEST_NAME
from postways.text import visible

_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # would turn round what stands beside the name


def _one_line(text: str | None) -> str:
    """A name as others see it; one of invisible characters alone is none."""
    shown = _TURNS.sub("", "".join(c if unicodedata.category(c) != "Cc" else " " for c in text or ""))
    return " ".join(shown.split()) if visible(shown).strip() else ""


def _trimmed(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").replace("\x00", "").strip()


def _at_most(most: int) -> Length:
    return Length(max=most, message=_l("This is longer than %(max)d characters; shorten it a little."))


class ProfileForm(FlaskForm):
    """Name and words beside the picture."""

    display_name = StringField(_l("Name"), [_at_most(LONGEST_NAME)], filters=[_one_line])
    bio = TextAreaField(_l("About you"), [_at_most(LONGEST_BIO)], filters=[_trimmed])
