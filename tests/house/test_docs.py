"""Documents lead where they say, and decisions are numbered once each."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_link_of_a_document_leads_to_a_file(document):
    links = LINK.findall(document.read_text(encoding="utf-8"))

    assert [link for link in links if not link.startswith("/") and not (document.parent / link).exists()] == []


def test_decisions_are_numbered_once_each_and_say_their_number():
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [int(decision.name.partition("-")[0]) for decision in decisions]

    assert numbers == list(range(1, len(decisions) + 1))
    headings = [decision.read_text(encoding="utf-8").splitlines()[0] for decision in decisions]
    assert [heading.partition(". ")[0] for heading in headings] == [f"# {number}" for number in numbers]
