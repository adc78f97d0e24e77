"""`python -m bench [PART …] [--quick]`: measure all parts, or those that are named, and print one table.

`--quick` does a tenth of everything on a small site, to see that it works; its figures are worth nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, number, table
from bench.parts import Bench, Part
from bench.parts.answering import api
from bench.parts.growing import growth
from bench.parts.hiding import hidden
from bench.parts.liking import like
from bench.parts.living import live, live10k, pages
from bench.parts.looking import queries, weight
from bench.parts.reading import feed, post
from bench.parts.refusing import strange
from bench.parts.standing import memory, start
from bench.parts.uploading import upload
from bench.site import ROOT, Failed, Site
from postways.local import cluster
from postways.local.run import raise_file_limit

SCALE, SMALL_SCALE = "200,5000,100000", "40,400,2000"
QUICK = 0.1
PARTS: dict[str, Part] = {
    "feed": feed,
    "post": post,
    "api": api,
    "like": like,
    "live": live,
    "live10k": live10k,
    "pages": pages,
    "upload": upload,
    "queries": queries,
    "weight": weight,
    "start": start,
    "memory": memory,
    "strange": strange,
    "hidden": hidden,
    "growth": growth,
}
ASKED_FOR = ("live10k", "growth")  # run only when they are named
ON_POSTGRES = ("feed", "api", "like", "growth")
GROWTH = 1_000_000  # posts


def main(arguments: Sequence[str]) -> int:
    """Run the bench; answers with its exit code, which does not tell whether the goals were met."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a tenth of everything; worth nothing as a measurement")
    parser.add_argument("--folder", type=Path, help="keep the sites there, and go on with those that are there")
    parser.add_argument("--posts", type=int, default=GROWTH, help="how large `growth` lets a site become")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.parts if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    if sys.platform != "linux":
        print("The bench reads CPU time and memory from /proc, which only Linux has.", file=sys.stderr)
        return 2
    raise_file_limit()
    parts = asked.parts or [name for name in PARTS if name not in ASKED_FOR]
    began, figures = time.monotonic(), []
    load = os.getloadavg()[0]
    with nullcontext(asked.folder) if asked.folder else TemporaryDirectory(prefix="postways-bench-") as folder:
        for figure in measured(Path(folder), parts, quick=asked.quick, posts=asked.posts):
            figures.append(figure)
            print(f"  {figure.name}: {number(figure.value)} {figure.unit}", file=sys.stderr, flush=True)
    print(f"\n{table(figures)}\n")
    seconds = time.monotonic() - began
    print(f"{seconds:.0f} s on {os.cpu_count()} cores with Python {platform.python_version()}; load before: {load:.1f}")
    if not asked.quick:
        print(f"Written to {written(figures, seconds, load)}")
    return 0


def measured(folder: Path, parts: Sequence[str], *, quick: bool, posts: int = GROWTH) -> Iterator[Figure]:
    """All figures: on SQLite, and some once more on Postgres where its programs are found."""
    yield from _on(Site(folder / "site"), parts, quick, posts)
    again = [name for name in parts if name in ON_POSTGRES]
    programs = cluster.programs()
    if again and programs is None:
        print("left out: the same on Postgres, because no Postgres server is installed.", file=sys.stderr)
    elif again and programs:
        with cluster.running(programs) as url:
            for figure in _on(Site(folder / "on-postgres", url), again, quick, posts):
                yield replace(figure, name=f"{figure.name}, on Postgres")


def _on(site: Site, parts: Sequence[str], quick: bool, posts: int) -> Iterator[Figure]:
    site.folder.parent.mkdir(parents=True, exist_ok=True)
    with site.running():
        print(f"filling {site.folder.name}", file=sys.stderr, flush=True)
        if not site.ask("SELECT 1 FROM posts LIMIT 1"):
            site.fill(SMALL_SCALE if quick else SCALE)
        bench = Bench(site, QUICK if quick else 1.0, posts)
        for name in parts:
            print(f"measuring {name}", file=sys.stderr, flush=True)
            try:
                yield from PARTS[name](bench)
            except (Failed, OSError, ValueError, LookupError) as error:
                yield Figure(name, "could not be measured", 1, "", at_most=0, note=" ".join(str(error).split())[:300])


def written(figures: Sequence[Figure], seconds: float, load: float) -> Path:
    """Keep the results; answers with where."""
    moment = datetime.now(UTC)
    path = ROOT / "bench" / "results" / f"{moment:%Y-%m-%dT%H%M}.json"
    path.parent.mkdir(exist_ok=True)
    about = {
        "at": moment.isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "load_before": load,
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "python": platform.python_version(),
    }
    path.write_text(json.dumps({**about, "figures": [figure.plain() for figure in figures]}, indent=1) + "\n")
    return path.relative_to(ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
