"""What every form of a page is made of."""

from __future__ import annotations

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict


class PageForm(FlaskForm):
    """A form whose fields are texts.

    Files are read by those who want them: one under the name of a text is left out, and so is JSON, whose values may be
    of any kind.
    """

    class Meta(FlaskForm.Meta):
        """How fields are read."""

        def wrap_formdata(self, form: FlaskForm, formdata: object) -> MultiDict[str, str] | None:
            """The fields that were sent, or none."""
            return None if formdata is None or not form.is_submitted() else request.form or None
