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
from typing import Any, ParamSpec, TypeVar

import aiosqlite

from server.storage.migrations import BOOKS, STEPS
from server.storage.pages import Pages
from server.threads import in_thread

P = ParamSpec("P")
T = TypeVar("T")
Given = Sequence[Any]

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "busy_timeout = 5000",
    "trusted_schema = OFF",
    "secure_delete = ON",
    "wal_autocheckpoint = 0",
)
"""A commit does not wait for the disk: answers wait for the object store, whose snapshot takes precedence.

Deleted content is overwritten with zeros. Only `checkpoint` empties the WAL, after its changes were noted.
"""

FREE = "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count"
USED = (
    "SELECT (page_count - freelist_count) * page_size AS bytes"
    " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
)
MOST_FREE, MOST_FREE_SHARE = 64, 4
"""Free pages that a file may have, and one in how many may be free, before it is made smaller."""


class DatabaseFailed(Exception):
    """The database failed, for example on a full disk or a damaged file; the unit of work is rolled back."""


class Broken(DatabaseFailed):
    """The file is damaged, or is not a database."""


class TooNew(DatabaseFailed):
    """The database was written by a newer server."""


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
        unit = asyncio.ensure_future(self._unit(work))
        self._units.add(unit)
        unit.add_done_callback(self._units.discard)
        return await asyncio.shield(unit)

    def stored(self, head: Head) -> None:
        """Record that `head` is in the object store; the next unit writes it to the database."""
        self._stored = head

    async def note(self, head: Head) -> None:
        """Write the state of the object store to the database now, without incrementing `n`."""
        self._stored = head
        async with self._turn, _named():
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
        async with self._reading, _named():
            try:
                await self._reader.execute_fetchall("BEGIN")
                yield Reader(self._reader)
            finally:  # also after a cancellation: the connection's thread runs BEGIN and ROLLBACK, in order
                with contextlib.suppress(sqlite3.OperationalError):
                    await asyncio.shield(self._reader.execute_fetchall("ROLLBACK"))

    async def image(self) -> tuple[int, bytes]:
        """A head `n` and the whole database at that head; writes continue meanwhile, reads wait.

        Taken from the open connection: the file at the path may be another one by now. `pages` then counts changes
        from that head on.
        """
        async with contextlib.AsyncExitStack() as stack:
            async with self._turn:
                reader = await stack.enter_async_context(self.read())
                row = await reader.one("SELECT n FROM sync_head")
                assert row is not None, "every database has a head"
                await _in_files(self.pages.scan)
                self.pages.taken()
            return row["n"], await reader.serialized()

    async def content(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """The content of pages at the head of the last call of `changes`; DatabaseFailed."""
        return await _in_files(self.pages.read, numbers)

    async def changes(self) -> tuple[int, set[int] | None]:
        """A head `n`, and the pages that changed from the last call or image to that head; None if that is not known.

        `content` has the pages at that head, until the next call.
        """
        async with self._turn:
            await _in_files(self.pages.scan)
            return self.n, self.pages.taken()

    async def checkpoint(self) -> None:
        """Move the WAL's content into the database file, and empty the WAL."""
        async with self._turn, self._reading, _named():
            await _in_files(self.pages.scan)
            ((busy, *_),) = await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            if not busy:
                await _in_files(self.pages.restart)

    async def vacuum(self) -> int | None:
        """Make the file smaller if much of it is free, as a unit of work; return its head, None if little is free."""
        async with self._turn, self._reading, _named():
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
    """Whether the database was never written to."""
    row = await reader.one("SELECT n FROM sync_head")
    return row is not None and row["n"] == 0


async def open_database(path: Path) -> Database:
    """Open the database at `path`, creating it if necessary, and migrate it to the newest step.

    Raises Broken for a damaged file, TooNew for the file of a newer server, and leaves either unchanged.
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
            pages = await _in_files(Pages, path)
    except BaseException:
        await reader.close()
        await writer.close()
        raise
    return Database(path, writer, reader, Head(*row), pages)


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
    """Create the bookkeeping tables and apply all outstanding migrations, in one transaction."""
    await writer.execute_fetchall("BEGIN IMMEDIATE")
    try:
        for statement in statements(BOOKS):
            await writer.execute_fetchall(statement)
        await writer.execute_fetchall("INSERT OR IGNORE INTO sync_head VALUES (1, 0, 0, 0, '')")
        taken = list(await writer.execute_fetchall("SELECT step FROM schema_version"))
        step = taken[0][0] if taken else 0
        if step > len(STEPS):
            raise TooNew(f"the database is at step {step}; this server knows steps up to {len(STEPS)}")
        for sql in STEPS[step:]:
            for statement in statements(sql):
                await writer.execute_fetchall(statement)
        if step < len(STEPS):
            await writer.execute_fetchall("DELETE FROM schema_version")
            await writer.execute_fetchall("INSERT INTO schema_version VALUES (?)", (len(STEPS),))
            if step:  # a migrated database is a change to upload; a new one is not
                await writer.execute_fetchall("UPDATE sync_head SET n = n + 1")
        await writer.execute_fetchall("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            await writer.execute_fetchall("ROLLBACK")
        raise


def statements(sql: str) -> list[str]:
    """The statements of a script one by one, because `executescript` would commit the open transaction."""
    found, rest = [], ""
    for line in sql.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            found.append(rest.strip())
            rest = ""
    return found


async def _in_files(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """The result of work on the database's files, done in a thread; DatabaseFailed."""
    try:
        return await in_thread(work, *given, **named)
    except OSError as error:
        raise DatabaseFailed(f"the database's files cannot be read: {error}") from error


@asynccontextmanager
async def _named() -> AsyncIterator[None]:
    """Raise SQLite's errors as DatabaseFailed or Broken; IntegrityError is for the caller to handle."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = Broken if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else DatabaseFailed
        raise kind(f"the database failed: {error}") from error
