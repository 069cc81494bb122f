"""Snapshots in a store in memory: `python -m bench.snapshots [--saves N] [--megabytes N]`.

The bytes that a day of N small saves leaves in the store, at one moment every hour, and the time of a save and of a
restore of a database of so many megabytes. A save's time is that until it is acknowledged; the store takes none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from bench.saves import KEPT, KEYFRAMES, keyframes
from server.storage.database import Transaction
from server.storage.tenants import Databases
from server.storage.thinning import prune
from server.tables import clips, projects
from tests.server.memory import MemoryStore

UID = "ann"
DAY = timedelta(days=1)
SAVES = 100
WIDE = "INSERT INTO raw_clips VALUES (?, ?, 'k', 'e', 1, '{}', NULL, NULL, 'now')"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.snapshots", description=__doc__)
    parser.add_argument("--saves", type=int, default=2000, metavar="N", help="saves in a day")
    parser.add_argument("--megabytes", type=int, default=90, metavar="N", help="size of the large database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        print("\n".join(asyncio.run(day(Path(place) / "day", options.saves, DAY / options.saves)).lines()))
    with tempfile.TemporaryDirectory() as place:
        print("\n".join(asyncio.run(_large(Path(place), options.megabytes << 20))))


class Day:
    """The bytes in the store at the end of each hour, and at most."""

    def __init__(self, saves: int) -> None:
        self.saves, self.hours, self.most, self.stored = saves, list[int](), 0, 0

    def lines(self) -> Iterator[str]:
        """The table."""
        yield f"{self.saves} saves in a day, each of a clip with {KEYFRAMES} keyframes:"
        yield ""
        yield "| in the store | MB |"
        yield "| --- | --- |"
        yield f"| put in all | {self.stored / 1e6:.1f} |"
        yield f"| at the end | {self.hours[-1] / 1e6:.1f} |"
        yield f"| at most | {self.most / 1e6:.1f} |"


async def day(place: Path, saves: int, every: timedelta) -> Day:
    """Save one of two clips again and again on a clock that the bench sets."""
    store, result = MemoryStore(), Day(saves)
    databases = Databases(store, place)
    await _begin(databases)
    pruned = store.now
    for number in range(saves):
        store.now += every
        before = store.size()
        await _save(databases, number)
        result.stored += store.size() - before
        if store.now - pruned >= timedelta(hours=1) or number == saves - 1:
            result.most, pruned = max(result.most, store.size()), store.now
            async with databases.use(UID) as user_database:
                await prune(store, UID, store.now, user_database.sync.bases)
            result.hours.append(store.size())
    await databases.close(60)
    return result


async def _begin(databases: Databases) -> None:
    async def work(unit: Transaction) -> None:
        await projects.add(unit, {"id": "p", "name": "n", "aspect_ratio": "9:16", "settings": {}}, "now")
        await unit.run(WIDE, ("r", ""))

    async with databases.use(UID) as user_database:
        await user_database.write(work)


async def _save(databases: Databases, number: int) -> None:
    """The next version of one of two clips, as a request saves it."""
    clip, version = f"c_{number % 2}", 1 + number // 2
    row: clips.ClipVersion = {
        "project_id": "p",
        "clip_key": clip,
        "version": version,
        "sort_order": number % 2,
        "created_at": f"2026-11-20T12:00:00.{number}Z",
        "raw_clip_id": "r",
        "uploaded_filename": None,
        "name": clip,
        "edit": clips.UNTOUCHED | {"crop_data": json.dumps(keyframes(number))},
    }

    async def work(unit: Transaction) -> None:
        await clips.add(unit, row)
        await clips.prune(unit, "p", clip, KEPT)

    async with databases.use(UID) as user_database:
        _, n = await user_database.write(work)
        assert n is not None
        await user_database.durable(n, 60)


async def _large(place: Path, size: int) -> list[str]:
    store = MemoryStore()
    databases = Databases(store, place / "local")
    await _begin(databases)
    await _fill(databases, size)
    times, stored = [], store.size()
    for number in range(SAVES):
        begin = perf_counter()
        await _save(databases, number)
        times.append(1000 * (perf_counter() - begin))
    delta = (store.size() - stored) / SAVES
    await databases.close(60)
    begin = perf_counter()
    again = Databases(store, place / "another")
    async with again.use(UID) as user_database:
        restored = perf_counter() - begin
        megabytes = user_database.database.path.stat().st_size / 1e6
    await again.close(60)
    return [
        "",
        f"A database of {megabytes:.0f} MB, {SAVES} saves:",
        "",
        f"| a save, median | {statistics.median(times):.1f} ms |",
        "| --- | --- |",
        f"| a save, longest | {max(times):.1f} ms |",
        f"| bytes of a delta | {delta / 1000:.1f} kB |",
        f"| restored and opened | {restored:.2f} s |",
    ]


async def _fill(databases: Databases, size: int) -> None:
    """Rows of random text up to this size."""
    chance = random.Random(1)

    async def work(unit: Transaction) -> None:
        for number in range(size // 16_000):
            await unit.run(WIDE, (f"row{number}", chance.randbytes(8000).hex()))

    async with databases.use(UID) as user_database:
        await user_database.write(work)
        await user_database.durable(user_database.database.n, 60)


if __name__ == "__main__":
    main()
