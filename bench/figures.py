"""Figures, their limits and goals, and the one table of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

HEAD = ("part", "figure", "measured", "limit", "ratio", "goal", "met")


@dataclass(frozen=True)
class Figure:
    """Something measured, in `unit`. What is judged is its ratio to `limit`, or without a limit the value itself.

    A figure without a goal is only told.
    """

    part: str
    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value as a share of its limit."""
        return self.value / self.limit if self.limit else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        judged = self.value if self.ratio is None else self.ratio
        if self.at_least is not None:
            return judged >= self.at_least
        return None if self.at_most is None else judged <= self.at_most

    @property
    def goal(self) -> str:
        """The goal in words."""
        unit = "" if self.limit else f" {self.unit}".rstrip()
        if self.at_least is not None:
            return f"at least {number(self.at_least)}{unit}"
        return f"at most {number(self.at_most)}{unit}" if self.at_most is not None else ""

    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        limit = f"{number(self.limit)} {self.unit}" if self.limit else ""
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        name = f"{self.name} ({self.note})" if self.note else self.name
        met = {True: "yes", False: "NO", None: ""}[self.met]
        return (self.part, name, f"{number(self.value)} {self.unit}".rstrip(), limit, ratio, self.goal, met)

    def plain(self) -> dict[str, Any]:
        """As it is written to the file of results."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def table(figures: Sequence[Figure]) -> str:
    """All of them as a Markdown table."""
    rows = [HEAD, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Three figures are as many as a measurement is worth."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that is not exceeded by at least `share` of them."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
