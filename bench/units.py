"""What the cache of units saves, and what a kill costs: `python -m bench.units [--kills N]`."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from bench.edit import FULL
from bench.films import REELC
from bench.footage import long_source
from bench.measure import Cost, cost_of
from compiler.supervise.ffmpeg import find_build

SOURCE = Path(".footage/bigbuckbunny.mp4")
"""Footage of `make footage`: five seconds of 1280x720 at 24 frames a second, with sound."""

SEED = 7
Reel = dict[str, Any]


def main() -> None:
    """Print the table."""
    options = _options()
    if not SOURCE.exists():
        sys.exit("the footage is missing: run make footage")
    with tempfile.TemporaryDirectory() as folder:
        for line in table(Path(folder), options.kills):
            print(line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.units", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="renders that are killed once each")
    return parser.parse_args()


def table(folder: Path, kills: int) -> Iterator[str]:
    """The table's lines: a row for each change, with its cost beside that of the whole film's render."""
    yield "| film | whole | changed | wall | CPU | same bytes |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield _changed(folder / "sixty", reel_of(60), "one crop key of 60 clips")
    yield _changed(folder / "six", reel_of(6), "one clip of six, of 1.6 s and 540x960")
    media = long_source(find_build().path, FULL.minutes)
    yield _changed(folder / "bench", FULL.reel(media), "one clip of the six that rivals render, 1080x1920")
    yield _unchanged(folder / "again")
    yield ""
    yield from _killed(folder / "killed", kills)


def reel_of(clips: int) -> Reel:
    """A reel of clips of 1.6 s, each with a pan, every fourth entered by a dissolve."""
    return {
        "reel": 1,
        "canvas": {"width": 540, "height": 960, "fps": "30"},
        "clips": [_clip(number) for number in range(clips)],
    }


def _clip(number: int) -> Reel:
    box, start = {"y": 0, "width": 405, "height": 720}, number * 7 % 30 / 10
    return {
        "id": f"c{number}",
        "media": str(SOURCE.resolve()),
        "crop_data": [{"frame": 0, "x": 40 + number % 9, **box}, {"frame": 120, "x": 800 - number % 11, **box}],
        "segments_data": {"version": 2, "trimRange": {"start": start, "end": start + 1.6}, "spans": []},
        "transition_data": {"type": "dissolve", "duration": 0.4} if number % 4 == 3 else None,
    }


def _with_a_moved_key(reel: Reel, number: int) -> Reel:
    """The reel with the last crop key of a clip moved."""
    moved: Reel = json.loads(json.dumps(reel))
    moved["clips"][number]["crop_data"][-1]["x"] -= 50
    return moved


class Renders:
    """Renders of reels in one folder, with a cache of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._cache = folder, folder / "cache"
        folder.mkdir()

    def command(self, reel: Reel, *options: str) -> list[str]:
        """The command that renders a reel to the folder's film."""
        (self._folder / "reel.json").write_text(json.dumps(reel))
        paths = [str(self._folder / "reel.json"), "-o", str(self.film), "--overwrite"]
        return [str(REELC), "render", *paths, *options]

    def cost(self, reel: Reel, *options: str) -> Cost:
        """The cost of a render."""
        os.environ["XDG_CACHE_HOME"] = str(self._cache)
        return cost_of(self.command(reel, *options))

    @property
    def film(self) -> Path:
        """The film of the newest render."""
        return self._folder / "film.mp4"

    def sha256(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(self.film.read_bytes()).hexdigest()


def _changed(folder: Path, reel: Reel, what: str) -> str:
    renders, changed = Renders(folder), _with_a_moved_key(reel, len(reel["clips"]) // 2)
    whole, part = renders.cost(reel), renders.cost(changed)
    cached = renders.sha256()
    renders.cost(changed, "--no-cache")
    return _row(what, whole, part, cached == renders.sha256())


def _unchanged(folder: Path) -> str:
    renders, reel = Renders(folder), reel_of(60)
    whole = renders.cost(reel)
    before = renders.sha256()
    part = renders.cost(reel)
    return _row("nothing, of 60 clips", whole, part, before == renders.sha256())


def _row(what: str, whole: Cost, part: Cost, same: bool) -> str:
    wall, cpu = part.wall / whole.wall, part.cpu / whole.cpu
    return f"| {what} | {whole.wall:.1f} s | {part.wall:.1f} s | {wall:.3f} | {cpu:.3f} | {'yes' if same else 'NO'} |"


def _killed(folder: Path, kills: int) -> Iterator[str]:
    """A render of twelve clips is killed at a random moment and begun again: the sum of both, in renders."""
    reel, chance, sums = reel_of(12), random.Random(SEED), list[float]()
    fresh = Renders(folder)
    whole, wanted = fresh.cost(reel).wall, fresh.sha256()
    for number in range(kills):
        renders = Renders(folder / str(number))
        lasted = _kill(renders, reel, chance.uniform(0.05, 0.95) * whole)
        again = renders.cost(reel).wall
        if renders.sha256() != wanted:
            sys.exit(f"the film after kill {number + 1} has other bytes")
        sums.append((lasted + again) / whole)
    if sums:
        mean, most = sum(sums) / kills, max(sums)
        yield f"{kills} kills: in the mean {mean:.3f} renders, at most {most:.3f}; all films have the same bytes"


def _kill(renders: Renders, reel: Reel, after: float) -> float:
    """Kill a render and all its children after some seconds; return the seconds that it lasted."""
    os.environ["XDG_CACHE_HOME"] = str(renders.film.parent / "cache")
    began = perf_counter()
    child = subprocess.Popen(renders.command(reel), stderr=subprocess.DEVNULL, start_new_session=True)
    sleep(after)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    return perf_counter() - began


if __name__ == "__main__":
    main()
