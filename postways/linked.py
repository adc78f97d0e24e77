"""What programs elsewhere are told of a public post: its pictures with their licence, and how to embed it."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for

from postways.config import Config
from postways.looks import iso, media
from postways.models import LockedPost, Photo, Post

LARGE = 1080  # pixels across: what other sites show
CACHE_AGE = 300  # seconds


def images_of(post: Post) -> list[dict[str, Any]]:
    """Every picture of a public post as schema.org's ImageObject; none of a post with a content warning."""
    shown = [photo for photo in post.photos if photo.ready] if post.public and not post.warning else []
    return [_image(post, photo) for photo in shown]


def embedded(post: Post, most_width: int, most_height: int) -> dict[str, Any]:
    """A public post for oEmbed: its first picture no larger than asked, or a link where there is none to show."""
    told = announced(post)
    photo = next((photo for photo in post.photos if photo.ready and not post.warning), None)
    if photo is None:
        return told
    step, width, height = _fitting(photo, most_width, most_height)
    side = min(300, photo.width, photo.height)
    thumbnail = {"thumbnail_url": _file(photo, "square.jpg"), "thumbnail_width": side, "thumbnail_height": side}
    return told | {"type": "photo", "url": _file(photo, f"{step}.jpg"), "width": width, "height": height} | thumbnail


def announced(post: Post | LockedPost) -> dict[str, Any]:
    """A post for oEmbed as a link, with its title and author."""
    return {
        "version": "1.0",
        "type": "link",
        "title": post.title,
        "author_name": post.author.name,
        "author_url": address("profiles.show", username=post.author.username),
        "provider_name": "Postways",
        "provider_url": address("posts.home"),
        "cache_age": CACHE_AGE,
    }


def address(endpoint: str, **values: Any) -> str:
    """The whole address of a page of this site."""
    config: Config = current_app.extensions["config"]
    return config.base_url + url_for(endpoint, **values)


def picture(photo: Photo) -> str:
    """The address of the picture that other sites show."""
    return _file(photo, f"{max(width for width in photo.widths if width <= LARGE)}.jpg")


def _fitting(photo: Photo, most_width: int, most_height: int) -> tuple[int, int, int]:
    """The width of the file, and width and height in which it is to be shown."""
    ratio = photo.height / photo.width
    room = max(1, min(most_width, int(most_height / ratio), LARGE))
    step = max((each for each in photo.widths if each <= room), default=photo.widths[0])
    width = min(step, room)
    return step, width, max(1, min(most_height, round(width * ratio)))


def _file(photo: Photo, name: str) -> str:
    config: Config = current_app.extensions["config"]
    return config.base_url + media(photo, name)


def _image(post: Post, photo: Photo) -> dict[str, Any]:
    page = address("posts.show", post_id=post.id)
    creator = post.credit or post.author.name
    told = {
        "@context": "https://schema.org/",
        "@type": "ImageObject",
        "contentUrl": picture(photo),
        "thumbnailUrl": _file(photo, "square.jpg"),
        "width": photo.width,
        "height": photo.height,
        "name": post.title,
        "caption": photo.alt,
        "creator": {"@type": "Person", "name": creator},
        "creditText": creator,
        "copyrightNotice": f"© {creator}",
        "license": post.licence_url or page,
        "acquireLicensePage": page,
        "datePublished": iso(post.published_at) if post.published_at else None,
    }
    if not post.credit:
        told["creator"]["url"] = address("profiles.show", username=post.author.username)  # type: ignore[index]
    return {name: value for name, value in told.items() if value}
