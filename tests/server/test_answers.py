"""Stored answers under an Idempotency-Key: only the newest are kept, few enough for a small database."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from server.storage.database import Database, open_database
from server.tables import answers


async def _add(database: Database, key: str, size: int) -> None:
    await database.write(lambda unit: answers.add(unit, key, "hash", 200, json.dumps({"text": "x" * size}), "now"))


async def _kept(database: Database, count: int) -> list[int]:
    async with database.read() as reader:
        return [number for number in range(count) if await answers.get(reader, f"{number}")]


def test_the_newest_answers_are_kept_and_no_more_than_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST_HELD", 10_000)

    async def scene(database: Database) -> None:
        for number in range(50):
            await _add(database, f"{number}", 900)
        assert await _kept(database, 50) == list(range(40, 50))
        await _add(database, "50", 5000)
        assert await _kept(database, 51) == list(range(45, 51))
        await _add(database, "51", 20_000)
        assert await _kept(database, 52) == [51]
        await _add(database, "52", 100)
        assert await _kept(database, 53) == [52]

    async def whole() -> None:
        database = await open_database(tmp_path / "d")
        try:
            await scene(database)
        finally:
            await database.close()

    asyncio.run(whole())
