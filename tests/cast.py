"""Who plays in the tests, and what they bring: people, posts, photographs, browsers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import lru_cache
from html import unescape
from io import BytesIO
from typing import Any

from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from postways import jobs, mail
from postways.auth import passwords
from postways.db import db, now
from postways.models import Comment, Mail, Photo, Post, PostTag, User

PASSWORD = "correct horse 7 battery"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@lru_cache(maxsize=1)
def password_hash() -> str:
    """Everybody's hash, made once."""
    return passwords.hashed(PASSWORD)


def make_user(app: Flask, name: str, role: str = "member") -> User:
    """A person whose password is PASSWORD."""
    with app.app_context():
        user = User.sign_up(name, f"{name}@example.org", password_hash(), role)
        db.session.commit()
        return user


def make_post(
    app: Flask,
    author: User,
    *,
    title: str = "Harbour at six",
    content: str = "",
    pictures: int = 0,
    published: bool = True,
    likes: Sequence[User] = (),
    days_ago: float = 0,
    audience: str = "public",
    ready: bool = True,
) -> Post:
    """A post of `author` with small real pictures, prepared unless `ready` is False."""
    with app.app_context():
        photos = [make_photo(app, author, commit=False) for _ in range(pictures)]
        post = Post.share(author, title=title, content=content, photos=photos, published=published, audience=audience)
        for user in likes:
            post.like(user)
        if days_ago and post.published:
            _back(post, now() - timedelta(days=days_ago))
        db.session.commit()
        if ready:
            for photo in photos:
                jobs.prepare(photo.id)
        return Post.find(post.id, author)


def make_comment(
    app: Flask,
    post: Post,
    author: User,
    body: str = "Lovely light.",
    *,
    answers: Comment | None = None,
    key: str | None = None,
) -> Comment:
    """What `author` says under `post`, or to somebody there."""
    with app.app_context():
        found = Post.find(post.id, author, photos=False)
        answered = Comment.find(answers.id, author) if answers is not None else None
        comment = Comment.make(found, author, body, answers=answered, key=key)
        db.session.commit()
        return comment


def make_photo(app: Flask, owner: User, *, commit: bool = True, data: bytes | None = None) -> Photo:
    """A pending upload of `owner`."""
    photo = Photo.store(
        BytesIO(data or picture()), app.extensions["storage"], max_bytes=30_000_000, max_pixels=60_000_000
    )
    photo.pend(owner)
    if commit:
        db.session.commit()
    return photo


def _back(post: Post, moment: datetime) -> None:
    post.published_at = moment
    PostTag.replace(post.id, post.tags, moment)
    post.be_found()


@lru_cache(maxsize=8)
def picture(width: int = 48, height: int = 32, kind: str = "JPEG", colour: str = "teal") -> bytes:
    """The bytes of a small picture."""
    file = BytesIO()
    Image.new("RGB", (width, height), colour).save(file, kind)
    return file.getvalue()


def letters(app: Flask) -> list[EmailMessage]:
    """Every mail that was asked for so far, oldest first: a worker sends what waits."""
    jobs.use(app)
    with app.app_context():
        waiting = [row.id for row in db.session.query(Mail).filter_by(state="waiting").order_by(Mail.id)]
        db.session.rollback()
    for mail_id in waiting:
        jobs.send_mail(mail_id)
    with app.app_context():
        return [mail.read(name) for name in reversed(mail.kept())]


def link_in(letter: EmailMessage) -> str:
    """The path of the page that a mail leads to."""
    return re.search(r"https?://[^/\s]+(/\S+)", letter.get_body(("plain",)).get_content()).group(1)


class Browser:
    """Somebody's browser without JavaScript: keeps cookies and sends forms with the token of the page."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def log_in(self, name: str, password: str = PASSWORD) -> Browser:
        """Through the form, as people do."""
        answer = self.post("/login/", {"username": name, "password": password}, page="/login/")
        assert answer.status_code == 303, answer.text
        return self

    def get(self, path: str, **headers: str) -> TestResponse:
        """Read a page."""
        return self.client.get(path, headers=_dashed(headers))

    def post(
        self,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        page: str = "/theme/",
        token: str | None = None,
        **headers: str,
    ) -> TestResponse:
        """Send a form that stands on `page`, with that page's token, or with `token`."""
        body = {"csrf_token": self.token(page) if token is None else token, **(data or {})}
        return self.client.post(path, data=body, headers=_dashed(headers), content_type="multipart/form-data")

    def click(self, path: str, **data: Any) -> TestResponse:
        """Send a form by htmx."""
        return self.post(path, data, HX_Request="true")

    def token(self, page: str = "/theme/") -> str:
        """The token in the form of `page`."""
        found = TOKEN.search(self.get(page).text)
        return unescape(found.group(1)) if found else ""


def upload(data: bytes | None = None, name: str = "harbour.jpg") -> tuple[BytesIO, str]:
    """A file for a form."""
    return BytesIO(picture() if data is None else data), name


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
