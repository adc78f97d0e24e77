"""Test pictures, made in memory: every format, every trap a file can hold, and nothing on disk."""

import struct
import zlib
from io import BytesIO

from PIL import Image
from pillow_heif import register_heif_opener

register_heif_opener()

MARKER = "SECRET-MARKER-4711"  # hidden in every kind of metadata; no served byte may hold it
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", "MPO", "TIFF")

# Red, green and blue of each colour space as XYZ under D50, and the curve of its values.
PRIMARIES = {
    "sRGB": ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
    "Display P3": ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
    "Adobe RGB": ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
}
ADOBE_GAMMA = 563 / 256


def photo(width: int = 240, height: int = 160, mode: str = "RGB") -> Image.Image:
    """Soft colours with a dark corner at the top left, so that a turn or a mirror shows."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    around = Image.radial_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (across, around, down))
    picture.paste((10, 10, 10), (0, 0, width // 4, height // 4))
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def still(kind: str, width: int = 240, height: int = 160) -> bytes:
    picture = photo(width, height)
    if kind == "MPO":
        return encoded(picture, "MPO", save_all=True, append_images=[photo(width, height).rotate(180)])
    return encoded(picture, kind)


def animated(kind: str) -> bytes:
    frames = [photo().rotate(turn) for turn in (90, 180)]
    return encoded(photo(), kind, save_all=True, append_images=frames, duration=100)


def flat(colour: tuple[int, ...], mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new(mode, size, colour)


def sixteen_bit_grey(share: float) -> bytes:
    """A PNG of 16 bits a pixel, as bright as `share` of white."""
    return encoded(Image.new("I;16", (64, 48), round(65535 * share)), "PNG")


def half_transparent(mode: str) -> bytes:
    """Left half opaque black, right half fully transparent black: LA, RGBA, or P with an entry that is transparent."""
    picture = Image.new("RGBA", (64, 48), (0, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (32, 0, 64, 48))
    if mode != "P":
        return encoded(picture.convert(mode), "PNG")
    indexed = Image.new("P", (64, 48), 0)
    indexed.putpalette([0, 0, 0, 0, 0, 0])
    indexed.paste(1, (32, 0, 64, 48))
    return encoded(indexed, "PNG", transparency=1)


def exif(orientation: int = 1, **more: object) -> bytes:
    """EXIF with camera, lens, date, place, serial number and markers; `more` overrides tags by their number: t271=…"""
    exif = Image.Exif()
    exif.update({0x0112: orientation, 0x010F: "Canon", 0x0110: "Canon EOS 7D", 0x010E: MARKER, 0x013B: MARKER})
    exif.get_ifd(0x8769).update(
        {0x829A: 0.004, 0x829D: 2.8, 0x8827: 400, 0x9003: "2024:06:30 12:34:56", 0x920A: 50.0, 0xA434: "EF50mm f/1.8"}
        | {0xA431: MARKER, 0x9286: b"ASCII\0\0\0" + MARKER.encode()}
    )
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2), 27: MARKER.encode()})
    for name, value in more.items():
        tag = int(name[1:])
        (exif if tag < 0x8000 else exif.get_ifd(0x8769))[tag] = value
    return exif.tobytes()


def xmp() -> bytes:
    place = f'<rdf:Description exif:GPSLatitude="48,51.49N" exif:GPSLongitude="2,17.67E" dc:title="{MARKER}"/>'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>{place}</rdf:RDF></x:xmpmeta>'.encode()


def talkative(kind: str) -> bytes:
    """A picture with every metadata its format can hold, and something after its end."""
    profile = icc("Display P3", MARKER)
    options: dict[str, object] = {"exif": exif(), "xmp": xmp(), "icc_profile": profile}
    if kind in ("JPEG", "MPO"):
        options |= {"comment": MARKER.encode(), "extra": _segment(0xED, b"Photoshop 3.0\x008BIM" + MARKER.encode())}
    if kind == "PNG":
        options = {"exif": exif(), "icc_profile": profile, "pnginfo": png_texts()}
    if kind == "GIF":
        options = {"comment": MARKER.encode()}
    if kind == "TIFF":
        options = {"icc_profile": profile, "tiffinfo": {270: MARKER, 315: MARKER, 700: xmp()}}
    tail = b"" if kind == "AVIF" else b"\0\0\0\x10mdat" + MARKER.encode()  # AVIF's reader refuses what follows
    return encoded(photo(), kind, **options) + tail


def png_texts():
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Comment", MARKER)
    texts.add_text("Comment", MARKER * 40, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", xmp().decode(), zip=True)
    return texts


def _segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def motion_photo() -> bytes:
    """A phone's JPEG with the film of its second behind the end of the picture."""
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\1\0mdat" + MARKER.encode() * 200
    return encoded(photo(), "JPEG", xmp=b'<x:xmpmeta GCamera:MotionPhoto="1"/>') + film


def icc(space: str, description: str = "") -> bytes:
    """A profile (ICC v4, matrix and curves) of a colour space named in PRIMARIES."""
    curve = (
        b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(ADOBE_GAMMA * 256)) + b"\0\0"
        if space == "Adobe RGB"
        else b"para\0\0\0\0\0\3\0\0" + _s15(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    )
    text = (description or space).encode("utf-16-be")
    named = b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    tags = {b"desc": named, b"cprt": named, b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    for name, primary in zip((b"r", b"g", b"b"), PRIMARIES[space], strict=True):
        tags |= {name + b"XYZ": _xyz(*primary), name + b"TRC": curve}
    table, body, offset = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(
        ">I4s4s4s4s4s12s4s", offset + len(body), b"", b"\4\0\0\0", b"mntr", b"RGB ", b"XYZ ", b"", b"acsp"
    )
    head = head.ljust(68, b"\0") + _s15(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _s15(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _xyz(*numbers: float) -> bytes:
    return b"XYZ \0\0\0\0" + _s15(*numbers)


def lab(colour: tuple[int, ...], space: str = "sRGB") -> tuple[float, float, float]:
    """CIE L*a*b* (D50) of a colour of 0 to 255 in a colour space, reckoned without Pillow."""

    def linear(value: float) -> float:
        if space == "Adobe RGB":
            return value**ADOBE_GAMMA
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    light = [linear(value / 255) for value in colour]
    xyz = [
        sum(part * primary[axis] for part, primary in zip(light, PRIMARIES[space], strict=True)) for axis in range(3)
    ]
    x, y, z = (
        share ** (1 / 3) if share > 216 / 24389 else (24389 / 27 * share + 16) / 116
        for share in (xyz[0] / 0.9642, xyz[1], xyz[2] / 0.8249)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def one_bit_bomb(side: int = 13300) -> bytes:
    """A PNG of some 21 kB that takes 177 megapixels when decoded."""
    rows = zlib.compress(bytes((1 + (side + 7) // 8) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (
            (b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
            (b"IDAT", rows),
            (b"IEND", b""),
        )
    )


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose header says that it is large."""
    data = encoded(photo(), "JPEG")
    frame = data.index(b"\xff\xc0")
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def jpeg_of_many_scans(count: int) -> bytes:
    """A progressive JPEG with its last scan again and again: each costs a pass over the whole picture."""
    data = encoded(photo(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def text_bomb() -> bytes:
    """A PNG whose packed texts are 1 MB each when unpacked, forty of them."""
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    for number in range(40):
        texts.add_text(f"t{number}", "x" * 1_000_000, zip=True)
    return encoded(photo(), "PNG", pnginfo=texts)


def raw_of_a_camera() -> bytes:
    """A DNG as far as its first page: a reduced picture in a TIFF."""
    return encoded(photo(), "TIFF", tiffinfo={254: 1, 50706: b"\1\4\0\0"})


STRANGERS = {
    "empty": b"",
    "text": b"Dear diary, today I forgot the camera.\n" * 20,
    "svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "photoshop": b"8BPS\0\1" + bytes(200),
    "bmp": b"BM" + bytes(200),
    "zip": b"PK\3\4" + bytes(200),
    "film": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(200),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "noise": bytes(range(256)) * 8,
}
