"""The pages that changed are known without reading the database, after any writes, rollbacks and checkpoints."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.storage import images
from server.storage.database import Database, Transaction, open_database

ADD = "INSERT INTO raw_clips VALUES (?, ?, 'k', 'e', 1, '{}', NULL, NULL, 'now')"


class Copy:
    """An image that follows a database by its changed pages alone."""

    def __init__(self, image: bytes) -> None:
        self.image, self.size = bytearray(image), images.page_size_of(image)
        self.digests = images.digests_of(image, self.size)

    async def follow(self, database: Database) -> int:
        """Apply what changed; return the number of pages."""
        _, changed = await database.changes()
        assert changed is not None
        count = database.pages.count
        new = range(len(self.image) // self.size + 1, count + 1)
        pages = await database.content({number for number in changed if number <= count} | set(new))
        images.apply_pages(self.image, images.compressed_pages(pages), self.size, count)
        self.digests = images.updated(self.digests, pages, count)
        return len(pages)


def run(path: Path, scene: Callable[[Database], Awaitable[None]]) -> None:
    async def whole() -> None:
        database = await open_database(path / "d")
        try:
            await scene(database)
        finally:
            await database.close()

    asyncio.run(whole())


async def some_writes(database: Database, chance: random.Random, turn: int) -> None:
    async def work(unit: Transaction) -> None:
        for number in range(chance.choice((1, 3, 20))):
            text = chance.randbytes(chance.choice((10, 500, 9000))).hex()
            await unit.run(ADD, (f"{turn}-{number}", text))
        if chance.random() < 0.3:
            await unit.run("DELETE FROM raw_clips WHERE rowid % 3 = ?", (chance.randrange(3),))
        if chance.random() < 0.2:
            raise KeyError("rolled back")

    with contextlib.suppress(KeyError):
        await database.write(work)


@pytest.mark.parametrize("seed", range(2))
def test_a_copy_of_changed_pages_is_the_database(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)

    async def scene(database: Database) -> None:
        await database.changes()
        copy = Copy((await database.image())[1])
        for turn in range(12):
            for _ in range(chance.choice((0, 1, 2))):
                await some_writes(database, chance, turn * 10 + _)
            match chance.randrange(6):
                case 0:
                    await database.checkpoint()
                case 1:
                    await database._writer.execute_fetchall("VACUUM")
            await copy.follow(database)
            assert database.pages.count * copy.size == len(copy.image)
            assert copy.digests == images.digests_of(copy.image, copy.size)
            dump(copy.image, (await database.image())[1])

    run(tmp_path, scene)


def test_a_wal_that_was_begun_anew_is_noticed(tmp_path: Path) -> None:
    """What was in it is not known."""

    async def scene(database: Database) -> None:
        await database.changes()
        await database.write(lambda unit: unit.run(ADD, ("a", "")))
        await database.changes()
        await database.write(lambda unit: unit.run(ADD, ("b", "")))
        await database._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
        await database.write(lambda unit: unit.run(ADD, ("c", "")))
        assert (await database.changes()) == (3, None)
        await database.write(lambda unit: unit.run(ADD, ("d", "")))
        assert (await database.changes())[1]

    run(tmp_path, scene)


def dump(image: bytearray, other: bytes) -> None:
    """Both are whole, and have the same content."""
    both = []
    for each in (bytes(image), other):
        database = sqlite3.connect(":memory:")
        database.deserialize(each[:18] + bytes([1, 1]) + each[20:])
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        both.append(list(database.iterdump()))
        database.close()
    assert both[0] == both[1]
