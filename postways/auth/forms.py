"""What people type to come in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from postways.forms import PageForm
from postways.models.credentials import LONGEST_EMAIL, LONGEST_PASSWORD, LONGEST_USERNAME


class LoginForm(PageForm):
    """Username or email, and password."""

    username = StringField(_l("Username or email"), [DataRequired(_l("Type your username or your email address."))])
    password = PasswordField(_l("Password"), [InputRequired(_l("Type your password."))])


class CodeForm(PageForm):
    """The second proof, typed."""

    code = StringField(_l("Code"), [DataRequired(_l("Type the code.")), Length(max=40)])


class SignUpForm(PageForm):
    """A new account; what the nouns refuse is put beside its field by the route."""

    username = StringField(
        _l("Username"),
        [
            DataRequired(_l("Choose a username.")),
            Length(max=LONGEST_USERNAME, message=_l("A username has at most %(max)d characters.")),
        ],
    )
    email = StringField(
        _l("Email"),
        [
            DataRequired(_l("Type your email address.")),
            Length(max=LONGEST_EMAIL, message=_l("An address has at most %(max)d characters.")),
        ],
    )
    password = PasswordField(
        _l("Password"),
        [
            InputRequired(_l("Choose a password.")),
            Length(max=LONGEST_PASSWORD, message=_l("A password has at most %(max)d characters.")),
        ],
    )
    password2 = PasswordField(
        _l("Password again"), [EqualTo("password", _l("The two passwords are not the same. Type them again."))]
    )
    time_zone = HiddenField()  # of the device, if its browser says so


class ProofForm(PageForm):
    """The password, for what somebody else at this browser must not do."""

    password = PasswordField(
        _l("Your password"), [DataRequired(_l("Type your password.")), Length(max=LONGEST_PASSWORD)]
    )
    code = StringField(_l("Code"), [Length(max=40)])  # of the second step, where the account has one and the page asks


class NewCodeForm(ProofForm):
    """The first code of an app that is being set up; `sealed` holds the secret until it is proved."""

    code = StringField(_l("Code"), [DataRequired(_l("Type the code that the app shows.")), Length(max=20)])
    sealed = HiddenField()
