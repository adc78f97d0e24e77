"""What people write, as safe HTML: a Markdown subset with #tags and @mentions linked. Pure: text in, text out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape

LONGEST_TAG = 50
LONGEST_TAG_KEY = 200  # a folded tag can be longer than the tag
LONGEST_QUESTION = 200  # characters of what is looked for
_TAG = re.compile(rf"(?<![\w#&/])#(\w{{1,{LONGEST_TAG}}})(?!\w)")
_MENTION = re.compile(r"(?<![\w@/.])@([\w.+-]{1,150})")
_ADDRESS = re.compile(r"(?<!\w)(https?://[^\s<>\"]+[^\s<>\".,;:!?'()\[\]])")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # would turn round what stands beside a name
_LINK = re.compile(f"{_ADDRESS.pattern}|{_TAG.pattern}|{_MENTION.pattern}")
# Unicode calls these letters, marks and a pattern without dots, but they show nothing.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)  # letters, yet unseen
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_ALLOWED = {"p", "br", "em", "strong", "a", "ul", "ol", "li", "blockquote", "code", "pre", "s"}


def folded(name: str) -> str:
    """The key by which names and tags are compared: NFKC, without regard to case, without invisible characters."""
    return unicodedata.normalize("NFKC", visible(unicodedata.normalize("NFKC", name)).casefold())


def visible(text: str) -> str:
    """`text` without the characters that show nothing: controls, joiners, fillers, variation selectors."""
    return "".join(c for c in _BLANK.sub("", text) if unicodedata.category(c) not in ("Cf", "Cc"))


def blank(text: str) -> bool:
    """Whether nobody would see anything of it."""
    return not visible(text).strip()


def as_name(text: str | None) -> str:
    """A name as others see it; one of invisible characters alone is none."""
    shown = _TURNS.sub("", "".join(c if unicodedata.category(c) != "Cc" else " " for c in text or ""))
    return " ".join(shown.split()) if not blank(shown) else ""


def trimmed(text: str | None) -> str:
    """What somebody wrote, as it is kept: without white space around it."""
    return (text or "").replace("\r\n", "\n").replace("\x00", "").strip()


def words_of(text: str) -> str:
    """The words of `text` as they are searched for: folded, one space around each, `#` a word of its own.

    Where words are written without spaces between them each letter stands alone, so that any part can be found.
    """
    apart = "".join(map(_apart, _UNSPACED.sub(r" \g<0> ", folded(text))))
    return f" {' '.join(apart.split())} "


def _apart(character: str) -> str:
    if character == "#":
        return " # "
    return character if unicodedata.category(character)[0] in "LMN" else " "


def cleaned(text: str) -> str:
    """What somebody typed, trimmed, without what no text holds: NUL, halves of characters, a carriage return."""
    whole = text.encode("utf-8", "ignore").decode("utf-8")
    return whole.replace("\r\n", "\n").replace("\x00", "").strip()


def tags_in(text: str) -> list[str]:
    """The #tags of `text` in their first spelling and order, each once; digits alone are no tag."""
    found: dict[str, str] = {}
    for tag in _TAG.findall(text):
        if _names_something(tag):
            found.setdefault(folded(tag), tag)
    return list(found.values())


def _names_something(tag: str) -> bool:
    return not tag.isdigit() and 0 < len(folded(tag)) <= LONGEST_TAG_KEY


def one_line(text: str, most: int) -> str:
    """The beginning of `text` on one line, cut at a word after at most `most` characters."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    return line[: most - 1].rsplit(" ", 1)[0].rstrip() + "…"


@lru_cache(maxsize=4096)
def names_in(text: str) -> list[str]:
    """The @names in a text, each once, as they stand there."""
    return list(dict.fromkeys(_MENTION.findall(text)))


def rich(text: str) -> Markup:
    """`text` as safe HTML: emphasis, links, lists, quotes and code; no headings, pictures or HTML."""
    html = nh3.clean(
        _markdown().render(text),
        tags=_ALLOWED,
        attributes={"a": {"href", "class"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener",
    )
    return Markup(html.strip())


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    rules = [
        "emphasis",
        "strikethrough",
        "link",
        "autolink",
        "list",
        "blockquote",
        "backticks",
        "fence",
        "newline",
        "escape",
    ]
    markdown = MarkdownIt("zero", {"breaks": True, "html": False, "maxNesting": 20}).enable(rules)
    markdown.core.ruler.push("tags_and_mentions", _link_tags_and_mentions)
    return markdown


def _link_tags_and_mentions(state: StateCore) -> None:
    for block in state.tokens:
        if block.type == "inline" and block.children:
            block.children = list(_linked(block.children))


def _linked(tokens: list[Token]) -> Iterator[Token]:
    inside_link = 0
    for token in tokens:
        inside_link += token.nesting if token.type.startswith("link_") else 0
        if token.type != "text" or inside_link:
            yield token
            continue
        yield _html(_link_text(token.content))


def _link_text(text: str) -> str:
    parts, end = [], 0
    for match in _LINK.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(_link(match))
        end = match.end()
    parts.append(escape(text[end:]))
    return "".join(parts)


def _link(match: re.Match[str]) -> Markup:
    address, tag, name = match.groups()
    if address:
        return Markup('<a href="{0}">{0}</a>').format(address)
    if tag and _names_something(tag):
        return Markup('<a class="tag" href="/tags/{}/">#{}</a>').format(quote(folded(tag)), tag)
    if name and (kept := name.rstrip(".-+")):
        return Markup('<a class="mention" href="/@{}/">@{}</a>{}').format(quote(kept), kept, name[len(kept) :])
    return escape(match.group())


def _html(html: str) -> Token:
    token = Token("html_inline", "", 0)
    token.content = html
    return token


def question_in(typed: str) -> str:
    """What somebody asks for, on one line, without what shows nothing, and not longer than what is looked at."""
    words = "".join(letter if letter.isprintable() else " " for letter in typed)
    return " ".join(words.split())[:LONGEST_QUESTION].strip()
