"""A connection to a user's database: its pragmas, its migration, and the errors of SQLite by name."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import aiosqlite

from server.storage.migrations import BOOKS, STEPS
from server.threads import in_thread

P = ParamSpec("P")
T = TypeVar("T")

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


class DatabaseFailed(Exception):
    """The database failed, for example on a full disk or a damaged file; the unit of work is rolled back."""


class Broken(DatabaseFailed):
    """The file is damaged, or is not a database."""


class TooNew(DatabaseFailed):
    """The database was written by a newer server."""


async def connect(path: Path) -> aiosqlite.Connection:
    """A connection to the database at `path`, which is checked; Broken if it is damaged."""
    async with named():
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


async def migrate(writer: aiosqlite.Connection) -> None:
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


async def in_files(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """The result of work on the database's files, done in a thread; DatabaseFailed."""
    try:
        return await in_thread(work, *given, **named)
    except OSError as error:
        raise DatabaseFailed(f"the database's files cannot be read: {error}") from error


@asynccontextmanager
async def named() -> AsyncIterator[None]:
    """Raise SQLite's errors as DatabaseFailed or Broken; IntegrityError is for the caller to handle."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = Broken if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else DatabaseFailed
        raise kind(f"the database failed: {error}") from error
