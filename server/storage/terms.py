"""The terms of users' leases in the object store, each of which is put only if it does not exist."""

from __future__ import annotations

import contextlib
import json
import secrets

from server.storage.objects import Exists, Missing, ObjectStore, StoreFailed
from server.storage.servers import Servers

FOLDER = "leases/"
DIGITS = 12
TRIES = 8
"""Tries to put the next term, each of which fails when another server puts it first."""


class Elsewhere(Exception):
    """Another server has the lease of a user."""

    def __init__(self, uid: str, server: str) -> None:
        super().__init__(f"{uid} is at the server {server}")
        self.uid, self.server = uid, server


class Terms:
    """The terms of all users; the highest one of a user says which server has the lease."""

    def __init__(self, store: ObjectStore, servers: Servers) -> None:
        self._store, self._servers = store, servers

    async def take(self, uid: str) -> tuple[int, str]:
        """Put the next term for this server; return it and the server that had the lease, empty if it was free.

        Elsewhere if a server that lives has the lease, StoreFailed.
        """
        for _ in range(TRIES):
            newest, before = await self.newest(uid)
            # looked at once more: after a long pause the term may be one that was deleted
            put = await self._put(_key(uid, newest + 1), _body(self._servers.name))
            if put and await self._highest(uid) == newest + 1:
                if newest:
                    await self._store.delete(_key(uid, newest))
                return newest + 1, before
        raise StoreFailed(f"the lease of {uid} changes too often")

    async def newest(self, uid: str) -> tuple[int, str]:
        """A user's newest term, 0 without one, and its server, empty if it is free.

        Elsewhere if another server that lives has the lease, StoreFailed.
        """
        for _ in range(TRIES):
            newest = await self._highest(uid)
            server = await self._server_of(uid, newest) if newest else ""
            if server is None:  # a newer term has replaced it
                continue
            if server not in ("", self._servers.name) and await self._servers.lives(server):
                raise Elsewhere(uid, server)
            return newest, server
        raise StoreFailed(f"the lease of {uid} changes too often")

    async def give_back(self, uid: str, term: int) -> None:
        """Put a free term after this server's own, unless another server has taken it; StoreFailed."""
        if await self._put(_key(uid, term + 1), _body("")):
            await self._store.delete(_key(uid, term))

    async def _highest(self, uid: str) -> int:
        """The highest term of a user's lease; 0 without one."""
        terms = [stat.key.rpartition("/")[2] async for stat in self._store.listing(f"{FOLDER}{uid}/")]
        return max((int(term) for term in terms if term.isdecimal()), default=0)

    async def _server_of(self, uid: str, term: int) -> str | None:
        """The server of a term, empty if it is free or cannot be read; None if the term has gone."""
        try:
            return str(json.loads(await self._store.get(_key(uid, term)))["server"])
        except Missing:
            return None
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""

    async def _put(self, key: str, body: bytes) -> bool:
        """Whether this server put a term; a store's client that repeats a put may find its own."""
        try:
            await self._store.put(key, body, if_absent=True)
        except Exists:
            with contextlib.suppress(Missing):
                return await self._store.get(key) == body
            return False
        return True


def _key(uid: str, term: int) -> str:
    return f"{FOLDER}{uid}/{term:0{DIGITS}d}"


def _body(server: str) -> bytes:
    """The object of a term; the number makes it unlike every other one."""
    return json.dumps({"server": server, "number": secrets.token_hex(8)}).encode()
