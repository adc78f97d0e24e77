"""Fixed addresses that other programs look at."""

import re
from datetime import UTC, datetime, timedelta


def test_security_txt_names_a_contact_and_an_end_within_a_year(guest):
    answer = guest.get("/.well-known/security.txt")

    assert answer.content_type.startswith("text/plain")
    assert re.search(r"^Contact: mailto:\S+@\S+$", answer.text, re.M)
    end = datetime.fromisoformat(re.search(r"^Expires: (\S+)$", answer.text, re.M).group(1))
    assert timedelta(days=30) < end - datetime.now(UTC) < timedelta(days=365)
