"""A render whose footage lies in a store, fetched whole or in parts, and the bytes that this needs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import av

from compiler.errors import Loc
from compiler.model import read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.render import render_reel
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.progress import Progress
from compiler.supervise.films.render import ALONE
from compiler.supervise.films.side_by_side import Side
from compiler.supervise.probe import probing
from server.footage.by_parts import placed
from server.footage.cache import MediaCache
from server.footage.checked import contents_of, fetched
from server.footage.facts import Facts
from server.storage.objects import ObjectStore, Stat
from server.threads import checksums_of_file
from tests.server.editing import trim
from tests.server.faults import FaultStore

KEY = "users/u_one/media/r_one"
RATE, WIDTH, HEIGHT = 30, 192, 108


def make(path: Path, ffmpeg: str, seconds: int, *options: str) -> Path:
    """Noise, which nothing compresses: large packets, and a key frame each second."""
    pictures = Random(5).randbytes(WIDTH * HEIGHT * 3 // 2 * RATE) * seconds
    given = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "pipe:0"]
    heard = ["-f", "lavfi", "-i", f"sine=f=300:r=48000:d={seconds}"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "8", "-g", str(RATE), "-bf", "2", "-c:a", "aac"]
    subprocess.run([ffmpeg, "-v", "error", *given, *heard, *coded, *options, str(path)], input=pictures, check=True)
    return path


class CountingStore(FaultStore):
    """Counts the bytes that are streamed."""

    streamed = 0

    async def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        async for piece in super().stream(key, start, stop, etag=etag):
            self.streamed += len(piece)
            yield piece


def reel(path: Path, windows: Sequence[tuple[float, float]]) -> str:
    """A reel of parts of one file."""
    clips = [
        {"id": f"c{n}", "media": str(path), "segments_data": trim(begin, end)} for n, (begin, end) in enumerate(windows)
    ]
    return json.dumps({"reel": 1, "canvas": {"width": 64, "height": 36, "fps": 10}, "clips": clips})


async def footage(store: ObjectStore, cache: MediaCache, source: Path) -> tuple[Stat, Facts]:
    """A file in the store, with its facts."""
    stat = await store.put_file(KEY, source)
    media = (await probing([(source, Loc())]))[source]
    sums = await checksums_of_file(source)
    return stat, await placed(cache, stat, Facts(replace(media, path=str(cache.path(stat))), sums.sha256, sums.blocks))


def compiled(facts: Facts, windows: Sequence[tuple[float, float]]) -> Compiled:
    """The reel of these windows of the footage."""
    read = read_reel(reel(Path(facts.media.path), windows))
    return compile_reel(read, {facts.media.path: facts.media}, find_build())


async def rendered(
    store: ObjectStore,
    cache: MediaCache,
    found: tuple[Stat, Facts],
    windows: Sequence[tuple[float, float]],
    film: Path,
    on_progress: Callable[[Progress], None] = lambda _: None,
    side: Side = ALONE,
) -> bytes:
    """The film of these windows of the footage."""
    content = contents_of([found], cache)
    async with fetched(store, cache, [found]) as partial:
        made = compiled(found[1], windows)
        await render_reel(made, film, on_progress=on_progress, side=side, partial=partial, content=content)
    return film.read_bytes()


def needed(source: Path, windows: Sequence[tuple[float, float]]) -> int:
    """The bytes that the windows need: all that is no packet, and what lies from the key frame before each in point to
    the out point.
    """
    packets = []
    with av.open(str(source)) as container:
        for packet in container.demux():
            if packet.pts is not None and packet.pos is not None:
                is_entry = packet.stream.type == "video" and packet.is_keyframe
                packets.append((packet.pos, packet.size, Fraction(packet.pts) * packet.time_base, is_entry))
    wanted: set[tuple[int, int]] = set()
    for begin, end in windows:
        first = max((pos for pos, _, at, is_entry in packets if is_entry and at <= begin), default=0)
        last = max(pos for pos, _, at, _ in packets if at < end)
        wanted |= {(pos, size) for pos, size, _, _ in packets if first <= pos <= last}
    index = source.stat().st_size - sum(size for _, size, _, _ in packets)
    return index + sum(size for _, size in wanted)
