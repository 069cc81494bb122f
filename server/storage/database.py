"""One user's SQLite database: one writer, whole units of work, and knowing what was written.

A unit of work is a coroutine function of a `Transaction`. It runs under the writer's lock between BEGIN IMMEDIATE and
COMMIT, shielded: whoever awaits it may be cancelled, the unit runs to its end, or is rolled back if it raises. A unit
that wrote anything counts the head `n` up in the same transaction. Readers have a connection of their own and never
see half a unit.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from server.storage.migrations import BOOKS, STEPS

T = TypeVar("T")
Given = Sequence[Any]

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "busy_timeout = 5000",
    "trusted_schema = OFF",
)
"""A commit does not wait for the disk: answers wait for the object store, which is believed before the disk."""


class DatabaseFailed(Exception):
    """The database could not do it: a full disk, a broken file; nothing of the unit of work is left."""


class Broken(DatabaseFailed):
    """The file is no sound database."""


class TooNew(DatabaseFailed):
    """The database was written by a newer server."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a database is: `n` units written, `synced_n` of them in the object store, as snapshot `base`.

    `writer` is the opening of the database that wrote last: two databases of one writer are one the other's beginning.
    """

    n: int
    synced_n: int
    base: int
    writer: str


class Reader:
    """A connection that is asked: rows come as dictionaries.

    Each question is one trip to the connection's thread: trips, not SQLite, are what a small unit of work costs.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def all(self, sql: str, given: Given = ()) -> list[dict[str, Any]]:
        """Every row."""
        return [dict(row) for row in await self._connection.execute_fetchall(sql, given)]

    async def one(self, sql: str, given: Given = ()) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = await self.all(sql, given)
        return rows[0] if rows else None


class Transaction(Reader):
    """A unit of work under way. It knows whether it wrote."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        super().__init__(connection)
        self._before = connection.total_changes

    async def run(self, sql: str, given: Given = ()) -> int:
        """Run a statement that writes; how many rows it changed."""
        return (await self._connection.execute(sql, given)).rowcount

    @property
    def wrote(self) -> bool:
        """Whether any row was changed so far."""
        return self._connection.total_changes > self._before


class Database:
    """An open database; `open_database` makes one."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection, head: Head) -> None:
        self.path, self.n = path, head.n
        self._writer, self._reader, self._stored = writer, reader, head
        self._turn, self._reading = asyncio.Lock(), asyncio.Lock()
        self._units: set[asyncio.Task[Any]] = set()

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> tuple[T, int | None]:
        """What the unit of work returned, and the head it made; None if it wrote nothing.

        Raises what `work` raised, or DatabaseFailed, with nothing left of the unit.
        """
        unit = asyncio.ensure_future(self._unit(work))
        self._units.add(unit)
        unit.add_done_callback(self._units.discard)
        return await asyncio.shield(unit)

    def stored(self, head: Head) -> None:
        """So much is in the object store; the next unit writes it down with itself, and until then the store knows."""
        self._stored = head

    async def note(self, head: Head) -> None:
        """Write down what is in the object store. This counts no unit: it is about the file, not the edit."""
        self._stored = head
        async with self._turn, _named():
            sql = "UPDATE sync_head SET synced_n = ?, base = ?, writer = ?"
            await self._writer.execute_fetchall(sql, (head.synced_n, head.base, head.writer))

    async def head(self) -> Head:
        """How far it is, as last written down."""
        async with self.read() as reader:
            row = await reader.one("SELECT n, synced_n, base, writer FROM sync_head")
        assert row is not None, "every database has a head"
        return Head(**row)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        """One unchanging view of what was committed."""
        async with self._reading, _named():
            try:
                await self._reader.execute_fetchall("BEGIN")
                yield Reader(self._reader)
            finally:  # whoever is cancelled in here: the connection's thread does both, in this order, before any other
                with contextlib.suppress(sqlite3.OperationalError):
                    await asyncio.shield(self._reader.execute_fetchall("ROLLBACK"))

    async def image(self) -> tuple[int, bytes]:
        """A head and the whole database as of it, while others go on writing."""
        async with _named():
            return await asyncio.to_thread(_image, self.path)

    async def close(self) -> None:
        """End what is under way, then let go of the file and the threads."""
        await asyncio.gather(*self._units, return_exceptions=True)
        async with self._turn, self._reading:
            await self._reader.close()
            await self._writer.close()

    async def _unit(self, work: Callable[[Transaction], Awaitable[T]]) -> tuple[T, int | None]:
        async with self._turn, _named():
            await self._writer.execute_fetchall("BEGIN IMMEDIATE")
            unit = Transaction(self._writer)
            try:
                result = await work(unit)
                wrote = unit.wrote
                if wrote:
                    now = (self.n + 1, self._stored.synced_n, self._stored.base)
                    await unit.run("UPDATE sync_head SET n = ?, synced_n = ?, base = ?", now)
                await self._writer.execute_fetchall("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
                    await self._writer.execute_fetchall("ROLLBACK")
                raise
            if not wrote:
                return result, None
            self.n += 1
            return result, self.n


async def untouched(reader: Reader) -> bool:
    """Whether nothing was ever written."""
    row = await reader.one("SELECT n FROM sync_head")
    return row is not None and row["n"] == 0


async def open_database(path: Path) -> Database:
    """The database at `path`, made if it is not there, brought to the newest step.

    Raises Broken for a file that is damaged, TooNew for one of a newer server; neither is then changed.
    """
    writer = await _connect(path)
    try:
        reader = await _connect(path)
    except BaseException:
        await writer.close()
        raise
    try:
        async with _named():
            await _prepare(writer)
            (row,) = await writer.execute_fetchall("SELECT n, synced_n, base, writer FROM sync_head")
    except BaseException:
        await reader.close()
        await writer.close()
        raise
    return Database(path, writer, reader, Head(*row))


async def _connect(path: Path) -> aiosqlite.Connection:
    async with _named():
        connection = await aiosqlite.connect(path, isolation_level=None, cached_statements=256)
        connection.row_factory = sqlite3.Row
        try:
            for pragma in PRAGMAS:
                await connection.execute_fetchall(f"PRAGMA {pragma}")
            rows = list(await connection.execute_fetchall("PRAGMA quick_check(1)"))
        except BaseException:
            await connection.close()
            raise
    if tuple(rows[0]) != ("ok",):
        await connection.close()
        raise Broken(f"the database is damaged: {rows[0][0]}")
    return connection


async def _prepare(writer: aiosqlite.Connection) -> None:
    """The books, and every step not yet taken, all of them or none."""
    await writer.execute_fetchall("BEGIN IMMEDIATE")
    try:
        for statement in statements(BOOKS):
            await writer.execute_fetchall(statement)
        await writer.execute_fetchall("INSERT OR IGNORE INTO sync_head VALUES (1, 0, 0, 0, '')")
        taken = list(await writer.execute_fetchall("SELECT step FROM schema_version"))
        step = taken[0][0] if taken else 0
        if step > len(STEPS):
            raise TooNew(f"the database is at step {step}, this server knows {len(STEPS)}")
        for sql in STEPS[step:]:
            for statement in statements(sql):
                await writer.execute_fetchall(statement)
        if step < len(STEPS):
            await writer.execute_fetchall("DELETE FROM schema_version")
            await writer.execute_fetchall("INSERT INTO schema_version VALUES (?)", (len(STEPS),))
            if step:  # a database that holds something has changed; a new one has not
                await writer.execute_fetchall("UPDATE sync_head SET n = n + 1")
        await writer.execute_fetchall("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            await writer.execute_fetchall("ROLLBACK")
        raise


def statements(sql: str) -> list[str]:
    """The statements of a script, one by one: `executescript` would commit what is under way."""
    found, rest = [], ""
    for line in sql.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            found.append(rest.strip())
            rest = ""
    return found


def _image(path: Path) -> tuple[int, bytes]:
    """In one read transaction, so that head and image are of one moment."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("BEGIN")
        (n,) = connection.execute("SELECT n FROM sync_head").fetchone()
        return n, connection.serialize()
    finally:
        connection.close()


@asynccontextmanager
async def _named() -> AsyncIterator[None]:
    """SQLite's failures as ours; what a constraint refuses is the caller's to handle."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = Broken if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else DatabaseFailed
        raise kind(f"the database failed: {error}") from error
