"""What every template keeps to: nothing inline that the policy forbids, words that can be translated, stated needs."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "templates"
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
SPOKEN = ("alt", "aria-label", "placeholder", "title", "data-offline")
NAMES = {"Postways", "post", "ways"}  # the brand, in one piece and in two
ATTRIBUTE = re.compile(r"[\w-]+=\"[^\"]*\"")  # in a macro or block that stands inside a tag


def templates(pattern: str = "*.html") -> list[str]:
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob(pattern))


class Html(HTMLParser):
    """The elements with their attributes, and the text between them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(JINJA.sub("", source))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data):
        self.words += WORD.findall(ATTRIBUTE.sub("", data))


def read(name: str) -> Html:
    return Html((FOLDER / name).read_text())


@pytest.mark.parametrize("name", templates("_*.html"))
def test_a_partial_says_what_it_needs(name):
    assert re.match(r"\{# needs: .+ #\}\n", (FOLDER / name).read_text())


@pytest.mark.parametrize("name", templates())
def test_a_template_holds_no_script_and_no_style(name):
    for tag, attributes in read(name).elements:
        assert tag != "style"
        data = attributes.get("type") == "application/ld+json"  # nobody runs it, so the policy lets it be
        assert tag != "script" or "src" in attributes or data
        assert not [one for one in attributes if one.startswith("on") or one == "style" or one.startswith("hx-on")]


@pytest.mark.parametrize("name", templates())
def test_nothing_is_cut_silently_from_what_is_pasted_into_a_long_text(name):
    assert not [
        attributes for tag, attributes in read(name).elements if tag == "textarea" and "maxlength" in attributes
    ]


@pytest.mark.parametrize("name", templates())
def test_what_people_read_goes_through_gettext(name):
    html = read(name)
    spoken = [attributes.get(one, "") for _, attributes in html.elements for one in SPOKEN]

    literal = set(html.words) | {word for text in spoken for word in WORD.findall(text)}

    assert literal <= NAMES
