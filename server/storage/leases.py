"""Leases: each user's database belongs to one server at a time, which alone opens it, saves and renders.

    leases/<uid>/<term>    the server that has the lease, empty if it was given back; the highest term is the newest

A term is put only if it does not exist: of several servers that take one user, one succeeds (`terms.py`). A lease ends
when its server gives it back, ends, or is gone (`servers.py`). A server whose beat is overdue takes all its leases
anew, because others may have taken them. Leases avoid quarrels; the numbers of the snapshots keep two writers apart
even without them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from server.ages import awake
from server.logs import logger
from server.storage.objects import ObjectStore, StoreFailed
from server.storage.servers import Seconds, Servers, folder_id_of
from server.storage.terms import Elsewhere, Terms
from server.tasks import going_on

PATIENCE = 1.0
"""Seconds that a request for a user whose lease is in doubt waits for the store before it goes on."""

MOST_REMEMBERED = 10_000
"""Users of other servers that are remembered."""


@dataclass(slots=True)
class _Lease:
    """A lease of this server; `contested` while a server that was gone may still write.

    `since` is the term from which on no other server had the user.
    """

    term: int
    since: int
    contested: bool
    used: float
    keepers: int = 0
    doubtful: bool = False


class Leases:
    """The leases of this server."""

    def __init__(self, store: ObjectStore, servers: Servers, beat: float, clock: Seconds = awake) -> None:
        self.servers = servers
        self._terms, self._beat_every, self._clock = Terms(store, servers), beat, clock
        self._held: dict[str, _Lease] = {}
        self._elsewhere: dict[str, str] = {}
        """The servers of users whom other servers have."""
        self._turns: dict[str, asyncio.Lock] = {}
        self._taking: set[asyncio.Task[Any]] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._beating = asyncio.Lock()
        self._sure_until = float("-inf")
        """Until then no other server can count this one as gone."""
        self._announced, self._away = False, False
        self.on_takeover: Callable[[str, str], object] = lambda uid, server: None
        """Called with the user and the server whose lease was taken."""
        self.lost: asyncio.Queue[str] = asyncio.Queue()
        """Users whom other servers have, or had meanwhile."""
        self.gone = servers.gone
        """Set when another server has gone, or exports were left for another reason: look for unfinished ones."""

    def held(self) -> list[str]:
        """The users whose leases this server has."""
        return list(self._held)

    def overdue(self) -> float:
        """The seconds for which others may have taken leases of this server; 0 while they cannot."""
        return max(0.0, self._clock() - self._sure_until) if self._held else 0.0

    def term(self, uid: str) -> int:
        """The term of a user's lease, which changes each time that it is taken; 0 without one."""
        lease = self._held.get(uid)
        return lease.term if lease else 0

    def since(self, uid: str) -> int:
        """The term from which on no other server had a user: what was read of the user before may be out of date."""
        lease = self._held.get(uid)
        return lease.since if lease else 0

    async def hold(self, uid: str) -> None:
        """Have a user's lease, taken if necessary; Elsewhere when another server has it, StoreFailed.

        While the store does not answer, a lease in doubt counts as held, and while it takes no data, one that is free:
        nothing is acknowledged that is not stored.
        """
        lease = self._held.get(uid)
        if lease is None:
            await self._take_unless_elsewhere(uid)
            lease = self._held.get(uid)
        elif (lease.doubtful or self._clock() >= self._sure_until) and not self._away:
            await self._take_patiently(uid)
        if lease is not None:
            lease.used = self._clock()

    def look_for(self, uid: str) -> None:
        """Look into the store for a user's server at the next request: another one may have the user now."""
        self._elsewhere.pop(uid, None)

    @contextlib.contextmanager
    def kept(self, uid: str) -> Iterator[None]:
        """Do not give a held lease back inside the context, however long it is unused."""
        lease = self._held.get(uid)
        if lease is not None:
            lease.keepers += 1
        try:
            yield
        finally:
            if lease is not None:
                lease.keepers -= 1

    def doubt(self, uid: str) -> None:
        """Take a lease anew before its next use: another server wrote the user's database."""
        if uid in self._held:
            self._held[uid].doubtful = True

    def look_again(self) -> None:
        """Have the store searched for unfinished exports."""
        self.gone.set()

    def contested(self, uid: str) -> bool:
        """Whether the server that had the lease before may still write the user's database."""
        lease = self._held.get(uid)
        return lease is not None and lease.contested

    def settle(self, uid: str) -> None:
        """Note that the server that had the lease before can write no more."""
        if uid in self._held:
            self._held[uid].contested = False

    def idle(self, unused_for: float) -> list[str]:
        """The users whose leases were not used for so many seconds."""
        before = self._clock() - unused_for
        return [uid for uid, lease in self._held.items() if lease.used < before and not lease.keepers]

    async def give_back(self, uid: str) -> None:
        """Let other servers have a user, whose database is closed; StoreFailed."""
        async with self._turn(uid):
            lease = self._held.get(uid)
            if lease is not None and not lease.keepers:
                del self._held[uid]
                if not lease.doubtful:
                    await self._terms.give_back(uid, lease.term)

    async def keep(self) -> None:
        """Beat, look at the other servers and take leases in doubt anew, for ever."""
        while True:
            try:
                await self._round()
            except StoreFailed as error:
                if not self._away:
                    logger.warning("leases not renewed", extra={"why": str(error)})
                self._away = True
            await asyncio.sleep(self._beat_every)

    async def stop(self) -> None:
        """Give every lease back at once; the databases are closed. StoreFailed."""
        tasks = [*self._taking, *([self._renewing] if self._renewing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._held.clear()
        async with self._beating:
            if self._announced:
                self._announced = False
                await self.servers.fall_silent()

    async def _round(self) -> None:
        if self._held:
            await self._beat()
        else:
            await self._fall_silent()
        await self.servers.look()
        self._away = False
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew(), name="leases")

    async def _renew(self) -> None:
        """Take leases in doubt anew, beside the beats; those that the store does not give now stay in doubt."""
        for uid in [uid for uid, lease in self._held.items() if lease.doubtful]:
            with contextlib.suppress(Elsewhere, StoreFailed):
                await self._take_shielded(uid)

    async def _beat(self) -> None:
        """Beat; after an overdue beat all leases are in doubt."""
        async with self._beating:
            started = self._clock()
            await self.servers.beat()
            self._announced = True
            if started >= self._sure_until:
                for lease in self._held.values():
                    lease.doubtful = True
            self._sure_until = started + self.servers.stale

    async def _fall_silent(self) -> None:
        async with self._beating:
            if self._announced and not self._held and not self._taking:
                await self.servers.fall_silent()
                self._announced, self._sure_until = False, float("-inf")

    def _turn(self, uid: str) -> asyncio.Lock:
        return self._turns.setdefault(uid, asyncio.Lock())

    async def _take_unless_elsewhere(self, uid: str) -> None:
        """Take a lease; Elsewhere, without a look at the store if another server had it and lives."""
        server = self._elsewhere.get(uid)
        if server is not None and self.servers.sees(server):
            raise Elsewhere(uid, server)
        try:
            await self._take_shielded(uid)
            self._elsewhere.pop(uid, None)
        except Elsewhere as error:
            if len(self._elsewhere) >= MOST_REMEMBERED:
                self._elsewhere.clear()
            self._elsewhere[uid] = error.server
            raise

    async def _take_patiently(self, uid: str) -> None:
        """Take a lease in doubt anew; without an answer of the store it stays in doubt. Elsewhere."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._take_shielded(uid)
        except (StoreFailed, TimeoutError):
            self._away = True  # until the next round: other requests need not wait

    async def _take_shielded(self, uid: str) -> None:
        """Take a lease; the taking goes on when the caller is cancelled."""
        await going_on(self._take(uid), self._taking, f"lease {uid}")

    async def _take(self, uid: str) -> None:
        async with self._turn(uid):
            try:
                if self._clock() >= self._sure_until:
                    await self._beat()
                if uid not in self._held or self._held[uid].doubtful:
                    self._has(uid, *await self._terms.take(uid))
            except Elsewhere as error:
                if self._held.pop(uid, None) is not None:
                    logger.warning("a lease is lost", extra={"sync_user": uid, "server": error.server})
                    self.lost.put_nowait(uid)
                raise
            except StoreFailed:
                if uid in self._held:
                    raise
                free, _ = await self._terms.newest(uid)
                self._held[uid] = _Lease(free, free, contested=False, used=self._clock(), doubtful=True)

    def _has(self, uid: str, term: int, before: str) -> None:
        """Note a lease that was taken; `before` is the server that had it, empty if it was free."""
        lease, now = self._held.get(uid), self._clock()
        taken_over = bool(before) and folder_id_of(before) != self.servers.folder_id
        if lease is None:
            self._held[uid] = _Lease(term, term, taken_over, now)
        else:
            if term != lease.term + 1:  # others had the user in between, and may have saved and rendered
                lease.since = term
                self.lost.put_nowait(uid)
            lease.term, lease.doubtful, lease.contested = term, False, lease.contested or taken_over
        if taken_over:
            logger.warning("a lease is taken over", extra={"sync_user": uid, "server": before})
            self.on_takeover(uid, before)
            self.look_again()
