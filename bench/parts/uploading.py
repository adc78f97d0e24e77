"""A 12-megapixel JPEG: how soon the POST is answered, how soon it can be shown, and in how much memory."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from bench import limits
from bench.figures import Figure, quantile
from bench.parts import Bench
from bench.processes import named, peak
from bench.site import ROOT, Failed, Site, Visitor, program

ROUNDS = 6
SIZE = (4_000, 3_000)
PATIENCE = 60.0  # seconds
EDGE = "an-edge-between-parts"
KIND = {"Content-Type": f"multipart/form-data; boundary={EDGE}"}


def upload(bench: Bench) -> Iterator[Figure]:
    """Send it, wait until it is ready, then do the limits' part of the work; again and again."""
    site = bench.site
    file = site.folder.with_name("twelve-megapixels.jpg")
    _make(file)
    member, worker = site.member(0), named(site.pid, "mail,default,media")
    posts, bare, ready, derived, peaks, workers = [], [], [], [], [], []
    with limits.serving(site, {}) as (port, _):
        body = _form(member.token(), file.read_bytes())
        reading = Visitor(port)
        for _ in range(bench.times(ROUNDS) + 1):
            answered, done, most = _sent(site, member, body, worker)
            posts.append(answered)
            ready.append(done)
            workers.append(most)
            peaks.append(peak(site.web))
            bare.append(_read(reading, body))
            derived.append(_derived(site, file))
    name = f"12 megapixels, {file.stat().st_size / 1e6:.1f} MB"
    median = [quantile(values[1:], 0.5) for values in (posts, bare, ready, derived)]  # the first one warms
    yield Figure("upload", f"{name}: answer of the POST", median[0] * 1e3, "ms", median[1] * 1e3, at_most=3)
    yield Figure("upload", f"{name}: from sending to ready", median[2] * 1e3, "ms", median[3] * 1e3, at_most=1.2)
    yield Figure("upload", "the web's peak grows after the second", (peaks[-1] - peaks[1]) / 2**20, "MB", at_most=2)
    yield Figure("upload", "the worker's peak", max(workers) / 2**20, "MB", at_most=400)


def _make(file: Path) -> None:
    source = Image.open(ROOT / "postways" / "demo" / "photos" / "stream.jpg").convert("RGB")
    enlarged = source.resize(SIZE, Image.Resampling.LANCZOS)
    noise = Image.effect_noise(SIZE, 12).convert("RGB")  # or it would be smoother than what cameras make
    Image.blend(enlarged, noise, 0.06).save(file, "JPEG", quality=92)


def _form(token: str, data: bytes) -> bytes:
    head = f'--{EDGE}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
    head += f'--{EDGE}\r\nContent-Disposition: form-data; name="image"; filename="photograph.jpg"\r\n'
    head += "Content-Type: image/jpeg\r\n\r\n"
    return head.encode() + data + f"\r\n--{EDGE}--\r\n".encode()


def _sent(site: Site, member: Visitor, body: bytes, worker: int) -> tuple[float, float, int]:
    """Seconds until the answer and until it is ready, and the worker's peak meanwhile."""
    began, most = time.perf_counter(), 0
    status, answer = member.ask("POST", "/posts/uploads/", body, KIND)
    answered = time.perf_counter() - began
    if status != 201:
        raise Failed(f"the upload was answered with {status}: {answer[:300]!r}")
    while (state := site.ask("SELECT state FROM photos ORDER BY id DESC LIMIT 1")[0][0]) != "ready":
        if state == "failed" or time.perf_counter() - began > PATIENCE:
            raise Failed(f"the photograph is {state}")
        most = max(most, peak(worker))
        time.sleep(0.02)
    return answered, time.perf_counter() - began, most


def _read(reader: Visitor, body: bytes) -> float:
    began = time.perf_counter()
    reader.ask("POST", "/", body, KIND)
    return time.perf_counter() - began


def _derived(site: Site, file: Path) -> float:
    """Seconds of the limit; it has to make the very files that the product has made."""
    told = json.loads(program("bench.derivatives", str(file)))
    ((key,),) = site.ask("SELECT key FROM photos ORDER BY id DESC LIMIT 1")
    folder = site.folder / "media" / "photos" / key
    ours = {path.name: path.stat().st_size for path in folder.iterdir()}
    if ours.keys() != told["sizes"].keys() or abs(sum(ours.values()) / sum(told["sizes"].values()) - 1) > 0.02:
        raise Failed(f"bench/derivatives.py makes other files than the product: {told['sizes']} instead of {ours}")
    return float(told["seconds"])
