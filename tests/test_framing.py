"""Turning, cropping and the point that matters: numbers first, then real pictures through `derive`."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import product

import pytest
from PIL import Image

from postways.framing import AS_IT_IS, LEAST, POINTS, SHAPES, Framing
from postways.images import derive
from tests import pictures
from tests.test_images import LIMIT, shown

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 160, 30), (30, 30, 220), (240, 240, 240)
QUARTERS = ((RED, GREEN), (BLUE, WHITE))  # of the upright picture


def quartered(width=1200, height=800):
    """A picture whose four quarters can be told apart."""
    picture = Image.new("RGB", (width, height))
    for row, column in product((0, 1), (0, 1)):
        box = (column * width // 2, row * height // 2, (column + 1) * width // 2, (row + 1) * height // 2)
        picture.paste(QUARTERS[row][column], box)
    return picture


def framed(picture, framing, **saved):
    data = pictures.encoded(picture, "JPEG", quality=95, **saved)
    return derive(BytesIO(data), max_pixels=LIMIT, framing=framing)


def colours(picture):
    """The nearest of the four colours in each quarter, row by row."""
    w, h = picture.size
    return tuple(
        tuple(nearest(picture.convert("RGB").getpixel((round(w * x), round(h * y)))) for x in (0.25, 0.75))
        for y in (0.25, 0.75)
    )


def nearest(pixel):
    return min((RED, GREEN, BLUE, WHITE), key=lambda one: sum((a - b) ** 2 for a, b in zip(one, pixel, strict=True)))


class TestNumbers:
    def test_four_turns_are_none(self):
        framing = Framing(0, 0.1, 0.2, 0.5, 0.3, "02")

        assert framing.turned(4) == framing
        assert framing.turned(1).turned(3) == framing
        assert framing.turned(2) == framing.turned(1).turned(1)

    def test_a_quarter_turn_takes_part_and_point_along(self):
        assert Framing(0, 0.1, 0.2, 0.5, 0.3, "00").turned(1) == Framing(1, 0.5, 0.1, 0.3, 0.5, "02")

    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("turns", [0, 1])
    def test_a_shape_is_the_largest_of_its_ratio(self, shape, turns):
        size = (1200, 800)
        width, height = Framing(turns).shaped(shape, size).framed_size(size)
        turned = Framing(turns).turned_size(size)

        assert width / height == pytest.approx(SHAPES[shape], rel=0.01)
        assert width == turned[0] or height == turned[1]

    def test_a_shape_stays_around_what_was_kept_and_inside(self):
        assert Framing(0, 0.6, 0, 0.4, 1).shaped("1:1", (1200, 800)).left == pytest.approx(1 - 2 / 3, abs=0.001)

    @pytest.mark.parametrize("framing", [Framing(0, -1, -1, 9, 9), Framing(0, 0.95, 2, 0, 0), Framing(0, 1, 1, 1, 1)])
    def test_what_reaches_beyond_the_edges_is_fitted(self, framing):
        fitted = framing.fitted()

        assert 0 <= fitted.left <= fitted.left + fitted.width <= 1
        assert 0 <= fitted.top <= fitted.top + fitted.height <= 1
        assert min(fitted.width, fitted.height) >= LEAST

    @pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 900), (16_383, 1)])
    def test_at_least_one_pixel_is_kept_of_the_smallest_picture(self, size):
        for turns in range(4):
            framing = Framing(turns, 0.9, 0.9, LEAST, LEAST)
            assert min(framing.framed_size(size)) >= 1

    @pytest.mark.parametrize("point", POINTS)
    def test_the_square_lies_by_its_point(self, point):
        row, column = (int(number) for number in point)

        assert replace(AS_IT_IS, focus=point).square((900, 300)) == (column * 300, 0, column * 300 + 300, 300)
        assert replace(AS_IT_IS, focus=point).square((300, 900)) == (0, row * 300, 300, row * 300 + 300)


class TestPictures:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("turns", range(4))
    def test_turns_come_after_what_the_camera_said(self, orientation, turns):
        saved = framed(quartered(), AS_IT_IS, exif=pictures.exif(orientation=orientation))
        turned = framed(quartered(), Framing(turns), exif=pictures.exif(orientation=orientation))

        by_hand = shown(saved).convert("RGB").rotate(-90 * turns, expand=True)
        assert colours(shown(turned)) == colours(by_hand)
        assert (turned.width, turned.height) == by_hand.size

    def test_a_crop_keeps_its_part_alone(self):
        result = framed(quartered(), Framing(0, 0.5, 0.5, 0.5, 0.5))

        assert (result.width, result.height, result.whole) == (600, 400, (1200, 800))
        assert colours(shown(result)) == ((WHITE, WHITE), (WHITE, WHITE))
        assert result.widths == (320, 600)

    def test_a_crop_is_of_the_turned_picture(self):
        result = framed(quartered(), Framing(1, 0, 0, 0.5, 0.5))

        assert colours(shown(result))[0][0] == BLUE
        assert (result.width, result.height) == (400, 600)

    def test_a_crop_of_a_large_picture_is_as_sharp_as_its_pixels_allow(self):
        result = framed(quartered(6000, 4000), Framing(0, 0, 0, 0.4, 0.4))

        assert (result.width, result.widths[-1]) == (2400, 2048)

    @pytest.mark.parametrize(("point", "colour"), [("10", RED), ("12", GREEN)])
    def test_the_square_thumbnail_is_cut_around_the_point(self, point, colour):
        square = shown(framed(quartered(2400, 400), Framing(focus=point)), "square.jpg")

        assert square.size == (300, 300)
        assert nearest(square.getpixel((150, 40))) == colour

    def test_the_whole_picture_is_kept_for_its_owner_only_where_something_differs(self):
        whole = [each for each in framed(quartered(), Framing(1)).derivatives if each.name == "whole.jpg"]

        assert [(each.width, each.height) for each in whole] == [(1080, 720)]
        for framing in (AS_IT_IS, Framing(focus="00")):
            assert "whole.jpg" not in [each.name for each in framed(quartered(), framing).derivatives]

    def test_nothing_of_what_is_cut_off_is_in_any_file_or_in_the_placeholder(self):
        picture = quartered()
        result = framed(picture, Framing(0, 0, 0, 0.5, 0.5))

        for each in result.derivatives:
            if each.name != "whole.jpg":
                assert {one for row in colours(Image.open(BytesIO(each.data))) for one in row} == {RED}, each.name
        assert result.placeholder != framed(picture, AS_IT_IS).placeholder
