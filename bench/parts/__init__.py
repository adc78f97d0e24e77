"""The parts of the bench, by the name that ONLY takes; each yields its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.figures import Figure
from bench.site import Site


@dataclass(frozen=True)
class Bench:
    """What a part is given: the site, and how much of everything to do (a tenth in a quick try)."""

    site: Site
    share: float = 1.0
    posts: int = 1_000_000  # how large `growth` lets the site become

    def times(self, count: int) -> int:
        """So many, or in a quick try fewer."""
        return max(1, round(count * self.share))


Part = Callable[[Bench], Iterator[Figure]]
