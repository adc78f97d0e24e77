"""The limit of preparing a photograph: Pillow's own decode, and its encodes of the same derivatives, in one process.

`python -m bench.derivatives FILE` prints how long that took and how many bytes each file has.
"""

from __future__ import annotations

import json
import sys
import time
from io import BytesIO
from pathlib import Path

from PIL import Image

WIDTHS, SQUARE = (2048, 1080, 640, 320), 300
FORMATS = {  # as the product has them; `upload` compares what came out
    "webp": ("WEBP", {"quality": 72, "method": 4}),
    "jpg": ("JPEG", {"quality": 80, "progressive": True, "optimize": True, "subsampling": "4:2:0"}),
}


def main(file: str) -> None:
    """Derive once."""
    data = Path(file).read_bytes()
    began = time.perf_counter()
    source = Image.open(BytesIO(data))
    ratio = source.height / source.width
    needed = (WIDTHS[0], round(WIDTHS[0] * ratio))
    source.draft(None, needed)
    picture: Image.Image = _fitted(source, needed)
    sizes = {f"square.{extension}": size for extension, size in _encoded(_square(picture))}
    for width in WIDTHS:
        picture = _fitted(picture, (width, round(width * ratio)))
        sizes |= {f"{width}.{extension}": size for extension, size in _encoded(picture)}
    print(json.dumps({"seconds": time.perf_counter() - began, "sizes": sizes}))


def _square(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return _fitted(picture.crop((left, top, left + side, top + side)), (SQUARE, SQUARE))


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _encoded(picture: Image.Image) -> list[tuple[str, int]]:
    made = []
    for extension, (kind, options) in FORMATS.items():
        out = BytesIO()
        picture.save(out, kind, **options)
        made.append((extension, out.tell()))
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
