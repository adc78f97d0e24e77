"""The blurred picture that stands in a photograph's place until it is there."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from operator import mul

from PIL import Image
from thumbhash import rgba_to_thumb_hash


def placeholder_of(picture: Image.Image) -> tuple[bytes, str]:
    """The picture's ThumbHash, and what it looks like as the data URI of a WebP of under 200 bytes."""
    scale = 32 / max(picture.size)
    tiny = picture.resize((max(3, round(picture.width * scale)), max(3, round(picture.height * scale))))
    thumbhash = bytes(rgba_to_thumb_hash(*tiny.size, list(tiny.convert("RGBA").tobytes())))
    out = BytesIO()
    _blur(thumbhash, tiny.size).save(out, "WEBP", quality=30, method=6)
    return thumbhash, "data:image/webp;base64," + b64encode(out.getvalue()).decode()


def _blur(thumbhash: bytes, size: tuple[int, int]) -> Image.Image:
    """Decode the ThumbHash of an opaque picture (format: evanw.github.io/thumbhash).

    The decoder of the package thumbhash 0.1.2 prints to standard output and gives one flat colour.
    """
    head, shape = int.from_bytes(thumbhash[:3], "little"), int.from_bytes(thumbhash[3:5], "little")
    numbers = (nibble / 7.5 - 1 for byte in thumbhash[5:] for nibble in (byte & 15, byte >> 4))

    def waves(across: int, down: int, scale: float) -> list[tuple[int, int, float]]:
        order = ((x, y) for y in range(down) for x in range(across) if (x or y) and x * down < across * (down - y))
        return [(x, y, next(numbers) * scale * 2) for x, y in order]

    landscape, shorter = shape >> 15, max(3, shape & 7)
    light = waves(*((7, shorter) if landscape else (shorter, 7)), (head >> 18 & 31) / 31)
    yellow = waves(3, 3, (shape >> 3 & 63) / 63 * 1.25)
    red = waves(3, 3, (shape >> 9 & 63) / 63 * 1.25)
    columns, rows = ([[math.cos(math.pi / n * (i + 0.5) * k) for k in range(7)] for i in range(n)] for n in size)

    def lines(mean: float, channel: list[tuple[int, int, float]]) -> Iterator[list[float]]:
        for row in rows:
            across = [0.0] * 7  # the same for every pixel of the line
            for x, y, strength in channel:
                across[x] += strength * row[y]
            yield [mean + sum(map(mul, across, column)) for column in columns]

    pixels = bytearray()
    means = (head & 63) / 63, (head >> 6 & 63) / 31.5 - 1, (head >> 12 & 63) / 31.5 - 1
    for line in zip(*map(lines, means, (light, yellow, red)), strict=True):
        for bright, p, q in zip(*line, strict=True):
            b = bright - 2 / 3 * p
            r = (3 * bright - b + q) / 2
            pixels += bytes(max(0, min(255, round(255 * part))) for part in (r, r - q, b))
    return Image.frombytes("RGB", size, bytes(pixels))
