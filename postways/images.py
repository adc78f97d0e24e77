"""Photographs, bytes in and bytes out: what a file is (`probe`), and what is shown of it (`derive`).

Every sentence of `Unreadable` is a literal, so that message extraction finds it with the keyword `Unreadable`.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from PIL import (  # the plugins register themselves; unnamed, Pillow would load all forty at the first picture
    AvifImagePlugin,  # noqa: F401 registers itself
    ExifTags,
    GifImagePlugin,  # noqa: F401 registers itself
    Image,
    ImageChops,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401 registers itself
)
from pillow_heif import register_heif_opener

from postways.camera import Camera, noted
from postways.framing import AS_IT_IS, Framing
from postways.placeholder import placeholder_of

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", "MPO", "TIFF")
WIDTHS = (320, 640, 1080, 2048)
SQUARE = 300
WHOLE = 1080  # longest side of the copy that its owner frames the picture by
MAX_SIDE = 16_383  # what WebP can hold
MAX_SCANS = 100  # a progressive JPEG has about ten; each one costs a pass over the whole picture

register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
Image.MAX_IMAGE_PIXELS = None  # `_open` judges before anything is decoded; Pillow warns only, and up to twice its limit
PngImagePlugin.MAX_TEXT_MEMORY = 8 * 1024 * 1024  # texts are unpacked while the header is read

_SRGB = ImageCms.createProfile("sRGB")
_TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "GIF": ("image/gif", "gif"),
    "AVIF": ("image/avif", "avif"),
    "HEIF": ("image/heic", "heic"),
    "TIFF": ("image/tiff", "tif"),
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTERS = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}
_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_OURS = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|II\*\0|MM\0\*|....ftyp(?:avi|he|mif1|msf1)", re.DOTALL)
_OTHERS = (
    ("PDF", re.compile(rb"%PDF-")),
    ("SVG", re.compile(rb"<svg", re.IGNORECASE)),
    ("HTML", re.compile(rb"<html|<!doctype html", re.IGNORECASE)),
    ("Photoshop", re.compile(rb"\A8BPS")),
    ("BMP", re.compile(rb"\ABM")),
    ("ZIP", re.compile(rb"\APK\x03\x04")),
    ("Video", re.compile(rb"\A....ftyp|\A\x1aE\xdf\xa3|\ARIFF....AVI ", re.DOTALL)),
)
# What Pillow, its libraries and the plugins raise over a damaged file. Only reading a picture stands under it.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    AssertionError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class Unreadable(Exception):
    """A file that can't be shown. `str(error)` is the sentence for its sender, `values` what its %(name)s stand for."""

    def __init__(self, sentence: str, **values: str | int) -> None:
        super().__init__(sentence)
        self.values = values


@dataclass(frozen=True)
class Probe:
    """What the header says. `width` and `height` are those of the upright picture; MPO counts as JPEG."""

    format: str
    mime: str
    extension: str
    width: int
    height: int
    animated: bool


@dataclass(frozen=True)
class Derivative:
    name: str
    mime: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True)
class Derived:
    """`width` and `height` are those of the framed picture, `whole` that of the upright source.

    `placeholder` is a data URI, `widths` ascend.
    """

    width: int
    height: int
    whole: tuple[int, int]
    widths: tuple[int, ...]
    placeholder: str
    thumbhash: bytes
    camera: Camera
    derivatives: tuple[Derivative, ...]


def probe(file: BinaryIO, *, max_pixels: int) -> Probe:
    """Judge a file by its content and header, without decoding it, and leave it rewound.

    Animations are refused: this is a place for photographs, and one frame of a film would not be what was sent.
    """
    file.seek(0)
    try:
        with _open(file, max_pixels) as picture:
            width, height = _turned(picture.size, _orientation(picture))
            kind = "JPEG" if picture.format == "MPO" else str(picture.format)
        return Probe(kind, *_TYPES[kind], width=width, height=height, animated=False)
    finally:
        file.seek(0)


def refuse_torn(file: BinaryIO) -> None:
    """Raise Unreadable where a part of the file is missing or altered, as far as that is seen without decoding it."""
    file.seek(0)
    data = file.read()
    file.seek(0)
    if data.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF")) and _ends_early(data):
        raise _explanation(data)
    if data.startswith(b"\x89PNG"):
        with _damage_explained(data):
            Image.open(BytesIO(data), formats=["PNG"]).verify()


def derive(
    file: BinaryIO, *, max_pixels: int, framing: Framing = AS_IT_IS, progress: Callable[[], None] = lambda: None
) -> Derived:
    """Everything that is served of a picture, upright, framed, in sRGB and without metadata.

    Transparent parts become white in JPEG and WebP alike, so that a picture looks the same in every browser and on
    light and dark pages. `progress` is called after each derivative. Of a picture that is turned or cut there is also
    `whole.jpg`, for its owner to frame it anew.
    """
    file.seek(0)
    data = file.read()
    _refuse_many_scans(data)
    with _damage_explained(data), _open(BytesIO(data), max_pixels) as source:
        upright, whole = _upright_srgb(source, max_pixels, framing)
        camera = _camera(source)
    picture, (width, height) = _framed(upright, framing), framing.framed_size(whole)
    widest = min(width, WIDTHS[-1])
    widths = (*(step for step in WIDTHS if step < widest), widest)
    derivatives: list[Derivative] = []
    if framing.reshapes:
        derivatives.append(_jpeg("whole", _within(upright, WHOLE)))
    for name, fitted in _sizes(picture, widths, height / width, framing):
        for derivative in _encoded(name, fitted):
            derivatives.append(derivative)
            progress()
    thumbhash, placeholder = placeholder_of(picture)
    return Derived(width, height, whole, widths, placeholder, thumbhash, camera, tuple(derivatives))


def _open(file: BinaryIO, max_pixels: int) -> ImageFile.ImageFile:
    """The picture with its header read, nothing decoded; a file that is not to be decoded is refused here."""
    try:
        picture = Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])
        _refuse_size(picture.size, max_pixels)
        _refuse_kind(picture)
    except _DAMAGE as error:
        file.seek(0)
        raise _explanation(file.read(), unknown=isinstance(error, UnidentifiedImageError)) from error
    return picture


def _refuse_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise Unreadable(
            "The picture has %(width)s × %(height)s pixels; at most %(limit)s megapixels are taken. "
            "Make it smaller and send it again.",
            width=width,
            height=height,
            limit=f"{max_pixels / 1e6:g}",
        )
    if max(size) > MAX_SIDE:
        raise Unreadable(
            "The picture has %(width)s × %(height)s pixels; a side may have at most %(limit)s. "
            "Make it smaller and send it again.",
            width=width,
            height=height,
            limit=MAX_SIDE,
        )


def _refuse_kind(picture: ImageFile.ImageFile) -> None:
    if picture.format in {"GIF", "PNG", "WEBP", "AVIF"} and getattr(picture, "is_animated", False):
        raise Unreadable("Animated pictures can't be shown here. Send a still picture.")
    if isinstance(picture, TiffImagePlugin.TiffImageFile) and _raw(picture):
        raise Unreadable("Camera raw files can't be shown here. Export the picture as JPEG and send that.")


def _raw(picture: TiffImagePlugin.TiffImageFile) -> bool:
    """Raw files are TIFFs that open as their own thumbnail: DNG, and those whose first page is a reduced one."""
    dng_version, subfile_type, reduced = 50706, 254, 1
    return dng_version in picture.tag_v2 or picture.tag_v2.get(subfile_type) == reduced


@contextmanager
def _damage_explained(data: bytes) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise _explanation(data) from error


def _explanation(data: bytes, unknown: bool = False) -> Unreadable:
    """Why `data` could not be opened or decoded."""
    if not data:
        return Unreadable("The file is empty. Choose it again, or choose another copy.")
    if unknown and not _OURS.match(data):
        return _foreign(data[:1024])
    if _ends_early(data):
        return Unreadable("The file ends early. Send it again from the camera, or choose another copy.")
    return Unreadable("The file is damaged and can't be opened. Send it again from the camera, or choose another copy.")


def _foreign(head: bytes) -> Unreadable:
    for kind, sign in _OTHERS:
        if sign.search(head):
            return Unreadable(
                "%(kind)s files can't be shown here. Send the picture as JPEG, PNG, WebP, GIF, AVIF, HEIC or TIFF.",
                kind=kind,
            )
    if not re.search(rb"[\x00-\x08\x0e-\x1a]", head):
        return Unreadable("The file holds text, not a picture. Choose the picture itself.")
    return Unreadable(
        "The file is not a picture of a kind that is known here. "
        "Send the picture as JPEG, PNG, WebP, GIF, AVIF, HEIC or TIFF."
    )


def _ends_early(data: bytes) -> bool:
    if data.startswith(b"\xff\xd8"):
        return list(_jpeg_markers(data))[-1:] != [0xD9]
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data
    if data.startswith(b"RIFF"):
        return len(data) < int.from_bytes(data[4:8], "little") + 8
    return data.startswith(b"GIF8") and not data.endswith(b";")


def _jpeg_markers(data: bytes) -> Iterator[int]:
    """The markers of the first picture in a JPEG, to its end (0xD9) if it has one; what segments hold is skipped."""
    at = 2
    while found := _JPEG_MARKER.search(data, at):
        marker = found[1][0]
        yield marker
        if marker == 0xD9:
            return
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])


def _upright_srgb(
    source: ImageFile.ImageFile, max_pixels: int, framing: Framing
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode: a picture no larger than the derivatives need, and the full size of the source, both upright."""
    size = source.size
    if isinstance(source, JpegImagePlugin.JpegImageFile):
        source.draft(None, _needed(size, _orientation(source), framing))  # decodes at a half, a quarter or an eighth
    source.load()
    if source.format == "HEIF":
        size = source.size  # libheif believes the stream more than the header
        _refuse_size(size, max_pixels)
    orientation = _orientation(source)
    small = _shrunk(source, _needed(size, orientation, framing))
    picture = _srgb(small, source.info.get("icc_profile"))
    if orientation != 1:
        picture = picture.transpose(_TURNS[orientation])
    picture.info.clear()  # the encoders would write a profile, a comment or XMP found there
    return picture, _turned(size, orientation)


def _refuse_many_scans(data: bytes) -> None:
    if data.startswith(b"\xff\xd8") and sum(marker == 0xDA for marker in _jpeg_markers(data)) > MAX_SCANS:
        raise Unreadable("The file is built so that opening it takes too long. Export the picture again as JPEG.")


def _orientation(picture: ImageFile.ImageFile) -> int:
    """The EXIF orientation that is still to be applied; Pillow turns TIFF and libheif turns HEIF by themselves."""
    given = 1 if picture.format == "TIFF" else _exif(picture).get(ExifTags.Base.Orientation, 1)
    return given if given in _TURNS else 1


def _exif(picture: ImageFile.ImageFile) -> Image.Exif:
    try:
        return Image.Image.getexif(picture)  # not the override of PNG, which decodes the picture
    except _DAMAGE:
        return Image.Exif()


def _turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation in (5, 6, 7, 8) else size


def _needed(size: tuple[int, int], orientation: int, framing: Framing) -> tuple[int, int]:
    """The least size, in the source's own orientation, that serves the widest derivative and the square."""
    kept = framing.framed_size(_turned(size, orientation))
    scale = max(WIDTHS[-1] / kept[0], SQUARE / min(kept))
    return size if scale >= 1 else (round(size[0] * scale), round(size[1] * scale))


def _shrunk(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`picture` in L, RGB or CMYK, opaque and of the given size.

    Shrinking comes before the change of colours, and transparent pictures are worked on in place and by the channel:
    a copy of 60 megapixels is 240 MB.
    """
    if picture.has_transparency_data and not picture.mode.startswith("I;16"):
        picture = picture if picture.mode in ("LA", "RGBA") else picture.convert("RGBA")
        picture.paste("white", mask=ImageChops.invert(picture.getchannel("A")))
        bands = [_fitted(picture.getchannel(band), size) for band in picture.getbands()[:-1]]
        return bands[0] if len(bands) == 1 else Image.merge("RGB", bands)
    return _fitted(_eight_bit(picture), size)


def _eight_bit(picture: Image.Image) -> Image.Image:
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    if picture.mode in ("1", "P", "YCbCr", "RGBX"):
        return picture.convert("L" if picture.mode == "1" else "RGB")
    if picture.mode.startswith("I;16"):
        return picture.point(lambda value: value * (1 / 256)).convert("L")
    raise Unreadable("Files with this kind of colours can't be shown here. Export the picture as JPEG and send that.")


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, given, _SRGB, outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that is broken or of another kind of colours: browsers ignore it too
    return picture.convert("RGB")


def _framed(picture: Image.Image, framing: Framing) -> Image.Image:
    if framing.turns:
        picture = picture.transpose(_QUARTERS[framing.turns])
    return picture.crop(framing.box(picture.size)) if framing.cuts else picture


def _within(picture: Image.Image, side: int) -> Image.Image:
    scale = side / max(picture.size)
    return picture if scale >= 1 else _fitted(picture, (round(picture.width * scale), round(picture.height * scale)))


def _sizes(
    picture: Image.Image, widths: tuple[int, ...], ratio: float, framing: Framing
) -> Iterator[tuple[str, Image.Image]]:
    """Name and picture of everything to encode, each width made from the next larger one."""
    square, side = picture.crop(framing.square(picture.size)), min(picture.size)
    yield "square", _fitted(square, (min(SQUARE, side), min(SQUARE, side)))
    for width in reversed(widths):
        picture = _fitted(picture, (width, max(1, round(width * ratio))))
        yield str(width), picture


def _encoded(name: str, picture: Image.Image) -> Iterator[Derivative]:
    yield _saved(name, picture, "WEBP", quality=72, method=4)
    yield _jpeg(name, picture)


def _jpeg(name: str, picture: Image.Image) -> Derivative:
    return _saved(name, picture, "JPEG", quality=80, progressive=True, optimize=True, subsampling="4:2:0")


def _saved(name: str, picture: Image.Image, kind: str, **options: Any) -> Derivative:
    mime, extension = _TYPES[kind]
    out = BytesIO()
    picture.save(out, kind, **options)
    return Derivative(f"{name}.{extension}", mime, picture.width, picture.height, out.getvalue())


def _camera(picture: ImageFile.ImageFile) -> Camera:
    try:
        return noted(_exif(picture))
    except _DAMAGE:
        return Camera()  # what the camera noted may be damaged where the picture is not
