"""The limit of a page: the same bytes from one query and one Jinja template, which is made of the page itself.

In the template stands an expression wherever the page shows something of its posts; the rest is text. So the limit
renders what the page renders, whatever the page will look like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from jinja2 import Environment, Template
from markupsafe import escape

PUBLIC = "deleted_at IS NULL AND published_at IS NOT NULL"
NEWEST = f"SELECT * FROM posts WHERE {PUBLIC} ORDER BY published_at DESC, id DESC LIMIT 13"
ARTICLE = re.compile(r"<article\b.*?</article>", re.DOTALL)
# Signs that no page holds stand for Jinja's brackets, so that a page's own braces are text.
SIGNS = Environment(
    autoescape=True,
    variable_start_string="\x02",
    variable_end_string="\x03",
    block_start_string="\x04",
    block_end_string="\x05",
    comment_start_string="\x06",
    comment_end_string="\x07",
    keep_trailing_newline=True,
)


class Row(NamedTuple):
    """One photograph of a post, or a post without any."""

    id: int
    title: str
    content: str
    likes: int
    author: str
    key: str | None
    alt: str | None
    placeholder: str | None
    liked: bool


class Made(NamedTuple):
    """What a server needs to give a page: the query, and the source of the template for its rows."""

    sql: str
    source: str

    def template(self) -> Template:
        """Compiled, once."""
        return SIGNS.from_string(self.source)


def query(posts: str, user_id: int | None) -> str:
    """The one statement that has everything: `posts` is a query of the posts' own columns."""
    liked = f"EXISTS (SELECT 1 FROM likes l WHERE l.post_id = p.id AND l.user_id = {user_id})" if user_id else "NULL"
    return (
        "SELECT p.id, p.title, p.content, p.like_count, u.username, f.key, f.alt, f.placeholder, "
        f"{liked} FROM ({posts}) p JOIN users u ON u.id = p.author_id "
        "LEFT JOIN photos f ON f.post_id = p.id ORDER BY p.published_at DESC, p.id DESC, f.position"
    )


def made(html: str, sql: str, rows: Sequence[tuple[Any, ...]]) -> Made:
    """The page again. Raises ValueError if it would not be the same bytes."""
    found = [Row(*row) for row in rows]
    source = ARTICLE.sub(lambda article: _article(article[0], found), html)
    page = Made(sql, source)
    if source == html or page.template().render(rows=found) != html:
        raise ValueError("the limit does not render what the page renders")
    return page


def _article(html: str, rows: Sequence[Row]) -> str:
    shown = re.search(r'\bid="post-(\d+)"', html)
    places = [place for place, row in enumerate(rows) if shown and row.id == int(shown[1])]
    if not places:
        return html
    patterns: dict[str, str] = {}
    sets = [f"\x04 set p = rows[{places[0]}] \x05"]
    first = rows[places[0]]
    for name in ("content", "title", "author"):
        patterns[re.escape(str(escape(getattr(first, name))))] = f"p.{name}"
    for number, place in enumerate(places):
        sets.append(f"\x04 set f{number} = rows[{place}] \x05")
        for name in ("placeholder", "alt", "key"):
            if value := getattr(rows[place], name):
                patterns[re.escape(str(escape(value)))] = f"f{number}.{name}"
    patterns[rf"(?<=[-/]){first.id}(?=[^0-9])"] = "p.id"
    patterns[rf"(?<=>){first.likes}(?=<)"] = "p.likes"
    longest_first = sorted(patterns.items(), key=lambda item: -len(item[0]))
    names = {f"v{number}": name for number, (_, name) in enumerate(longest_first)}
    whole = "|".join(f"(?P<v{number}>{pattern})" for number, (pattern, _) in enumerate(longest_first))
    return "".join(sets) + re.sub(whole, lambda value: f"\x02 {names[value.lastgroup or '']} \x03", html)
