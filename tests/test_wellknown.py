"""Fixed addresses that other programs look at."""

import re
from datetime import UTC, datetime, timedelta


def test_security_txt_names_a_contact_and_an_end_within_a_year(guest):
    answer = guest.get("/.well-known/security.txt")

    assert answer.content_type.startswith("text/plain")
    assert re.search(r"^Contact: mailto:\S+@\S+$", answer.text, re.M)
    end = datetime.fromisoformat(re.search(r"^Expires: (\S+)$", answer.text, re.M).group(1))
    assert timedelta(days=30) < end - datetime.now(UTC) < timedelta(days=365)


def test_robots_txt_keeps_programs_out_of_what_only_asks_to_log_in(guest):
    answer = guest.get("/robots.txt")

    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert answer.text.startswith("User-agent: *\n")
    assert "Disallow: /moderation/\n" in answer.text
    assert "Disallow: /\n" not in answer.text
    assert "Set-Cookie" not in answer.headers
