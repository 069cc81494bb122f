"""Units of work: whole or nothing, one at a time, also when callers are cancelled; and notices of what was written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from server.storage import connection as module
from server.storage.connection import statements
from server.storage.database import (
    Broken,
    Database,
    DatabaseFailed,
    Head,
    Reader,
    TooNew,
    Transaction,
    open_database,
)
from server.storage.migrations import STEPS
from server.tables import exports

INSERT = "INSERT INTO raw_clips VALUES (?, 'n', 'k', 'e', 1, '{}', NULL, NULL, 'now')"


def run(path: Path, scene: Callable[[Database], Awaitable[None]]) -> None:
    async def whole() -> None:
        database = await open_database(path)
        try:
            await scene(database)
        finally:
            await database.close()

    asyncio.run(whole())


def adding(name: str) -> Callable[[Transaction], Awaitable[int]]:
    async def work(unit: Transaction) -> int:
        return await unit.run(INSERT, (name,))

    return work


async def names(database: Database) -> list[str]:
    async with database.read() as reader:
        return [row["id"] for row in await reader.all("SELECT id FROM raw_clips ORDER BY id")]


def test_a_unit_that_wrote_counts_the_head_up(tmp_path: Path) -> None:
    async def scene(database: Database) -> None:
        assert await database.write(adding("a")) == (1, 1)
        assert await database.write(adding("b")) == (1, 2)
        assert (await database.head()).n == database.n == 2
        assert await names(database) == ["a", "b"]

    run(tmp_path / "d", scene)


def test_a_unit_that_only_asks_counts_nothing(tmp_path: Path) -> None:
    async def asking(unit: Transaction) -> list[dict[str, Any]]:
        assert not unit.wrote
        return await unit.all("SELECT * FROM raw_clips")

    async def changing_nothing(unit: Transaction) -> int:
        return await unit.run("UPDATE raw_clips SET name = 'x' WHERE id = 'no such'")

    async def scene(database: Database) -> None:
        assert await database.write(asking) == ([], None)
        assert await database.write(changing_nothing) == (0, None)
        assert database.n == 0

    run(tmp_path / "d", scene)


def test_nothing_is_left_of_a_unit_that_raises(tmp_path: Path) -> None:
    async def failing(unit: Transaction) -> None:
        await unit.run(INSERT, ("half",))
        raise LookupError

    async def scene(database: Database) -> None:
        with pytest.raises(LookupError):
            await database.write(failing)
        assert await names(database) == []
        assert await database.write(adding("a")) == (1, 1)

    run(tmp_path / "d", scene)


def test_a_broken_constraint_is_told_apart_and_leaves_nothing(tmp_path: Path) -> None:
    async def scene(database: Database) -> None:
        await database.write(adding("a"))
        with pytest.raises(sqlite3.IntegrityError):
            await database.write(adding("a"))
        with pytest.raises(DatabaseFailed):
            await database.write(lambda unit: unit.run("no SQL"))
        assert database.n == 1

    run(tmp_path / "d", scene)


def test_a_unit_whose_caller_is_cancelled_runs_to_its_end(tmp_path: Path) -> None:
    """Cancel after n turns of the loop, for every n: the whole unit is stored or none of it, and no unit stays open."""

    async def two(unit: Transaction) -> None:
        count = len(await unit.all("SELECT 1 FROM raw_clips"))
        await unit.run(INSERT, (f"{count:04}",))
        await asyncio.sleep(0)
        await unit.run(INSERT, (f"{count + 1:04}",))

    async def scene(database: Database) -> None:
        for turns in range(40):
            task = asyncio.create_task(database.write(two))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await database.write(two)
            found = await names(database)
            assert len(found) == 2 * database.n

    run(tmp_path / "d", scene)


def test_a_reader_that_is_cancelled_leaves_the_next_one_alone(tmp_path: Path) -> None:
    async def scene(database: Database) -> None:
        await database.write(adding("a"))
        for turns in range(30):
            task = asyncio.create_task(names(database))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await names(database) == ["a"]

    run(tmp_path / "d", scene)


def test_units_of_many_tasks_do_not_mix(tmp_path: Path) -> None:
    async def scene(database: Database) -> None:
        async def one(number: int) -> None:
            async def work(unit: Transaction) -> None:
                await unit.run(INSERT, (f"{number:03}a",))
                await asyncio.sleep(0)
                if number % 3 == 0:
                    raise LookupError
                await unit.run(INSERT, (f"{number:03}b",))

            await database.write(work)

        await asyncio.gather(*(one(number) for number in range(60)), return_exceptions=True)
        kept = [number for number in range(60) if number % 3]
        assert await names(database) == [f"{number:03}{half}" for number in kept for half in "ab"]
        assert database.n == len(kept)

    run(tmp_path / "d", scene)


def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    async def scene(database: Database) -> None:
        await database.write(adding("a"))
        async with database.read() as reader:
            before = await reader.all("SELECT id FROM raw_clips")
            await database.write(adding("b"))
            assert await reader.all("SELECT id FROM raw_clips") == before
        assert await names(database) == ["a", "b"]

    run(tmp_path / "d", scene)


def test_an_image_is_of_one_moment_and_opens(tmp_path: Path) -> None:
    async def scene(database: Database) -> None:
        stop = asyncio.Event()

        async def writing() -> None:
            number = 0
            while not stop.is_set():
                await database.write(adding(f"{number:05}"))
                number += 1

        writer = asyncio.create_task(writing())
        for turn in range(10):
            n, image = await database.image()
            (tmp_path / f"copy{turn}").write_bytes(image)
            copy = await open_database(tmp_path / f"copy{turn}")
            assert (await copy.head()).n == n == len(await names(copy))
            await copy.close()
            while database.n == n:
                await asyncio.sleep(0)
        stop.set()
        await writer

    run(tmp_path / "d", scene)


def test_an_image_is_of_the_database_that_was_opened(tmp_path: Path) -> None:
    """Another process may have put its own file under the path."""

    async def scene(database: Database) -> None:
        await database.write(adding("ours"))
        other = await open_database(tmp_path / "other")
        await other.write(adding("theirs"))
        await other.close()
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"d{suffix}").unlink()
        (tmp_path / "other").replace(tmp_path / "d")
        await database.write(adding("ours too"))
        n, image = await database.image()
        (tmp_path / "copy").write_bytes(image)
        copy = await open_database(tmp_path / "copy")
        found = await names(copy)
        await copy.close()
        assert (n, found) == (2, ["ours", "ours too"])

    run(tmp_path / "d", scene)


def test_what_is_noted_is_no_unit(tmp_path: Path) -> None:
    async def scene(database: Database) -> None:
        await database.write(adding("a"))
        await database.note(Head(99, 1, 7, "me"))
        assert await database.head() == Head(1, 1, 7, "me")

    run(tmp_path / "d", scene)


def test_a_file_that_is_no_database_is_broken_and_stays(tmp_path: Path) -> None:
    (tmp_path / "d").write_bytes(b"not a database, and long enough to be looked at" * 100)
    with pytest.raises(Broken):
        run(tmp_path / "d", lambda database: asyncio.sleep(0))
    assert (tmp_path / "d").read_bytes().startswith(b"not a database")


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    async def fill(database: Database) -> None:
        for number in range(300):
            await database.write(adding(f"{number}" * 20))

    run(tmp_path / "d", fill)
    image = bytearray((tmp_path / "d").read_bytes())
    image[8192:20480] = b"\xff" * 12288
    (tmp_path / "d").write_bytes(image)
    with pytest.raises(Broken):
        run(tmp_path / "d", lambda database: asyncio.sleep(0))


def test_every_older_database_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Update from every step to the last, and to one more that this test adds; contents stay, and the change counts."""
    extra = "ALTER TABLE raw_clips ADD COLUMN note TEXT NOT NULL DEFAULT 'none';\nCREATE TABLE more (a) STRICT;"
    later = (*STEPS, extra.replace("(a)", "(a TEXT)"))
    for step in range(1, len(later)):
        path = tmp_path / f"step{step}"
        monkeypatch.setattr(module, "STEPS", later[:step])
        run(path, lambda database: database.write(adding("kept")))  # type: ignore[arg-type, return-value]
        monkeypatch.setattr(module, "STEPS", later)

        async def scene(database: Database) -> None:
            assert database.n == 2
            async with database.read() as reader:
                assert await reader.one("SELECT id, note FROM raw_clips") == {"id": "kept", "note": "none"}

        run(path, scene)
        run(path, scene)


MADE = (
    "INSERT INTO projects VALUES ('p', 'n', '9:16', '{}', NULL, 'now', 'now')",
    "INSERT INTO working_videos VALUES ('v', 'p', 'a \"film\".mp4', 'k', 1, 1.0, 1, 1, 's', 'i', 'now')",
    "INSERT INTO exports (export_id, project_id, state, stage, attempt, request_hash, working_video_id, created_at)"
    " VALUES ('made', 'p', 'complete', 'complete', 1, 'h', 'v', 'now'), ('not', 'p', 'error', 's', 1, 'h', NULL, '')",
)


def test_exports_of_an_older_database_know_their_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def make(database: Database) -> None:
        for sql in MADE:
            await database.write(lambda unit: unit.run(sql))  # noqa: B023

    async def look(database: Database) -> None:
        async with database.read() as reader:
            made, other = await exports.get(reader, "made"), await exports.get(reader, "not")
        assert made
        assert other
        assert (made["result"], other["result"]) == ({"working_video_id": "v", "filename": 'a "film".mp4'}, None)

    monkeypatch.setattr(module, "STEPS", STEPS[:2])
    run(tmp_path / "d", make)
    monkeypatch.undo()
    run(tmp_path / "d", look)


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "d", lambda database: database.write(adding("kept")))  # type: ignore[arg-type, return-value]
    monkeypatch.setattr(module, "STEPS", (*STEPS, "CREATE TABLE more (a TEXT);\nCREATE TABLE more (a TEXT);"))
    with pytest.raises(DatabaseFailed):
        run(tmp_path / "d", lambda database: asyncio.sleep(0))
    monkeypatch.undo()

    async def scene(database: Database) -> None:
        assert await names(database) == ["kept"]
        async with database.read() as reader:
            assert await reader.one("SELECT 1 FROM sqlite_master WHERE name = 'more'") is None

    run(tmp_path / "d", scene)


def test_a_newer_database_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(module, "STEPS", (*STEPS, "CREATE TABLE more (a TEXT);"))
        run(tmp_path / "d", lambda database: asyncio.sleep(0))
    with pytest.raises(TooNew):
        run(tmp_path / "d", lambda database: asyncio.sleep(0))


def test_foreign_keys_hold(tmp_path: Path) -> None:
    sql = (
        "INSERT INTO exports (export_id, project_id, state, stage, attempt, request_hash, created_at)"
        " VALUES ('e', 'no project', 'queued', 'queued', 1, '', 'now')"
    )

    async def scene(database: Database) -> None:
        with pytest.raises(sqlite3.IntegrityError):
            await database.write(lambda unit: unit.run(sql))

    run(tmp_path / "d", scene)


def test_statements_are_split_where_they_end() -> None:
    script = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\nSELECT ';';\n"
    assert [text.split()[0] for text in statements(script)] == ["CREATE", "SELECT"]


def test_readers_give_dictionaries(tmp_path: Path) -> None:
    async def scene(database: Database) -> None:
        async with database.read() as reader:
            assert isinstance(reader, Reader)
            assert await reader.one("SELECT 1 AS a, 'x' AS b") == {"a": 1, "b": "x"}
            assert await reader.one("SELECT 1 WHERE 0") is None

    run(tmp_path / "d", scene)


def test_the_durations_of_exports_are_the_projects_else_the_users(tmp_path: Path) -> None:
    async def look(database: Database) -> None:
        for project_id in ("p", "q"):
            await database.write(lambda unit: unit.run(MADE[0].replace("'p'", f"'{project_id}'")))  # noqa: B023
        for number, (project_id, pace) in enumerate([("p", 2.0), ("q", 3.0), ("p", 4.0), ("q", None)]):
            row = f"('e{number}', '{project_id}', 'complete', 'complete', 1, 'h', 'now', {pace or 'NULL'})"
            names = "(export_id, project_id, state, stage, attempt, request_hash, created_at, pace)"
            await database.write(lambda unit: unit.run(f"INSERT INTO exports {names} VALUES {row}"))  # noqa: B023
        async with database.read() as reader:
            found = [await exports.paces(reader, project_id) for project_id in ("p", "q", "r")]
        assert found == [[4.0, 2.0], [3.0], [4.0, 3.0, 2.0]]

    run(tmp_path / "d", look)
