"""Films made by workers that are killed, the pace of several workers, and cancels: `python -m bench.workers`."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

from compiler.supervise.films.unit import Executor, UnitEvent
from server.farm.dask import Dask
from server.farm.scheduler import SchedulerAddress
from server.storage.folder import FolderStore
from tests.server.farm import PROGRAM, ROOT, Cluster, cluster, ffmpegs, local, ready, unit

SOURCE = Path(".footage/bigbuckbunny.mp4")
"""Footage of `make footage`: five seconds of 1280x720 at 24 frames a second, with sound."""

SEED = 80
LOOK = 0.005
"""Seconds between two looks at the processes."""

Reel = dict[str, Any]
TRANSITIONS = (None, {"type": "dissolve", "duration": 0.3}, {"type": "fade", "duration": 0.2})


def main() -> None:
    """Print the tables."""
    options = _options()
    if not SOURCE.exists():
        sys.exit("the footage is missing: run make footage")
    with tempfile.TemporaryDirectory() as folder:
        for line in tables(Path(folder), options):
            print(line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.workers", description=__doc__)
    parser.add_argument("--reels", type=int, default=20, metavar="N", help="random reels, a worker killed in each")
    parser.add_argument("--units", type=int, default=12, metavar="N", help="paced units, of two seconds each")
    parser.add_argument("--cancels", type=int, default=20, metavar="N", help="units that are cancelled")
    return parser.parse_args()


def tables(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """The lines of the three tables."""
    with cluster(_new(folder, "films"), 2) as farm:
        yield from _killed(folder, farm, options.reels)
        yield from asyncio.run(_cancelled(farm, options.cancels))
    yield ""
    yield "| paced units | slots | wall | times one local slot | of the ideal |"
    yield "| --- | --- | --- | --- | --- |"
    store = FolderStore(_new(folder, "objects"))
    alone = asyncio.run(_pace(local(store, _new(folder, "here"), 1), options.units, "local"))
    yield f"| local | 1 | {alone:.1f} s | 1.00 | |"
    for slots in (1, 2, 4):
        with cluster(_new(folder, f"pace-{slots}"), slots) as farm:
            wall = asyncio.run(_pace(Dask(SchedulerAddress(farm.address)), options.units, f"dask {slots}"))
        yield f"| Dask | {slots} | {wall:.1f} s | {alone / wall:.2f} | {alone / wall / slots:.3f} |"


def _killed(folder: Path, farm: Cluster, reels: int) -> Iterator[str]:
    """Random reels, here and on two workers of which one is killed in each."""
    chance, failed, differ, kills = random.Random(SEED), 0, 0, 0
    for number in range(reels):
        reel = folder / f"reel-{number}.json"
        reel.write_text(json.dumps(random_reel(chance)))
        here, there = folder / f"here-{number}.mp4", folder / f"there-{number}.mp4"
        _begun(reel, here, farm).wait()
        rendering = _begun(reel, there, farm, "--executor", "dask", "--scheduler", farm.address)
        kills += _kill_one(farm, rendering, chance)
        failed += rendering.wait() != 0
        differ += there.exists() and _sha256(here) != _sha256(there)
        farm.mend(2)
    doubles = _doubles(farm)
    yield "| random reels | kills | films lost | films that differ | units stored twice | units |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield f"| {reels} | {kills} | {failed} | {differ} | {sum(n > 1 for n in doubles.values())} | {len(doubles)} |"
    yield ""


def random_reel(chance: random.Random) -> Reel:
    """Four to eight clips with pans, speeds and transitions."""
    clips = [_clip(chance, number) for number in range(chance.randint(4, 8))]
    return {"reel": 1, "canvas": {"width": 270, "height": 480, "fps": "30"}, "clips": clips}


def _clip(chance: random.Random, number: int) -> Reel:
    start = chance.randint(0, 20) / 10
    end = start + chance.randint(12, 25) / 10
    box = {"y": 0, "width": 405, "height": 720}
    slow = {"start": start + 0.3, "end": start + 0.8, "speed": chance.choice((0.5, 1, 2))}
    return {
        "id": f"c{number}",
        "media": str(SOURCE.resolve()),
        "crop_data": [{"frame": frame, "x": chance.randint(0, 800), **box} for frame in (0, 60)],
        "segments_data": {"version": 2, "trimRange": {"start": start, "end": end}, "spans": [slow]},
        "transition_data": chance.choice(TRANSITIONS),
    }


def _begun(reel: Path, film: Path, farm: Cluster, *options: str) -> subprocess.Popen[bytes]:
    command = [*PROGRAM, "render", str(reel), "-o", str(film), "--no-cache", "--progress", "none", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "REELC_DATA": str(farm.data)}
    return subprocess.Popen(command, env=environment)


def _kill_one(farm: Cluster, rendering: subprocess.Popen[bytes], chance: random.Random) -> int:
    """Kill a worker once units are made, and start another one, as what watches over workers does."""
    before = len(_doubles(farm))
    while rendering.poll() is None and len(_doubles(farm)) == before:
        sleep(LOOK)
    sleep(chance.random())
    if rendering.poll() is not None:
        return 0
    farm.lose(chance.randrange(len(farm.workers)))
    ready(farm.begin_worker())
    return 1


def _doubles(farm: Cluster) -> Counter[str]:
    """The number of objects of each unit."""
    units = farm.data / "objects" / "farm" / "units"
    return Counter(path.name.partition("-")[0] for path in units.iterdir()) if units.exists() else Counter()


async def _cancelled(farm: Cluster, cancels: int) -> list[str]:
    """The time from a cancel to the end of ffmpeg, as its machine sees it."""
    executor, took, said = Dask(SchedulerAddress(farm.address)), list[float](), list[UnitEvent]()
    await executor.start()
    for number in range(cancels):
        name = f"cancelled {number}"
        task = asyncio.create_task(executor.run(unit(name, frames=6000, paced=True), said.append))
        while not ffmpegs(name):
            await asyncio.sleep(LOOK)
        begun = monotonic()
        task.cancel()
        while ffmpegs(name):
            await asyncio.sleep(LOOK)
        took.append(monotonic() - begun)
        await asyncio.gather(task, return_exceptions=True)
    await executor.aclose()
    confirmed = sum(event.kind == "stopped" for event in said)
    head = ["| cancels | confirmed | median | longest |", "| --- | --- | --- | --- |"]
    return [*head, f"| {cancels} | {confirmed} | {median(took):.3f} s | {max(took):.3f} s |"]


async def _pace(executor: Executor, units: int, name: str) -> float:
    """The seconds that so many units of two seconds take; the start apart, with the first unit of each slot."""
    await executor.start()
    slots = (await executor.capacity()).slots
    first = (unit(f"{name} first {number}", frames=10, paced=True) for number in range(slots))
    await asyncio.gather(*(executor.run(each, lambda _: None) for each in first))
    begun = monotonic()
    made = (unit(f"{name} {number}", frames=20, paced=True) for number in range(units))
    await asyncio.gather(*(executor.run(each, lambda _: None) for each in made))
    wall = monotonic() - begun
    await executor.aclose()
    return wall


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _new(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


if __name__ == "__main__":
    main()
