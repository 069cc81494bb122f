"""Snapshots in a store in memory: `python -m bench.snapshots [--saves N] [--hours N] [--megabytes N]`.

The bytes that a day of N small saves leaves in the store, computed from its first hours: thinning runs once an hour, so
that up to two hours of saves are all there. The time of a save and of a restore of a database of so many megabytes: a
save takes until it is acknowledged; the store takes no time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
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
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SAVES = 100
WIDE = "INSERT INTO raw_clips VALUES (?, ?, 'k', 'e', 1, '{}', NULL, NULL, 'now')"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.snapshots", description=__doc__)
    parser.add_argument("--saves", type=int, default=100_000, metavar="N", help="saves in a day")
    parser.add_argument("--hours", type=int, default=2, metavar="N", help="hours of the day that are played")
    parser.add_argument("--megabytes", type=int, default=90, metavar="N", help="size of the large database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        print("\n".join(asyncio.run(day(Path(place) / "day", options.saves, options.hours))))
    with tempfile.TemporaryDirectory() as place:
        print("\n".join(asyncio.run(_large(Path(place), options.megabytes << 20))))


async def day(place: Path, saves: int, hours: int) -> list[str]:
    """Save one of two clips again and again, for some hours of a day of so many saves; the bytes of the whole day."""
    store, stored = MemoryStore(), 0
    databases = Databases(store, place)
    await _begin(databases)
    count, pruned = saves * hours // 24, store.now
    for number in range(count):
        store.now += DAY / saves
        before = store.size()
        await _save(databases, number)
        stored += store.size() - before
        if store.now - pruned >= HOUR or number == count - 1:
            pruned = store.now
            async with databases.use(UID) as user_database:
                await prune(store, UID, store.now, user_database.sync.bases)
    await databases.close(60)
    last = sum(len(body) for body, modified in store.objects.values() if store.now - modified <= HOUR)
    earlier = (store.size() - last) / max(1, hours - 1)
    return [
        f"{hours} hours at {saves} saves a day, each of a clip with {KEYFRAMES} keyframes:",
        "",
        "| in the store | MB |",
        "| --- | --- |",
        f"| put | {stored / 1e6:.1f} |",
        f"| of the last hour | {last / 1e6:.1f} |",
        f"| of each earlier hour | {earlier / 1e6:.2f} |",
        f"| of a day, at most | {(2 * last + 23 * earlier) / 1e6:.1f} |",
    ]


async def _begin(databases: Databases) -> None:
    async def work(unit: Transaction) -> None:
        await projects.add(unit, {"id": "p", "name": "n", "aspect_ratio": "9:16", "settings": {}}, "now")
        await unit.run(WIDE, ("r", ""))

    async with databases.use(UID) as user_database:
        await user_database.write(work)


async def _save(databases: Databases, number: int) -> None:
    """The next version of one of two clips, as a request saves it."""
    clip, version = f"c_{number % 2}", 2 + number // 2
    row: clips.ClipVersion = {
        "project_id": "p",
        "clip_key": clip,
        "version": version,
        "sort_order": number % 2,
        "created_at": f"2026-11-20T12:00:00.{number}Z",
        "raw_clip_id": "r",
        "uploaded_filename": None,
        "name": clip,
        "edit": {**clips.UNTOUCHED, "crop_data": json.dumps(keyframes(number))},
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
    await _save(databases, -1)  # waits for the checkpoint of the fill
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
