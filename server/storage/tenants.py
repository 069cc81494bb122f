"""The user databases: opened on first use, restored from the store when not local, closed when idle or for others."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from server.ages import Seconds, awake
from server.ids import is_name
from server.logs import logger
from server.storage import snapshots, thinning
from server.storage.chain import remember
from server.storage.database import Broken, Database, DatabaseFailed, Head, open_with_head
from server.storage.files import delete_aside, put_aside, remove_local, write_image
from server.storage.leases import Leases
from server.storage.marks import Lost, newest, note_restored, was_removed
from server.storage.objects import ObjectStore, StoreFailed
from server.storage.repair import check_newest, new_database, store_lost
from server.storage.room import Room
from server.storage.snapshots import Damaged
from server.storage.sync import Fenced, NotDurable, Sync
from server.storage.terms import Elsewhere
from server.storage.unshared import Unshared
from server.storage.user_database import Overdue, UserDatabase
from server.tasks import going_on
from server.threads import in_thread

__all__ = ["Databases", "Overdue", "UserDatabase"]


class Databases:
    """The user databases, each open at most once."""

    def __init__(
        self,
        store: ObjectStore,
        local: Path,
        *,
        refuse_after: float = 30,
        idle_after: float = 900,
        most: int = 64,
        clock: Seconds = awake,
        leases: Leases | Unshared | None = None,
    ) -> None:
        self.store, self.local, self.leases = store, local, leases or Unshared()
        self._refuse_after, self._idle_after, self._clock = refuse_after, idle_after, clock
        self._open: dict[str, UserDatabase] = {}
        self._room = Room(most, self._open, self._close_unused)
        self._turns: dict[str, asyncio.Lock] = {}
        self._resumed: set[str] = set()
        self._openings: set[asyncio.Task[Any]] = set()
        self._ended = False

    def opened(self) -> list[UserDatabase]:
        """The open databases."""
        return list(self._open.values())

    def largest(self) -> int:
        """The size in bytes of the largest open database."""
        paths = (self._path(uid) for uid in self._open)
        return max((path.stat().st_size for path in paths if path.exists()), default=0)

    @asynccontextmanager
    async def use(self, uid: str) -> AsyncIterator[UserDatabase]:
        """Open a user's database and keep it open inside the context.

        Elsewhere when another server has the user. StoreFailed, Damaged, Lost or DatabaseFailed when it cannot be
        opened. A fenced database is moved aside, and the other server's snapshot is restored.
        """
        if not is_name(uid):
            raise ValueError(f"{uid!r} is not a user's id")
        user_database = await self._reached(uid)
        while user_database.closed:  # closed between its opening and now
            user_database = await self._reached(uid)
        with user_database.held(self._clock):
            yield user_database

    async def hold(self, uid: str) -> int:
        """Have a user's lease, and return its term; Elsewhere, StoreFailed, DatabaseFailed after `close`."""
        if self._ended:
            raise DatabaseFailed("the server is shutting down")
        if uid in self._open and self._open[uid].sync.fenced:
            self.leases.doubt(uid)
        await self.leases.hold(uid)
        return self.leases.term(uid)

    async def resume(self) -> None:
        """Open every local database once, so that the upload of an earlier run's undurable writes continues."""
        names = {path.parent.name for path in self.local.glob("users/*/edit.sqlite")} - self._resumed
        await self._each(filter(is_name, sorted(names)), self._resume)

    async def _resume(self, user_database: UserDatabase) -> None:
        user_database.sync.wrote()
        self._resumed.add(user_database.uid)

    async def check_newest(self) -> None:
        """Read each database's newest snapshot once after its opening, and store the data of a damaged one anew."""
        unchecked = [each.uid for each in self.opened() if not each.checked]
        await self._each(unchecked, partial(check_newest, self.store))

    async def _each(self, users: Iterable[str], work: Callable[[UserDatabase], Awaitable[None]]) -> None:
        """Work on users' databases; a failure keeps none of the others from it."""
        for uid in users:
            try:
                async with self.use(uid) as user_database:
                    await work(user_database)
            except Elsewhere:
                self._resumed.add(uid)  # its next opening here compares the local database with the store
            except (StoreFailed, DatabaseFailed, Damaged, Lost, Fenced, Overdue) as error:
                logger.error(
                    "a database is left out", extra={"sync_user": uid, "why": f"{type(error).__name__}: {error}"}
                )

    async def close_idle(self) -> None:
        """Close every database that is durable and was not used for a while, once it is as small as it can be."""
        for user_database in self.opened():
            idle = self._clock() - user_database.used > self._idle_after
            if idle and not await self._made_smaller(user_database):
                await self._close_unused(user_database)
        for uid in self.leases.idle(self._idle_after):
            async with self._turn(uid):
                if uid not in self._open:
                    await self.leases.give_back(uid)

    async def leave(self, uid: str) -> None:
        """Close the database of a user that another server has now, once no caller holds it."""
        if uid in self._open and not self.leases.term(uid):
            self._open[uid].sync.fence("another server has the lease of this user")
            async with self._turn(uid):
                if uid in self._open and not self.leases.term(uid):
                    await self._close(self._open[uid])

    async def _made_smaller(self, user_database: UserDatabase) -> bool:
        """Whether an unused database was made smaller, and now waits to be stored."""
        sync, turn = user_database.sync, self._turn(user_database.uid)
        if turn.locked() or user_database.in_use or sync.pending or sync.fenced:
            return False
        async with turn:
            return not user_database.closed and await user_database.vacuum()

    async def _close_unused(self, user_database: UserDatabase) -> None:
        """Close a database unless it is in use or not durable, or somebody opens or closes it."""
        turn = self._turn(user_database.uid)
        if turn.locked():
            return
        async with turn:
            there = self._open.get(user_database.uid) is user_database
            if there and not user_database.in_use and not user_database.sync.pending:
                await self._close(user_database)

    async def tend(self, uid: str, now: datetime) -> None:
        """Thin the snapshots of a user, which an open database does itself, and delete what was put aside long ago."""
        if uid not in self._open:
            await thinning.tend(self.store, uid, now)
        await in_thread(delete_aside, self._path(uid).parent / "aside", now)

    async def close(self, within: float) -> None:
        """Wait up to `within` seconds for uploads, then close every database; no database is opened from now on."""
        self._ended = True
        for opening in self._openings:
            opening.cancel()
        await asyncio.gather(*self._openings, return_exceptions=True)
        waits = (user_database.durable(user_database.database.n, within) for user_database in self.opened())
        for user_database, ended in zip(
            self.opened(), await asyncio.gather(*waits, return_exceptions=True), strict=True
        ):
            if isinstance(ended, NotDurable | Fenced):
                logger.error("closed before it was durable", extra={"sync_user": user_database.uid, "why": repr(ended)})
        for user_database in self.opened():
            await self._close(user_database)

    def _turn(self, uid: str) -> asyncio.Lock:
        return self._turns.setdefault(uid, asyncio.Lock())

    async def _reached(self, uid: str) -> UserDatabase:
        """A user's database, opened unless it is open; the opening goes on when the caller is cancelled."""
        await self.hold(uid)
        return await going_on(self._opened(uid), self._openings)

    async def _opened(self, uid: str) -> UserDatabase:
        async with self._turn(uid):
            there = self._open.get(uid)
            if there is not None and not self._is_outdated(there):
                return there
        # room before the turn: two openings that wait for each other's turn would never go on
        async with self._room.for_one_more(), self._turn(uid):
            user_database, known = self._open.get(uid), 0
            if user_database is not None and self._is_outdated(user_database):
                known = user_database.sync.synced.base
                await self._close(user_database)
                if user_database.sync.fenced:
                    put_aside(self._path(uid), "fenced")
                user_database = None
            if user_database is None:
                await self.leases.hold(uid)  # it may have been given back since the caller looked
                try:
                    user_database = await self._opening(uid, known)
                except OSError as error:
                    raise DatabaseFailed(f"a database cannot be opened: {error.strerror}") from error
            return user_database

    def _is_outdated(self, user_database: UserDatabase) -> bool:
        """Whether another server has written an open database, or may have."""
        return user_database.sync.fenced or user_database.since != self.leases.since(user_database.uid)

    async def _close(self, user_database: UserDatabase) -> None:
        await user_database.close()
        del self._open[user_database.uid]

    def _path(self, uid: str) -> Path:
        return self.local / "users" / uid / "edit.sqlite"

    async def _opening(self, uid: str, known: int) -> UserDatabase:
        path = self._path(uid)
        path.parent.mkdir(parents=True, exist_ok=True)
        since = self.leases.since(uid)  # before the store is looked at
        database, head = await self._newest(uid, path, known)
        try:
            head = Head(head.n, head.synced_n, head.base, secrets.token_hex(8))
            await database.note(head)
        except BaseException:
            await database.close()
            raise
        sync = Sync(self.store, uid, database, head, self._clock)
        user_database = UserDatabase(uid, database, sync, self._refuse_after, since)
        if self.leases.contested(uid):
            try:
                await user_database.take_number()
            except BaseException:
                await user_database.close()
                raise
            self.leases.settle(uid)
        user_database.used = self._clock()
        user_database.sync.wrote()
        self._open[uid] = user_database
        return user_database

    async def _newest(self, uid: str, path: Path, known: int) -> tuple[Database, Head]:
        """The database with every acknowledged write, and its head; `known` is a number that was stored before."""
        database, head = await self._here(path)
        if database is None or head is None:
            number = await newest(self.store, uid)
            if not number:
                return await new_database(self.store, uid, path)
            if number < known or not known:
                await note_restored(self.store, uid, number)
            return await self._restored(uid, path, number)
        try:
            number = await snapshots.latest(self.store, uid, head.base)
            removed = not number and await was_removed(self.store, uid, head.base)
            if number < head.base and head.synced_n and not removed:
                await store_lost(self.store, uid, database, head)
            if number <= head.base and not removed:
                return database, head
            header = None if removed else await snapshots.read_header(self.store, uid, number)
        except BaseException:
            await database.close()
            raise
        if header is None:
            await database.close()
            await in_thread(remove_local, path)
            return await self._newest(uid, path, known)
        if header.writer == head.writer and header.head <= head.n:  # our own, its upload not recorded locally
            return database, Head(head.n, header.head, number, head.writer)
        await database.close()
        put_aside(path, "overtaken")
        return await self._restored(uid, path, number)

    async def _here(self, path: Path) -> tuple[Database | None, Head | None]:
        if not path.exists():
            return None, None
        try:
            return await open_with_head(path)
        except Broken as error:
            logger.error("a database is damaged", extra={"path": str(path), "why": str(error)})
            put_aside(path, "damaged")
            return None, None

    async def _restored(self, uid: str, path: Path, number: int) -> tuple[Database, Head]:
        header, image = await snapshots.fetch(self.store, uid, number)
        await asyncio.gather(in_thread(write_image, path, image), in_thread(remember, path, image))
        try:
            database, head = await open_with_head(path)
        except Broken as error:
            put_aside(path, "unreadable")
            raise Damaged(f"snapshot {number} of {uid} is not a valid database") from error
        logger.info("restored", extra={"sync_user": uid, "snapshot": number, "bytes": len(image)})
        return database, Head(head.n, header.head, number, head.writer)
