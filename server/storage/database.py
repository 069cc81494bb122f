"""A user's SQLite database: one writer, atomic units of work, and a count of the writes.

A unit of work is a coroutine function of a `Transaction`. It runs under the writer's lock between BEGIN IMMEDIATE and
COMMIT, shielded: when its caller is cancelled, the unit still runs to its end; it is rolled back if it raises. A unit
that writes increments the head `n` in the same transaction. Readers have a connection of their own and never see a
part of a unit.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from server.storage.connection import Broken, DatabaseFailed, TooNew, connect, in_files, migrate, named
from server.storage.pages import Pages
from server.tasks import going_on
from server.threads import in_thread

__all__ = ["Broken", "Database", "DatabaseFailed", "Head", "Reader", "TooNew", "Transaction", "open_database"]

T = TypeVar("T")
Given = Sequence[Any]

FREE = "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count"
USED = (
    "SELECT (page_count - freelist_count) * page_size AS bytes"
    " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
)
MOST_FREE, MOST_FREE_SHARE = 64, 4
"""Free pages that a file may have, and one in how many may be free, before it is made smaller."""


@dataclass(frozen=True, slots=True)
class Head:
    """The state of a database: `n` units written, `synced_n` of them in the object store, as snapshot `base`.

    `writer` identifies the last opening of the database: of two databases with one writer, the one with the lower `n`
    is an earlier state of the other.
    """

    n: int
    synced_n: int
    base: int
    writer: str


class Reader:
    """A connection for queries; rows are dictionaries.

    Each query is one trip to the connection's thread: the trips, not SQLite, dominate the cost of a small unit of work.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def all(self, sql: str, given: Given = ()) -> list[dict[str, Any]]:
        """All rows of the result."""
        return [dict(row) for row in await self._connection.execute_fetchall(sql, given)]

    async def one(self, sql: str, given: Given = ()) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = await self.all(sql, given)
        return rows[0] if rows else None

    async def used(self) -> int:
        """The bytes of the database's pages that have content."""
        row = await self.one(USED)
        assert row is not None, "every database has pages"
        return int(row["bytes"])

    async def serialized(self) -> bytes:
        """The whole database as this connection sees it."""
        connection = self._connection
        # aiosqlite has no method for this
        image: bytes = await connection._execute(connection._conn.serialize)  # type: ignore[no-untyped-call]
        return image


class Transaction(Reader):
    """The connection of a running unit of work."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        super().__init__(connection)
        self._before = connection.total_changes

    async def run(self, sql: str, given: Given = ()) -> int:
        """Run a statement that writes; return the number of rows it changed."""
        return (await self._connection.execute(sql, given)).rowcount

    @property
    def wrote(self) -> bool:
        """Whether the unit has changed any row so far."""
        return self._connection.total_changes > self._before


class Database:
    """An open database, made by `open_database`."""

    def __init__(
        self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection, head: Head, pages: Pages
    ) -> None:
        self.path, self.n, self.pages = path, head.n, pages
        self._writer, self._reader, self._stored = writer, reader, head
        self._turn, self._reading = asyncio.Lock(), asyncio.Lock()
        self._units: set[asyncio.Task[Any]] = set()

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> tuple[T, int | None]:
        """Run a unit of work; return its result and its head, which is None if it wrote nothing.

        Raises the exception of `work`, or DatabaseFailed; the unit is then rolled back.
        """
        return await going_on(self._unit(work), self._units)

    def stored(self, head: Head) -> None:
        """Record that `head` is in the object store; the next unit writes it to the database."""
        self._stored = head

    async def note(self, head: Head) -> None:
        """Write the state of the object store to the database now, without incrementing `n`."""
        self._stored = head
        async with self._turn, named():
            sql = "UPDATE sync_head SET synced_n = ?, base = ?, writer = ?"
            await self._writer.execute_fetchall(sql, (head.synced_n, head.base, head.writer))

    async def head(self) -> Head:
        """The head as written in the database."""
        async with self.read() as reader:
            row = await reader.one("SELECT n, synced_n, base, writer FROM sync_head")
        assert row is not None, "every database has a head"
        return Head(**row)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        """A reader of one snapshot of the committed data."""
        async with self._reading, named():
            try:
                await self._reader.execute_fetchall("BEGIN")
                yield Reader(self._reader)
            finally:  # also after a cancellation: the connection's thread runs BEGIN and ROLLBACK, in order
                with contextlib.suppress(sqlite3.OperationalError):
                    await asyncio.shield(self._reader.execute_fetchall("ROLLBACK"))

    async def image(self) -> tuple[int, bytes]:
        """A head `n` and the whole database at that head; writes continue meanwhile, reads wait.

        Taken from the open connection: the file at the path may be another one by now.
        """
        async with self.read() as reader:
            row = await reader.one("SELECT n FROM sync_head")
            assert row is not None, "every database has a head"
            return row["n"], await reader.serialized()

    async def content(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """The content of pages at the head of the last call of `changes`; DatabaseFailed."""
        return await in_files(self.pages.read, numbers)

    async def changes(self) -> tuple[int, set[int] | None]:
        """A head `n`, and the pages that changed from the last call to that head; None if that is not known.

        `content` has the pages at that head, until the next call.
        """
        async with self._turn:
            await in_files(self.pages.scan)
            return self.n, self.pages.taken()

    async def checkpoint(self) -> None:
        """Move the WAL's content into the database file, and empty the WAL."""
        async with self._turn, self._reading, named():
            await in_files(self.pages.scan)
            ((busy, *_),) = await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            if not busy:
                await in_files(self.pages.restart)

    async def vacuum(self) -> int | None:
        """Make the file smaller if much of it is free, as a unit of work; return its head, None if little is free."""
        async with self._turn, self._reading, named():
            ((free, pages),) = await self._writer.execute_fetchall(FREE)
            if free < MOST_FREE or free * MOST_FREE_SHARE < pages:
                return None
            await self._writer.execute_fetchall("VACUUM")
            await self._writer.execute_fetchall("UPDATE sync_head SET n = ?", (self.n + 1,))
            self.n += 1
            return self.n

    async def close(self) -> None:
        """Wait for running units, then close the connections and end their threads."""
        await asyncio.gather(*self._units, return_exceptions=True)
        async with self._turn, self._reading:
            await self._reader.close()
            await self._writer.close()
            await in_thread(self.pages.close)  # after the connections, whose locks it would drop

    async def _unit(self, work: Callable[[Transaction], Awaitable[T]]) -> tuple[T, int | None]:
        async with self._turn, named():
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
    """Whether the database was never written to."""
    row = await reader.one("SELECT n FROM sync_head")
    return row is not None and row["n"] == 0


async def open_database(path: Path) -> Database:
    """Open the database at `path`, creating it if necessary, and migrate it to the newest step.

    Raises Broken for a damaged file, TooNew for the file of a newer server, and leaves either unchanged.
    """
    writer = await connect(path)
    try:
        reader = await connect(path)
    except BaseException:
        await writer.close()
        raise
    pages = Pages(path)
    try:
        async with named():
            await migrate(writer)
            (row,) = await writer.execute_fetchall("SELECT n, synced_n, base, writer FROM sync_head")
            await in_files(pages.open)
    except BaseException:
        await reader.close()
        await writer.close()
        pages.close()
        raise
    return Database(path, writer, reader, Head(*row), pages)


async def open_with_head(path: Path) -> tuple[Database, Head]:
    """Open the database at `path`, see `open_database`, and read its head."""
    database = await open_database(path)
    try:
        return database, await database.head()
    except BaseException:
        await database.close()
        raise
