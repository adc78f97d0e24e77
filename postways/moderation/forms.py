"""What staff types when they act, and what members type who report something."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from postways.days import DayField
from postways.forms import PageForm
from postways.models.audit import LONGEST_REASON
from postways.models.report import ACTIONS
from postways.models.standing import ROLES


def trimmed(text: str | None) -> str:
    """Without what no text holds, and without blanks around it."""
    return (text or "").replace("\r\n", "\n").replace("\x00", "").strip()


def _why(label: str, missing: str) -> TextAreaField:
    too_long = _l("This is longer than %(max)d characters; shorten it a little.")
    checks = [DataRequired(missing), Length(max=LONGEST_REASON, message=too_long)]
    return TextAreaField(label, checks, filters=[trimmed])


class ReasonForm(PageForm):
    """An act of the staff, with its reason."""

    reason = _why(_l("Reason"), _l("Say why; the person concerned and the record are told."))


class SuspendForm(ReasonForm):
    """Shut somebody out."""

    until = DayField(_l("Until"), [Optional()])


class RoleForm(PageForm):
    """What somebody may do."""

    role = SelectField(_l("Role"), choices=[SelectChoice(role, _l(role)) for role in ROLES])


class PremiumForm(PageForm):
    """The last day of a membership."""

    premium_until = DayField(
        _l("Premium member until the end of"), [InputRequired(_l("Choose the last day of the membership."))]
    )


class ReportForm(PageForm):
    """What somebody tells the staff."""

    reason = _why(_l("What is wrong?"), _l("Say what is wrong, so that the staff knows what to look for."))
    block = BooleanField()  # in the same step


class CloseForm(PageForm):
    """What is done about a report."""

    action = SelectField(
        _l("What is done"), choices=[SelectChoice(action, _l(action)) for action in ACTIONS], default="none"
    )
    until = DayField(_l("Until"), [Optional()])

    note = _why(_l("Note"), _l("Say why; the person concerned and the record are told."))

    def offer(self, actions: Sequence[str]) -> None:
        """Offer no more than these."""
        self.action.choices = [choice for choice in self.action.choices if choice.value in actions]
