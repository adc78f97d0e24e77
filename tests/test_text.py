"""What people write, as safe HTML with tags and mentions."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from postways.text import blank, folded, one_line, rich, tags_in


@pytest.mark.parametrize(
    "twin",
    [
        "ALICE",
        "Alice",
        "ａｌｉｃｅ",
        "al\u200bice",
        "al\u00adice",
        "\u202ealice",
        "alice\ufe0f",
        "al\u034fice",
        "\u3164alice",
    ],
    ids=["case", "title", "full width", "zero width", "soft hyphen", "right to left", "variation", "joiner", "filler"],
)
def test_names_that_look_alike_fold_to_one(twin):
    assert folded(twin) == folded("alice")


@pytest.mark.parametrize(("one", "other"), [("straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("é", "e\u0301")])
def test_folding_knows_scripts(one, other):
    assert folded(one) == folded(other)


def test_different_names_stay_different():
    assert len({folded(name) for name in ("alice", "alicé", "al.ice", "al_ice", "alice2")}) == 5


@pytest.mark.parametrize("nothing", ["", " \n", "\u200b", "\u3164", "\u2800 \u2800", "\u202e\u2069", "\x00"])
def test_what_shows_nothing_is_blank(nothing):
    assert blank(nothing)
    assert not blank(f"{nothing}\u2801")


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#sea and #Sky", ["sea", "Sky"]),
        ("#Sea #sea #SEA", ["Sea"]),
        ("#日本 #été #straße_1", ["日本", "été", "straße_1"]),
        ("#2024 #4ever", ["4ever"]),
        ("a#b &#39; https://example.org/#top ##x", []),
        (f"#{'x' * 50} #{'y' * 51}", ["x" * 50]),
        ("(#one),#two.", ["one", "two"]),
        ("#\u3164", []),
        ("#" + "\ufdfa" * 50, []),  # eighteen letters each
        ("nothing", []),
    ],
)
def test_tags_are_found(text, tags):
    assert tags_in(text) == tags


def test_tags_and_mentions_become_links():
    html = rich("#Sea with @ben.k.")

    assert '<a class="tag" href="/tags/sea/"' in html
    assert ">#Sea</a>" in html
    assert 'href="/@ben.k/"' in html
    assert "@ben.k</a>." in html


def test_what_looks_like_a_mention_in_an_address_or_in_code_is_none():
    html = rich("mail me at ada@example.org, `#code @code`, [#label](https://example.org/@x)")

    assert "/@" not in html.replace("https://example.org/@x", "")
    assert "/tags/" not in html


def test_a_markdown_subset_is_rendered():
    html = rich("*soft* **loud** ~~gone~~ `code`\nnext line\n\n- one\n- two\n\n> quoted")

    for part in ("<em>soft</em>", "<strong>loud</strong>", "<s>gone</s>", "<code>code</code>", "<br>", "<li>one</li>"):
        assert part in html
    assert "<blockquote>" in html


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<p hx-get='/x' hx-trigger=load>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
        "![x](https://example.org/x.png)",
        '#a"onmouseover=alert(1)',
        '@a"onmouseover=alert(1)',
        "`</code><script>alert(1)</script>`",
        "```\n<script>alert(1)</script>\n```",
        "<svg/onload=alert(1)>",
        "<!--><script>alert(1)</script>",
    ],
)
def test_nothing_that_is_written_runs(evil):
    seen = Elements(rich(evil))

    assert {name for name, _ in seen.found} <= {"p", "a", "code", "pre", "em", "strong", "br"}
    assert {attribute for _, attributes in seen.found for attribute in attributes} <= {"href", "class", "rel"}
    assert all(attributes["href"].startswith(("/", "https:")) for _, attributes in seen.found if "href" in attributes)


class Elements(HTMLParser):
    """The elements of some HTML, as a browser finds them."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, name, attributes):
        self.found.append((name, dict(attributes)))


def test_links_leave_the_site_without_endorsement():
    assert 'rel="nofollow ugc noopener"' in rich("[there](https://example.org/)")


@pytest.mark.parametrize("text", [">" * 5_000, "[" * 10_000, "*" * 10_000, "- " * 5_000, "#" * 10_000, "`" * 9_999])
def test_text_built_to_be_slow_is_rendered_all_the_same(text):
    assert rich(text) is not None


def test_one_line_is_cut_at_a_word():
    assert one_line("one\ntwo  three", 100) == "one two three"
    assert one_line("one two three four", 10) == "one two…"
