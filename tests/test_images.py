"""What is accepted, what is shown of it, and what never leaves: through `probe` and `derive` alone."""

import random
import time
from base64 import b64decode
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFile, ImageStat

from postways import images
from postways.images import Unreadable, derive, probe
from tests import pictures

PHOTOS = Path(__file__).parents[2] / "shared" / "photos"
CAMERA = sorted((PHOTOS / "camera").iterdir())
BROKEN = sorted((PHOTOS / "broken").iterdir())
LIMIT = 60_000_000

# Pillow warns of damaged EXIF and of shortened TIFF fields; the pictures are shown or refused all the same.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def probed(data: bytes) -> images.Probe:
    return probe(BytesIO(data), max_pixels=LIMIT)


def derived(data: bytes) -> images.Derived:
    return derive(BytesIO(data), max_pixels=LIMIT)


@cache
def derived_camera(path: Path) -> images.Derived:
    return derived(path.read_bytes())


def refusal(data: bytes, judge=probed) -> str:
    with pytest.raises(Unreadable) as refused:
        judge(data)
    return str(refused.value) % refused.value.values


def shown(result: images.Derived, name: str = "") -> Image.Image:
    """One derivative, decoded: the widest WebP unless a name is given."""
    name = name or f"{result.widths[-1]}.webp"
    return Image.open(BytesIO(next(each.data for each in result.derivatives if each.name == name)))


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures in values of 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Delta E of 1976."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5


class TestProbe:
    @pytest.mark.parametrize(
        ("kind", "mime", "extension"),
        [
            ("JPEG", "image/jpeg", "jpg"),
            ("PNG", "image/png", "png"),
            ("WEBP", "image/webp", "webp"),
            ("GIF", "image/gif", "gif"),
            ("AVIF", "image/avif", "avif"),
            ("HEIF", "image/heic", "heic"),
            ("TIFF", "image/tiff", "tif"),
        ],
    )
    def test_tells_type_and_size_of_every_format(self, kind, mime, extension):
        assert probed(pictures.still(kind)) == images.Probe(kind, mime, extension, 240, 160, animated=False)

    def test_counts_an_mpo_as_jpeg(self):
        assert probed(pictures.still("MPO")) == images.Probe("JPEG", "image/jpeg", "jpg", 240, 160, animated=False)

    @pytest.mark.parametrize("kind", pictures.FORMATS)
    def test_leaves_the_file_open_and_rewound(self, kind):
        file = BytesIO(pictures.still(kind))
        file.seek(17)

        probe(file, max_pixels=LIMIT)

        assert not file.closed
        assert file.tell() == 0

    @pytest.mark.parametrize("kind", pictures.FORMATS)
    def test_decodes_nothing(self, kind, monkeypatch):
        data = pictures.still(kind)
        monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", lambda _: pytest.fail("the picture was decoded"))

        assert probed(data).width == 240

    def test_leaves_a_refused_file_rewound(self):
        file = BytesIO(pictures.STRANGERS["pdf"])

        with pytest.raises(Unreadable):
            probe(file, max_pixels=LIMIT)

        assert file.tell() == 0

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
    def test_gives_the_size_of_the_upright_picture(self, kind):
        data = pictures.encoded(pictures.photo(), kind, exif=pictures.exif(orientation=6))

        assert (probed(data).width, probed(data).height) == (160, 240)

    def test_gives_the_size_of_an_upright_tiff(self):
        data = pictures.encoded(pictures.photo(), "TIFF", tiffinfo={274: 6})

        assert (probed(data).width, probed(data).height) == (160, 240)

    @pytest.mark.parametrize("path", CAMERA, ids=lambda path: path.name)
    def test_agrees_with_derive_on_every_camera_file(self, path):
        told, made = probed(path.read_bytes()), derived_camera(path)

        assert (told.width, told.height) == (made.width, made.height)


class TestRefusal:
    @pytest.mark.parametrize(
        ("stranger", "words"),
        [
            ("empty", "The file is empty."),
            ("text", "The file holds text, not a picture."),
            ("svg", "SVG files can't be shown here."),
            ("pdf", "PDF files can't be shown here."),
            ("html", "HTML files can't be shown here."),
            ("photoshop", "Photoshop files can't be shown here."),
            ("bmp", "BMP files can't be shown here."),
            ("zip", "ZIP files can't be shown here."),
            ("film", "Video files can't be shown here."),
            ("eps", "The file holds text, not a picture."),
            ("noise", "The file is not a picture of a kind that is known here."),
        ],
    )
    def test_says_what_a_file_of_another_kind_is(self, stranger, words):
        data = pictures.STRANGERS[stranger]

        assert refusal(data).startswith(words)
        assert refusal(data, derived) == refusal(data)

    @pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
    def test_asks_for_a_still_picture_instead_of_an_animation(self, kind):
        assert refusal(pictures.animated(kind)) == "Animated pictures can't be shown here. Send a still picture."

    def test_takes_the_first_page_of_a_tiff(self):
        pages = pictures.encoded(pictures.photo(), "TIFF", save_all=True, append_images=[pictures.photo(50, 50)])

        assert (derived(pages).width, derived(pages).height) == (240, 160)

    def test_asks_for_an_exported_picture_instead_of_a_raw_file(self):
        assert refusal(pictures.raw_of_a_camera()).startswith("Camera raw files can't be shown here.")

    def test_names_size_and_limit_of_a_picture_with_too_many_pixels(self):
        assert refusal(pictures.still("JPEG"), lambda data: probe(BytesIO(data), max_pixels=30_000)) == (
            "The picture has 240 × 160 pixels; at most 0.03 megapixels are taken. Make it smaller and send it again."
        )

    def test_accepts_a_picture_with_exactly_the_pixels_allowed(self):
        assert probe(BytesIO(pictures.still("JPEG")), max_pixels=240 * 160).width == 240

    def test_refuses_a_side_longer_than_can_be_shown(self):
        data = pictures.encoded(Image.new("1", (30_000, 1)), "PNG")

        assert "30000 × 1 pixels; a side may have at most 16383" in refusal(data)

    @pytest.mark.parametrize("judge", [probed, derived])
    @pytest.mark.parametrize(
        "bomb",
        [pictures.one_bit_bomb(), pictures.jpeg_claiming(65535, 65535), pictures.text_bomb()],
        ids=["one-bit PNG of 177 megapixels", "JPEG of 65535 x 65535", "PNG of packed texts"],
    )
    def test_refuses_bombs_without_decoding_them(self, bomb, judge, monkeypatch):
        monkeypatch.setattr(Image.core, "new", lambda *_: pytest.fail("memory was taken for pixels"))
        began = time.process_time()

        refusal(bomb, judge)

        assert time.process_time() - began < 1

    def test_the_one_bit_bomb_is_as_small_as_they_come(self):
        assert len(pictures.one_bit_bomb()) < 22_000
        assert "13300 × 13300" in refusal(pictures.one_bit_bomb())

    def test_refuses_a_jpeg_of_a_thousand_scans(self):
        assert "takes too long" in refusal(pictures.jpeg_of_many_scans(1000), derived)

    def test_takes_a_progressive_jpeg(self):
        assert derived(pictures.encoded(pictures.photo(), "JPEG", progressive=True)).width == 240

    @pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
    def test_says_that_a_cut_file_ends_early(self, kind, share):
        data = pictures.still(kind)

        assert refusal(data[: round(len(data) * share)], derived) == (
            "The file ends early. Send it again from the camera, or choose another copy."
        )

    def test_says_that_half_a_camera_file_ends_early(self):
        data = (PHOTOS / "camera" / "phone-gps-9mp.jpg").read_bytes()

        assert refusal(data[: len(data) // 2], derived).startswith("The file ends early.")

    @pytest.mark.parametrize("kind", ["WEBP", "AVIF", "HEIF", "TIFF"])
    def test_says_what_to_do_about_every_cut_file(self, kind):
        data = pictures.still(kind)

        assert refusal(data[: len(data) // 2], derived).endswith(
            "Send it again from the camera, or choose another copy."
        )

    def test_says_that_a_file_with_damage_inside_is_damaged(self):
        data = bytearray(pictures.still("PNG"))
        data[len(data) // 2] ^= 0xFF

        assert refusal(bytes(data), derived).startswith("The file is damaged and can't be opened.")

    @pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
    def test_shows_or_refuses_files_that_real_programs_damaged(self, path):
        try:
            assert derived(path.read_bytes()).derivatives
        except Unreadable as refused:
            assert str(refused).endswith(".")

    @pytest.mark.parametrize("kind", pictures.FORMATS)
    def test_shows_or_refuses_whatever_is_flipped_or_cut(self, kind):
        chance = random.Random(kind)
        sound = pictures.talkative(kind)
        for _ in range(30):
            data = bytearray(sound)
            for _ in range(chance.randrange(1, 12)):
                data[chance.randrange(len(data) if chance.random() < 0.5 else 400)] = chance.randrange(256)
            damaged = bytes(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
            for judge in (probed, derived):
                try:
                    judge(damaged)
                except Unreadable as refused:
                    assert str(refused) % refused.values


class TestDerive:
    @pytest.mark.parametrize("kind", pictures.FORMATS)
    def test_makes_webp_and_jpeg_of_every_format(self, kind):
        result = derived(pictures.still(kind, 700, 500))

        assert result.widths == (320, 640, 700)
        assert [each.name for each in result.derivatives] == [
            *("square.webp", "square.jpg", "700.webp", "700.jpg"),
            *("640.webp", "640.jpg", "320.webp", "320.jpg"),
        ]
        for each in result.derivatives:
            picture = shown(result, each.name)
            assert picture.get_format_mimetype() == each.mime
            assert picture.size == (each.width, each.height)
            assert picture.mode == "RGB"
        assert difference(shown(result), pictures.photo(700, 500)) < 8

    @pytest.mark.parametrize(
        ("size", "widths"),
        [
            ((200, 100), (200,)),
            ((320, 100), (320,)),
            ((1920, 30), (320, 640, 1080, 1920)),
            ((2048, 30), (320, 640, 1080, 2048)),
            ((5000, 30), (320, 640, 1080, 2048)),
            ((1, 1), (1,)),
        ],
    )
    def test_never_makes_a_picture_wider_than_its_source(self, size, widths):
        result = derived(pictures.encoded(pictures.photo(*size), "PNG"))

        assert result.widths == widths
        assert all(each.width <= size[0] and each.height <= size[1] for each in result.derivatives)

    def test_keeps_the_shape(self):
        result = derived(pictures.still("JPEG", 1500, 1000))

        assert {each.name: (each.width, each.height) for each in result.derivatives if each.mime == "image/webp"} == {
            "square.webp": (300, 300),
            "320.webp": (320, 213),
            "640.webp": (640, 427),
            "1080.webp": (1080, 720),
            "1500.webp": (1500, 1000),
        }

    def test_cuts_the_square_from_the_middle_even_of_a_panorama(self):
        panorama = Image.new("RGB", (9000, 320), "blue")
        panorama.paste("red", (4340, 0, 4660, 320))

        square = shown(derived(pictures.encoded(panorama, "JPEG", quality=95)), "square.jpg")

        assert square.size == (300, 300)
        assert difference(square, Image.new("RGB", (300, 300), "red")) < 3

    @pytest.mark.parametrize("path", CAMERA, ids=lambda path: path.name)
    def test_shows_every_camera_file_without_its_metadata(self, path):
        result = derived_camera(path)

        assert shown(result).size == (result.widths[-1], round(result.widths[-1] * result.height / result.width))
        assert_bare(result)

    def test_turns_all_eight_orientations_upright(self):
        turned = [
            shown(derived_camera(PHOTOS / "camera" / f"orientation-{number}.jpg"), "320.webp") for number in range(1, 9)
        ]

        assert {each.size for each in turned} == {(320, 240)}
        assert all(difference(turned[0], each) < 8 for each in turned)
        assert difference(turned[0], turned[0].transpose(Image.Transpose.ROTATE_180)) > 30

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
    def test_turns_every_format_upright(self, kind, orientation):
        lying = pictures.photo()
        if orientation in images._TURNS:
            back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
            lying = lying.transpose(back.get(orientation, images._TURNS[orientation]))
        told = {"tiffinfo": {274: orientation}} if kind == "TIFF" else {"exif": pictures.exif(orientation)}

        result = derived(pictures.encoded(lying, kind, **told))

        assert (result.width, result.height) == (240, 160)
        assert difference(shown(result), pictures.photo()) < 4

    def test_turns_a_large_jpeg_that_is_decoded_at_a_fraction(self):
        lying = pictures.photo(4400, 2200).transpose(Image.Transpose.ROTATE_90)

        result = derived(pictures.encoded(lying, "JPEG", exif=pictures.exif(6)))

        assert (result.width, result.height) == (4400, 2200)
        assert difference(shown(result), pictures.photo(2048, 1024)) < 4

    @pytest.mark.parametrize("orientation", [0, 9, 65535])
    def test_shows_a_picture_of_an_impossible_orientation_as_it_is(self, orientation):
        assert derived(pictures.encoded(pictures.photo(), "JPEG", exif=pictures.exif(orientation))).width == 240

    def test_tells_of_each_derivative(self):
        told = []

        result = derive(BytesIO(pictures.still("JPEG")), max_pixels=LIMIT, progress=lambda: told.append(1))

        assert len(told) == len(result.derivatives) == 4

    def test_reads_from_the_start_of_the_file(self):
        file = BytesIO(pictures.still("JPEG"))
        file.seek(100)

        assert derive(file, max_pixels=LIMIT).width == 240

    def test_gives_the_same_bytes_every_time(self):
        assert derived(pictures.talkative("JPEG")) == derived(pictures.talkative("JPEG"))


class TestMetadata:
    @pytest.mark.parametrize("kind", pictures.FORMATS)
    def test_leaves_nothing_of_it_in_any_format(self, kind):
        data = pictures.talkative(kind)
        assert pictures.MARKER.encode() in data

        assert_bare(derived(data))

    def test_leaves_nothing_of_a_motion_photo_but_the_picture(self):
        result = derived(pictures.motion_photo())

        assert_bare(result)
        assert difference(shown(result), pictures.photo()) < 4

    @pytest.mark.parametrize("tail", [b"PK\3\4", b"<script>", b"<?php", b"%PDF-1.7"])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
    def test_leaves_nothing_of_what_hangs_on_behind(self, kind, tail):
        assert_bare(derived(pictures.still(kind) + tail + pictures.MARKER.encode()), tail)


def assert_bare(result: images.Derived, *more: bytes) -> None:
    """Nothing but pixels: no segment or chunk that could hold words, nothing behind the end."""
    for each in result.derivatives:
        if each.mime == "image/jpeg":
            assert jpeg_segments(each.data) <= {0xE0, 0xDB, 0xC2, 0xC4, 0xDA}
            assert each.data.endswith(b"\xff\xd9")
            assert each.data[4:11] == b"\x00\x10JFIF\x00"  # the one APP0, of sixteen bytes: no thumbnail
        else:
            assert each.data[12:16] == b"VP8 "  # the simple format: it has no room for anything else
            assert len(each.data) == int.from_bytes(each.data[4:8], "little") + 8
            assert int.from_bytes(each.data[16:20], "little") in (len(each.data) - 20, len(each.data) - 21)
        for word in (pictures.MARKER.encode(), b"Exif\0", b"<x:xmpmeta", b"ICC_PROFILE", b"8BIM", b"mdat", *more):
            assert word not in each.data
        picture = Image.open(BytesIO(each.data))
        assert not picture.getexif()
        assert not picture.info.keys() & {"exif", "xmp", "icc_profile", "comment", "photoshop"}


def jpeg_segments(data: bytes) -> set[int]:
    """The markers between start and end, each segment's own bytes skipped; scans hold no marker but these."""
    at, seen = 2, set()
    while at < len(data) - 2:
        assert data[at] == 0xFF
        seen.add(data[at + 1])
        scan = data[at + 1] == 0xDA
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
        while scan and not (data[at] == 0xFF and data[at + 1] not in (0, *range(0xD0, 0xD8))):
            at += 1
    return seen


class TestColours:
    PATCHES = ((200, 120, 110), (110, 160, 120), (90, 110, 170), (128, 128, 128), (230, 220, 150), (60, 50, 70))

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF"])
    @pytest.mark.parametrize("space", ["Display P3", "Adobe RGB"])
    def test_of_a_wider_space_are_the_same_in_srgb(self, space, kind):
        for patch in self.PATCHES:
            exact = {"lossless": True} if kind == "WEBP" else {} if kind in ("PNG", "TIFF") else {"quality": 100}
            data = pictures.encoded(pictures.flat(patch), kind, icc_profile=pictures.icc(space), **exact)

            for name in ("64.webp", "64.jpg"):
                seen = shown(derived(data), name).getpixel((32, 24))
                assert distance(pictures.lab(patch, space), pictures.lab(seen)) < 2

    @pytest.mark.parametrize("space", ["Display P3", "Adobe RGB"])
    def test_would_be_wrong_without_conversion(self, space):
        patch = self.PATCHES[0]

        assert distance(pictures.lab(patch, space), pictures.lab(patch)) > 4

    def test_of_srgb_stay(self):
        for patch in self.PATCHES:
            data = pictures.encoded(pictures.flat(patch), "PNG", icc_profile=pictures.icc("sRGB"))
            assert distance(pictures.lab(patch), pictures.lab(shown(derived(data)).getpixel((32, 24)))) < 2

    @pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200, pictures.icc("Display P3")[:300]])
    def test_stay_when_the_profile_is_broken(self, profile):
        data = pictures.encoded(pictures.flat((200, 120, 110)), "PNG", icc_profile=profile)

        assert distance(shown(derived(data)).getpixel((32, 24)), (200, 120, 110)) < 4

    def test_of_a_grey_picture_with_a_profile_for_colours_stay(self):
        data = pictures.encoded(pictures.flat((100,), "L"), "PNG", icc_profile=pictures.icc("Display P3"))

        assert distance(shown(derived(data)).getpixel((32, 24)), (100, 100, 100)) < 4

    @pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
    def test_of_cmyk_become_rgb(self, kind):
        data = pictures.encoded(pictures.flat((0, 255, 255, 0), "CMYK"), kind)

        assert distance(shown(derived(data)).getpixel((32, 24)), (255, 0, 0)) < 10

    @pytest.mark.parametrize("share", [0, 0.25, 0.5, 1])
    def test_of_sixteen_bits_keep_their_brightness(self, share):
        grey = round(255 * share)

        assert distance(shown(derived(pictures.sixteen_bit_grey(share))).getpixel((32, 24)), (grey,) * 3) < 4

    @pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
    @pytest.mark.parametrize("name", ["64.webp", "64.jpg"])
    def test_stand_on_white_where_the_picture_is_transparent(self, mode, name):
        picture = shown(derived(pictures.half_transparent(mode)), name)

        assert distance(picture.getpixel((8, 24)), (0, 0, 0)) < 8
        assert distance(picture.getpixel((56, 24)), (255, 255, 255)) < 8

    def test_have_no_dark_rim_at_a_transparent_edge(self):
        disc = Image.new("RGBA", (2400, 60), (0, 0, 0, 0))
        disc.paste((255, 255, 255, 255), (0, 0, 1201, 60))

        assert shown(derived(pictures.encoded(disc, "PNG"))).convert("L").getextrema()[0] > 250

    @pytest.mark.parametrize("mode", ["1", "L", "P"])
    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_of_few_values_are_shown(self, mode, kind):
        picture = pictures.photo().quantize(64) if mode == "P" else pictures.photo().convert(mode)

        result = shown(derived(pictures.encoded(picture, kind)))

        assert difference(result, picture.convert("RGB")) < 8

    def test_of_numbers_without_meaning_are_refused(self):
        data = pictures.encoded(Image.new("F", (20, 20), 0.5), "TIFF")

        assert refusal(data, derived).startswith("Files with this kind of colours can't be shown here.")


class TestCamera:
    def test_is_read_without_the_place(self):
        data = pictures.encoded(pictures.photo(), "JPEG", exif=pictures.exif())

        assert derived(data).camera == images.Camera(
            make_model="Canon EOS 7D",
            lens="EF50mm f/1.8",
            focal_length=50.0,
            aperture=2.8,
            shutter=0.004,
            iso=400,
            taken_at=datetime(2024, 6, 30, 12, 34, 56),
        )

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
    def test_is_read_from_other_formats_too(self, kind):
        assert derived(pictures.talkative(kind)).camera.make_model == "Canon EOS 7D"

    def test_of_a_phone_is_read_from_heic(self):
        camera = derived_camera(PHOTOS / "camera" / "iphone-12mp.heic").camera

        assert camera.make_model == "Apple iPhone 13 Pro Max"
        assert (camera.focal_length, camera.aperture, camera.iso) == (5.7, 1.5, 250)

    @pytest.mark.parametrize(
        ("make", "model", "together"),
        [
            ("NIKON CORPORATION", "NIKON D50", "NIKON D50"),
            ("Apple", "iPhone 7", "Apple iPhone 7"),
            ("Jolla", "Jolla", "Jolla"),
            ("Canon\0\0", "  Canon   EOS 7D ", "Canon EOS 7D"),
            ("", "X100", "X100"),
            ("Leica", "", "Leica"),
            ("", "", None),
        ],
    )
    def test_names_its_make_once(self, make, model, together):
        data = pictures.encoded(pictures.photo(), "JPEG", exif=pictures.exif(t271=make, t272=model))

        assert derived(data).camera.make_model == together

    def test_may_write_anything_into_its_fields(self):
        odd = pictures.exif(
            t272="<script>\n\x1b[31m" + "x" * 5000,
            t36867="0000:00:00 00:00:00",
            t33434=0,
            t33437=10**9,
            t34855=0,
        )

        camera = derived(pictures.encoded(pictures.photo(), "JPEG", exif=odd)).camera

        assert camera.make_model is not None
        assert len(camera.make_model) <= len("Canon ") + 100
        assert camera.make_model.isprintable()
        assert (camera.taken_at, camera.shutter, camera.aperture, camera.iso) == (None, None, None, None)

    def test_may_write_exif_that_is_broken(self):
        data = pictures.encoded(pictures.photo(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")

        assert derived(data).camera == images.Camera()

    def test_may_have_notes_that_can_not_be_read(self, monkeypatch):
        def damaged(*_):
            raise ValueError("no such directory")

        monkeypatch.setattr(Image.Exif, "get_ifd", damaged)

        assert derived(pictures.encoded(pictures.photo(), "JPEG", comment=b"x")).camera == images.Camera()


class TestPlaceholder:
    @pytest.mark.parametrize("path", CAMERA, ids=lambda path: path.name)
    def test_is_a_webp_of_under_200_bytes(self, path):
        kind, _, data = derived_camera(path).placeholder.partition(",")

        assert kind == "data:image/webp;base64"
        assert len(b64decode(data)) < 200
        assert Image.open(BytesIO(b64decode(data))).format == "WEBP"

    @pytest.mark.parametrize("seed", range(12))
    def test_stays_small_even_for_confetti(self, seed):
        noise = random.Random(seed)
        size = (noise.randrange(1, 8), noise.randrange(1, 8))
        confetti = Image.frombytes("RGB", size, bytes(noise.choice((0, 255)) for _ in range(size[0] * size[1] * 3)))
        data = pictures.encoded(confetti.resize((256, 256), Image.Resampling.NEAREST), "PNG")

        assert len(b64decode(derived(data).placeholder.partition(",")[2])) < 200

    @pytest.mark.parametrize("size", [(240, 160), (160, 240), (200, 200), (600, 60), (3, 900)])
    def test_looks_like_the_picture(self, size):
        picture = pictures.photo(*size)

        result = derived(pictures.encoded(picture, "PNG"))
        blurred = Image.open(BytesIO(b64decode(result.placeholder.partition(",")[2])))

        assert max(blurred.size) == 32
        assert abs(blurred.width / blurred.height - size[0] / size[1]) < size[0] / size[1] * 0.15 + 0.1
        assert difference(blurred.convert("RGB"), picture.resize(blurred.size)) < 26

    def test_has_left_and_right_where_the_picture_has_them(self):
        halves = Image.new("RGB", (200, 200), (20, 20, 20))
        halves.paste((230, 230, 230), (100, 0, 200, 200))

        data = derived(pictures.encoded(halves, "PNG")).placeholder.partition(",")[2]
        blurred = Image.open(BytesIO(b64decode(data))).convert("L")

        assert blurred.getpixel((2, 16)) + 120 < blurred.getpixel((29, 16))

    def test_has_a_thumbhash_of_few_bytes(self):
        assert 5 < len(derived(pictures.still("JPEG")).thumbhash) <= 25
