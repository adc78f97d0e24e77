"""What staff types when they act, and what members type who report something."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from postways.models.audit import LONGEST_REASON
from postways.models.user import ROLES


def trimmed(text: str | None) -> str:
    """Without what no text holds, and without blanks around it."""
    return (text or "").replace("\r\n", "\n").replace("\x00", "").strip()


class ReasonForm(FlaskForm):
    """An act of the staff, with its reason."""

    reason = TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Say why; the person concerned and the record are told.")),
            Length(max=LONGEST_REASON, message=_l("This is longer than %(max)d characters; shorten it a little.")),
        ],
        filters=[trimmed],
    )


class SuspendForm(ReasonForm):
    """Shut somebody out."""

    until = DateField(_l("Until"), [Optional()])


class RoleForm(FlaskForm):
    """What somebody may do."""

    role = SelectField(_l("Role"), choices=[SelectChoice(role, _l(role)) for role in ROLES])
