"""Footage in parts compared with whole files: `python -m bench.parts [--seconds N] [--parts-alone]`.

SeaweedFS holds a file of 5 Mbit/s; a proxy adds 20 ms to each request and passes 100 Mbit/s. The film is six clips of
three seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.progress import Progress
from compiler.supervise.films.side_by_side import Side, usual_jobs
from compiler.supervise.machine import machine_memory
from server.footage.cache import MediaCache
from server.footage.facts import Facts
from server.storage.objects import Stat
from server.storage.s3 import S3Store
from tests.server.parted import CountingStore, footage, needed, rendered
from tests.server.weed import running

GOP, LAP = 2, 120
"""Seconds from one key frame to the next, and of footage that differs."""

LATENCY, RATE = 0.02, 12.5e6
"""Seconds that a request takes longer, and bytes a second."""

PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Figures:
    """What one film took."""

    read: int
    """Bytes of footage that came from the store."""
    first: float
    """Seconds to the first frame."""
    whole: float
    """Seconds to the film."""


class Throttle:
    """A line with a latency and a rate, for all its connections together."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream, self._free = upstream, 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on."""
        there, back = await asyncio.open_connection(*self._upstream)
        with suppress(asyncio.CancelledError):  # the bench has ended
            await asyncio.gather(self._pass(reader, back, LATENCY, 0), self._pass(there, writer, 0, 1 / RATE))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, latency: float, each: float
    ) -> None:
        while piece := await reader.read(PIECE):
            now = perf_counter()
            if each:
                self._free = max(self._free, now) + len(piece) * each
            await asyncio.sleep(latency + max(0.0, self._free - now) * bool(each))
            writer.write(piece)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def throttled(endpoint: str) -> AsyncIterator[str]:
    """The address of the line to an endpoint."""
    there = urlsplit(endpoint)
    line = Throttle((there.hostname or "", there.port or 0))
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def make(path: Path, seconds: int) -> Path:
    """A file of 5 Mbit/s with a key frame every two seconds: two minutes, over and over."""
    ffmpeg, lap, once = [find_build().path, "-v", "error"], min(seconds, LAP), path.with_name(f"lap-{path.name}")
    picture = f"testsrc2=s=640x360:r=30:d={lap}"
    coded = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-b:v",
        "5M",
        "-maxrate",
        "6M",
        "-bufsize",
        "6M",
        "-g",
        f"{30 * GOP}",
    ]
    given = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=f=300:r=48000:d={lap}"]
    noise = ["-vf", "noise=alls=40:allf=t", *coded, "-c:a", "aac"]
    subprocess.run([*ffmpeg, *given, *noise, str(once)], check=True)
    again = ["-stream_loop", str(seconds // lap - 1), "-i", str(once), "-c", "copy"]
    subprocess.run([*ffmpeg, *again, str(path)], check=True)
    return path


async def measured(
    store: CountingStore, cache: MediaCache, found: tuple[Stat, Facts], windows: list[tuple[float, float]], film: Path
) -> Figures:
    """Render the film once."""
    store.streamed, began, first = 0, perf_counter(), 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal first
        if progress.frame and not first:
            first = perf_counter() - began

    side = Side(usual_jobs(), machine_memory())
    await rendered(store, cache, found, windows, film, on_progress=on_progress, side=side)
    return Figures(store.streamed, first, perf_counter() - began)


async def compare(folder: Path, near: S3Store, far: S3Store, seconds: int, alone: bool) -> None:
    """Print the table. Footage is put into the store `near` and rendered from `far`, the same one by the line. With
    `alone` there is no row of the whole file, and no film to compare with.
    """
    source = make(folder / "long.mp4", seconds)
    starts = [n * seconds / 6 // GOP * GOP + n * GOP / 6 for n in range(6)]  # one in each sixth of a group of pictures
    windows = [(start, start + 3) for start in starts]
    store = CountingStore(far)
    parts, whole = (MediaCache(store, folder / name, folder / "coming", 1 << 40) for name in ("parts", "whole"))
    stat, facts = await footage(near, parts, source)
    path = str(whole.path(stat))
    need = needed(source, windows)
    print(f"file {source.stat().st_size / 1e6:.1f} MB, needed {need / 1e6:.1f} MB")
    print("| footage | read, MB | of the need | first frame, s | film, s |")
    print("| --- | --- | --- | --- | --- |")
    rows = [("in parts", parts, facts), ("whole", whole, replace(facts, media=replace(facts.media, path=path)))]
    for name, cache, known in rows[:1] if alone else rows:
        found = await measured(store, cache, (stat, known), windows, folder / f"{cache.path(stat).parent.name}.mp4")
        times = f"{found.read / need:.2f} | {found.first:.1f} | {found.whole:.1f}"
        print(f"| {name} | {found.read / 1e6:.1f} | {times} |")
    assert alone or (folder / "parts.mp4").read_bytes() == (folder / "whole.mp4").read_bytes()


async def _through(folder: Path, seconds: int, alone: bool) -> None:
    (folder / "weed").mkdir()
    with running(folder / "weed") as bucket:
        async with throttled(bucket.endpoint) as url:
            near, far = S3Store(bucket), S3Store(replace(bucket, endpoint=url))
            try:
                await compare(folder, near, far, seconds, alone)
            finally:
                await near.close()
                await far.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.parts", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="length of the footage")
    parser.add_argument(
        "--parts-alone", action="store_true", help="leave out the whole file, which takes long to fetch"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_through(Path(folder), options.seconds, options.parts_alone))


if __name__ == "__main__":
    main()
