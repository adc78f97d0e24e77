"""How far the preparation of a photograph has got."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _
from pydantic import Field

from postways.api import bp, pictures
from postways.api.door import absolute, door
from postways.api.shapes import Shape
from postways.errors import Missing
from postways.models import Photo, Post

MEDIA = "https://example.org/media/0123456789abcdef0123456789abcdef"
TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


class Derivative(Shape):
    """One file that was made of a photograph."""

    url: str = Field(examples=[f"{MEDIA}/640.webp"])
    type: str = Field(description="Its media type.", examples=["image/webp"])
    width: int = Field(examples=[640])


class ImageDetail(Shape):
    """A photograph: what is there of it, and what is still to come."""

    url: str = Field(examples=["https://example.org/api/v1/images/21/"])
    id: int = Field(examples=[21])
    post: str | None = Field(description="Link to its post.", examples=["https://example.org/api/v1/posts/7/"])
    status: str = Field(description="`waiting`, `processing`, `ready` or `failed`.", examples=["ready"])
    reason: str | None = Field(default=None, description="Why it failed; for its owner.")
    width: int = Field(examples=[4000])
    height: int = Field(examples=[3000])
    alt: str = Field(examples=["Two boats in the fog"])
    placeholder: str = Field(description="A tiny picture as a data URI.", examples=["data:image/webp;base64,UklGRg=="])
    image: str | None = Field(description="1080 pixels wide, as JPEG.", examples=[f"{MEDIA}/1080.jpg"])
    thumbnail: str | None = Field(description="A square of 300, as JPEG.", examples=[f"{MEDIA}/square.jpg"])
    srcset: str = Field(examples=[f"{MEDIA}/320.webp 320w, {MEDIA}/640.webp 640w"])
    derivatives: list[Derivative]


@bp.get("/images/<int:image_id>/")
@door({200: ImageDetail}, tag="images")
def read_image(image_id: int) -> ImageDetail:
    """Read how far a photograph is prepared, and where its files are."""
    photo = Post.photo_seen_by(g.user, photo_id=image_id)
    if photo is None:
        raise Missing
    return detail_of(photo)


def detail_of(photo: Photo) -> ImageDetail:
    """One photograph, to somebody who may see it."""
    found = ImageDetail(
        url=absolute(f"/api/v1/images/{photo.id}/"),
        id=photo.id,
        post=absolute(f"/api/v1/posts/{photo.post_id}/") if photo.post_id else None,
        status=photo.state,
        width=photo.width,
        height=photo.height,
        alt=photo.alt,
        placeholder=photo.placeholder,
        image=pictures.image(photo),
        thumbnail=pictures.thumbnail(photo),
        srcset=pictures.srcset(photo),
        derivatives=[_derivative(photo, width, kind) for width in photo.widths for kind in TYPES if photo.ready],
    )
    if photo.failed and photo.owner_id == g.user.id:
        found.reason = _(photo.reason)
    return found


def _derivative(photo: Photo, width: int, kind: str) -> Derivative:
    return Derivative(url=pictures.address(photo.key, f"{width}.{kind}"), type=TYPES[kind], width=width)
