"""The door of event streams: who may hear what is asked when a page connects."""

from __future__ import annotations

from flask import Flask, Response, abort, current_app, g, request

from postways.db import db
from postways.htmx import asking_endpoint, fragment
from postways.live import bp, hub_of_this_process, words
from postways.live.hub import Entry, Hub
from postways.live.stream import Stream
from postways.models import Comment, Conversation, Feed, Notification, Post
from postways.models.listed import MOST_LISTED
from postways.paging import moment_of

SLOWEST_READER = 20  # seconds that one write to a page may take


@bp.get("/live/")
def stream() -> Response:
    """What changes on the page that shows `posts`, from the news `since` (or `Last-Event-ID`) on.

    `newest` (microseconds) is when the newest post on the home page was published, and asks for the pill; `feed` is the
    same for the reader's feed; `comments` is the newest comment on the page of one post, and asks for its pill; `own`
    asks for the reader's uploads. No database connection is held while streaming.
    """
    posts = _ids(request.args.get("posts", ""))
    newest, feed = (request.args.get(name, type=int) for name in ("newest", "feed"))
    comments = _comments(posts)
    hub = hub_of_this_process()
    until = g.user.premium_until if g.user.premium else None  # before it is asked what may be heard
    page = Stream(
        g.user.id if g.user.is_member else None,
        Post.authors_of(posts, g.user) if posts else {},
        home=newest is not None,
        feed=feed is not None,
        comments=comments,
        unheard=Comment.unheard_by(g.user) if comments is not None else frozenset(),
        until=until,
    )
    hub.open(page)  # first listen, then look what was missed
    try:
        since = request.headers.get("Last-Event-ID") or request.args.get("since", "")
        first = words.HELLO + (words.anew() if len(page.posts) < len(posts) else b"")
        first += _missed(hub, page, since, newest, feed)
        db.session.remove()
    except BaseException:
        hub.leave(page)
        raise
    _never_wait_for_ever()
    answer = Response(page.events(first), content_type="text/event-stream; charset=utf-8")
    answer.call_on_close(lambda: hub.leave(page))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


@bp.get("/live/gone/")
def gone() -> Response:
    """Sentences for the places of those `posts` that the reader may not see, or not any more."""
    posts = _ids(request.args.get("posts", ""))
    seen = Post.authors_of(posts, g.user) if posts else {}
    gone = [post for post in posts if post not in seen]
    answer = fragment("live/gone.html", posts=gone, locked=Post.locked_for(gone, g.user), place=_place())
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _place() -> str:
    """What the page that asks shows of a post."""
    endpoint = asking_endpoint()
    if endpoint in ("posts.show", "posts.photo"):
        return "page" if endpoint == "posts.show" else "photo"
    return "grid" if endpoint == "profiles.show" else "cards"


def _ids(text: str) -> list[int]:
    ids = [part for part in text.split(",") if part]
    if len(ids) > MOST_LISTED or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in ids):  # noqa: PLR2004 64 bits
        abort(400)
    return [int(part) for part in ids]


def _comments(posts: list[int]) -> int | None:
    text = request.args.get("comments")
    if text is None:
        return None
    newest = _ids(text)
    if len(posts) != 1 or len(newest) != 1:
        abort(400)
    return newest[0]


def _missed(hub: Hub, page: Stream, since: str, newest: int | None, feed: int | None) -> bytes:
    """Every count that changed since then and every picture that became ready; all of them if that can't be known."""
    known = hub.last  # before looking: what comes meanwhile is in line already
    missed = hub.missed(since)
    told = missed or []
    changed = {int(news["post"]) for _, news in told if news["topic"] == "post"}
    shown = list(page.posts) if missed is None else [post for post in page.posts if post in changed]
    parts = [words.message(words.counts(*item)) for item in Post.counts(shown).items()] if shown else []
    if missed is None:
        parts.append(words.named("resync", ",".join(map(str, page.posts))))
    parts += [
        words.named(f"photo-{news['photo']}", news["post"])
        for _, news in told
        if news["topic"] == "photo" and (int(news["post"]) in page.posts or int(news["person"]) == page.person)
    ]
    if page.comments is not None and page.posts:
        parts += _missed_talk(page, told, every=missed is None)
    bells = [news for _, news in told if news["topic"] == "bell" and int(news["person"]) == page.person]
    if page.person is not None and (missed is None or bells):
        parts.append(words.message(words.bell(Notification.unread_of([page.person]).get(page.person, 0))))
    parts += _missed_messages(page, told, every=missed is None)
    if any(news["topic"] == "rights" and int(news["person"]) == page.person for _, news in told):
        parts.append(words.named("rights", ""))
    if newest is not None and (missed is None or any(news["topic"] == "published" for _, news in told)):
        page.fresh = Post.count_newer(moment_of(newest), g.user)
        if page.fresh:
            parts.append(words.message(words.pill(current_app._get_current_object(), page.fresh)))  # type: ignore[attr-defined]
    brought = missed is None or any(news["topic"] in ("published", "reposted") for _, news in told)
    if feed is not None and page.person is not None and brought:
        page.fresh = Feed.count_newer(page.person, moment_of(feed))
        if page.fresh:
            parts.append(words.message(words.pill(current_app._get_current_object(), page.fresh, feed=True)))  # type: ignore[attr-defined]
    return words.batch(known, parts)


def _missed_talk(page: Stream, told: list[Entry], *, every: bool) -> list[bytes]:
    """What was said, taken away and liked on the page of one post."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    (post,) = page.posts
    news = [(one["topic"], int(one["comment"])) for _, one in told if "comment" in one and int(one["post"]) == post]
    liked = {comment for topic, comment in news if topic == "comment-liked"}
    heard = {
        int(one["comment"]) for _, one in told if one["topic"] == "comment-edited" and page.hears(int(one["person"]))
    }
    edited = {comment for topic, comment in news if topic == "comment-edited"} & heard
    parts = [words.edited(app, post, comment) for comment in sorted(edited)]
    parts += [words.gone(app, post, comment) for topic, comment in news if topic == "comment-gone"]
    parts += [words.comment_likes(post, *item) for item in Comment.like_counts(liked).items()] if liked else []
    if every or any(topic == "comment" for topic, _ in news):
        page.said = Comment.ids_since(post, g.user, page.comments or 0)
        parts += [words.new_comments(app, post, len(page.said))] if page.said else []
    return [words.message(part) for part in parts]


def _missed_messages(page: Stream, told: list[Entry], *, every: bool) -> list[bytes]:
    """With whom something is new for the reader; where that can't be known the pages ask by themselves (`resync`)."""
    if page.person is None:
        return []
    mine = [news for _, news in told if news["topic"] == "conversation" and int(news["person"]) == page.person]
    if not mine and not every:
        return []
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    unread, requests = Conversation.waiting_for([page.person]).get(page.person, (0, 0))
    others = sorted({int(news["other"]) for news in mine})
    return [
        *(words.message(words.message_gone(int(news["gone"]))) for news in mine if "gone" in news),
        *(words.conversations(others) if mine else []),
        words.message(words.unread_messages(app, unread, requests)),
    ]


def _never_wait_for_ever() -> None:
    """A page that stops reading is given up, with everything that waits for it."""
    if connection := request.environ.get("gunicorn.socket"):
        connection.settimeout(SLOWEST_READER)
