"""Photographs, as the API writes them."""

from __future__ import annotations

from postways.api.door import absolute
from postways.models import Photo

SHOWN = 1_080  # pixels: the width in which a picture is shown when nothing is said of widths


def address(key: str, name: str) -> str:
    """Of one file of a photograph."""
    return absolute(f"/media/{key}/{name}")


def image(photo: Photo) -> str | None:
    """The address of the picture as a JPEG up to 1080 wide; None until it is ready."""
    fitting = [width for width in photo.widths if width <= SHOWN]
    return address(photo.key, f"{max(fitting)}.jpg") if photo.ready and fitting else None


def thumbnail(photo: Photo) -> str | None:
    """The address of the square; None until it is ready."""
    return address(photo.key, "square.jpg") if photo.ready else None


def srcset(photo: Photo) -> str:
    """Every width as WebP, as a browser reads it; empty until it is ready."""
    widths = photo.widths if photo.ready else ()
    return ", ".join(f"{address(photo.key, f'{width}.webp')} {width}w" for width in widths)
