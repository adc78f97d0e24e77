"""The mails of the staff's acts can be written, in both forms, and say why."""

import pytest

from postways import mail
from postways.models import User

REASON = "Sells <sunglasses>."
POST = {"title": "Boats & nets", "post_id": 7, "reason": REASON}


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        ("post-unpublished", POST, "Boats & nets"),
        ("post-removed", POST, "Boats & nets"),
        ("post-restored", POST, "Boats & nets"),
        ("account-suspended", {"reason": REASON, "until": "2026-12-01T00:00:00+00:00"}, "2026-12-01"),
        ("account-suspended", {"reason": REASON, "until": None}, "@ada"),
        ("account-restored", {"reason": REASON}, "/login/"),
        ("warned", {"reason": REASON, "title": "Boats & nets"}, "Boats & nets"),
        ("warned", {"reason": REASON, "title": ""}, "not to go on"),
        ("report-closed", {"action": "none", "about": "post"}, "found nothing"),
        ("report-closed", {"action": "removed", "about": "post"}, "was removed"),
    ],
)
def test_a_mail_says_what_and_why(inside, ada, kind, data, says):
    letter = mail.write(kind, User.find(ada.id), data)

    assert says in letter.text
    assert letter.text.startswith("Hello ada,")
    assert "reason" not in data or (REASON in letter.text and "Sells &lt;sunglasses&gt;." in letter.html)
    assert "\n\n\n" not in letter.text
