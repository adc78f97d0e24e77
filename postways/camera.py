"""What a camera notes in its files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image


@dataclass(frozen=True)
class Camera:
    """What the camera wrote: millimetres, f-number, seconds, and its own clock without a time zone. Never the place."""

    make_model: str | None = None
    lens: str | None = None
    focal_length: float | None = None
    aperture: float | None = None
    shutter: float | None = None
    iso: int | None = None
    taken_at: datetime | None = None


def noted(exif: Image.Exif) -> Camera:
    """Read what there is. Raises whatever Pillow raises over damaged notes."""
    details = exif.get_ifd(ExifTags.IFD.Exif)
    return Camera(
        make_model=_make_model(_text(exif.get(ExifTags.Base.Make)), _text(exif.get(ExifTags.Base.Model))),
        lens=_text(details.get(ExifTags.Base.LensModel)),
        focal_length=_number(details.get(ExifTags.Base.FocalLength), most=100_000),
        aperture=_number(details.get(ExifTags.Base.FNumber), most=1_000),
        shutter=_number(details.get(ExifTags.Base.ExposureTime), most=1_000_000),
        iso=round(_number(details.get(ExifTags.Base.ISOSpeedRatings), most=10_000_000) or 0) or None,
        taken_at=_moment(_text(details.get(ExifTags.Base.DateTimeOriginal))),
    )


def _make_model(make: str | None, model: str | None) -> str | None:
    """The make is not repeated: "Canon EOS 7D" alone has it already, "iPhone 7" becomes "Apple iPhone 7"."""
    if make and model and not model.casefold().startswith(make.split()[0].casefold()):
        return f"{make} {model}"
    return model or make


def _text(value: object) -> str | None:
    """A line of at most 100 characters; anybody can write anything into EXIF."""
    if not isinstance(value, str):
        return None
    printable = "".join(sign if sign.isprintable() else " " for sign in value)
    return " ".join(printable.split())[:100] or None


def _number(value: Any, most: int) -> float | None:
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (TypeError, ValueError, ArithmeticError, IndexError):
        return None
    return number if 0 < number <= most else None


def _moment(value: str | None) -> datetime | None:
    try:
        return datetime.strptime((value or "")[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
