"""How a photograph is framed: turned, cut to a part of itself, with the point that matters. Pure: numbers alone."""

from __future__ import annotations

from dataclasses import dataclass

LEAST = 0.1  # share of either side that must be kept
POINTS = ("00", "01", "02", "10", "11", "12", "20", "21", "22")  # row and column
SHAPES = {"1:1": 1.0, "4:5": 4 / 5, "5:4": 5 / 4, "3:2": 3 / 2, "2:3": 2 / 3, "16:9": 16 / 9}

Size = tuple[int, int]


@dataclass(frozen=True)
class Framing:
    """Quarter turns clockwise, then the part of the turned picture that is kept, in shares of its sides.

    `focus` is that one of the nine POINTS of this part around which smaller shapes are cut.
    """

    turns: int = 0
    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0
    focus: str = "11"

    @property
    def part(self) -> tuple[float, float, float, float]:
        """Left, top, width and height."""
        return self.left, self.top, self.width, self.height

    @property
    def cuts(self) -> bool:
        """Whether anything is left out."""
        return self.part != (0.0, 0.0, 1.0, 1.0)

    @property
    def reshapes(self) -> bool:
        """Whether the picture looks different from its original."""
        return self.cuts or self.turns != 0

    def fitted(self) -> Framing:
        """The same inside the picture: numbers that people typed may reach beyond its edges by a little."""
        width, height = (min(max(side, LEAST), 1.0) for side in (self.width, self.height))
        left, top = min(max(self.left, 0.0), 1 - width), min(max(self.top, 0.0), 1 - height)
        return self._keeping(round(left, 4), round(top, 4), round(width, 4), round(height, 4))

    def turned(self, quarters: int) -> Framing:
        """Turned further: what is kept and what matters stay the same things in the picture."""
        framing = self
        for _ in range(quarters % 4):
            focus = f"{framing.focus[1]}{2 - int(framing.focus[0])}"
            part = (1 - framing.top - framing.height, framing.left, framing.height, framing.width)
            framing = Framing((framing.turns + 1) % 4, *part, focus)
        return framing.fitted()

    def shaped(self, shape: str, size: Size) -> Framing:
        """The largest part of one of SHAPES, around what was kept; `size` is that of the upright original."""
        across, down = self.turned_size(size)
        ratio = SHAPES[shape] * down / across  # of shares
        width, height = (1.0, 1 / ratio) if ratio > 1 else (ratio, 1.0)
        left, top = self.left + self.width / 2 - width / 2, self.top + self.height / 2 - height / 2
        return self._keeping(left, top, width, height).fitted()

    def turned_size(self, size: Size) -> Size:
        """The size of the turned picture."""
        return (size[1], size[0]) if self.turns % 2 else size

    def box(self, size: Size) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, in pixels of a turned picture of this size."""
        left, top = (min(round(at * side), side - 1) for at, side in zip((self.left, self.top), size, strict=True))
        right, bottom = round((self.left + self.width) * size[0]), round((self.top + self.height) * size[1])
        return left, top, max(left + 1, min(right, size[0])), max(top + 1, min(bottom, size[1]))

    def framed_size(self, size: Size) -> Size:
        """What remains of an upright original of this size."""
        left, top, right, bottom = self.box(self.turned_size(size))
        return right - left, bottom - top

    def square(self, size: Size) -> tuple[int, int, int, int]:
        """The largest square of a framed picture of this size, as near to the focus as its edges let it be."""
        side = min(size)
        top, left = (
            (long - side) * int(point) // 2 for long, point in zip((size[1], size[0]), self.focus, strict=True)
        )
        return left, top, left + side, top + side

    def _keeping(self, left: float, top: float, width: float, height: float) -> Framing:
        return Framing(self.turns, left, top, width, height, self.focus)


AS_IT_IS = Framing()
