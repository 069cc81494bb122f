"""Tokens in the object store: `tokens/<SHA-256 of a token>` is a `Token`, `used/<the same>` says that a link was used.

Only the hash of a token is stored. A stored token never changes; revoking it deletes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from server.ages import Seconds, SettledClock
from server.ids import is_name
from server.storage.objects import Exists, Missing, ObjectStore, StoreFailed
from server.storage.skipped import skip

Kind = Literal["bearer", "link", "session"]

LINK_FOR = timedelta(hours=1)
MARKED_FOR = timedelta(days=1)
"""Age of the mark of a used link after which it is deleted: the link has expired long before."""
REFUSED_FOR = 60.0
"""Seconds for which a deleted token is refused without a look-up: one may have begun before the deletion."""
LISTED_FOR = 1.0
"""Seconds for which a list of all tokens is used again: every user may ask for it."""
READ_AT_ONCE = 8
"""Tokens that are read at once: half of the threads of a bucket's client."""
TIDY_EVERY = 3600.0
"""Seconds between two searches for expired tokens."""
ID_LENGTH = 16
"""Characters of a token's id, the beginning of its hash."""

TOKENS, USED = "tokens/", "used/"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is stored: its user, its kind, and when it expires (None: never)."""

    uid: str
    kind: Kind
    created_at: str
    expires_at: str | None

    def has_expired(self, now: datetime) -> bool:
        """Whether the token is not accepted any more."""
        return self.expires_at is not None and datetime.fromisoformat(self.expires_at) <= now


def key_of(secret: str) -> str:
    """The key of a token's object."""
    return f"{TOKENS}{hashlib.sha256(secret.encode()).hexdigest()}"


def id_of(key: str) -> str:
    """The id by which people name a token; it gives no access."""
    return key.removeprefix(TOKENS)[:ID_LENGTH]


class Tokens:
    """The tokens of one store, and those that this process knows to be revoked."""

    def __init__(self, store: ObjectStore, clock: Seconds, now: Callable[[], datetime]) -> None:
        self._store, self._clock, self._now = store, clock, now
        self._settled = SettledClock(now, clock)
        self._read: dict[str, Token] = {}
        self._refused: dict[str, float | None] = {}
        """Revoked tokens, with the time of their deletion; None until the store has deleted them."""
        self._turn = asyncio.Lock()
        self._listed: float | None = None
        self._tidied: float | None = None

    async def issue(self, uid: str, kind: Kind, good_for: timedelta | None) -> str:
        """Make a token and return it, the only time it is readable."""
        secret, now = f"reelc_{secrets.token_urlsafe(32)}", self._now()
        until = None if good_for is None else (now + good_for).isoformat(timespec="seconds")
        token = Token(uid, kind, now.isoformat(timespec="seconds"), until)
        await self._store.put(key_of(secret), json.dumps(asdict(token)).encode(), if_absent=True)
        self._read[key_of(secret)] = token
        return secret

    async def get(self, key: str) -> Token | None:
        """The stored token; None if it does not exist or was revoked."""
        if key in self._refused:
            return None
        try:
            token = _parsed(key, await self._store.get(key))
        except Missing:
            return None
        return None if key in self._refused else token  # revoked while it was looked up

    async def every(self, *, fresh: bool = False) -> dict[str, Token]:
        """All tokens by key, except revoked ones; unless `fresh`, those of other servers may be a second old."""
        async with self._turn:
            if fresh or self._listed is None or self._clock() - self._listed >= LISTED_FOR:
                await self._list()
        return {key: token for key, token in self._read.items() if key not in self._refused}

    async def _list(self) -> None:
        """List the tokens, and read those that were not read before."""
        keys = [stat.key async for stat in self._store.listing(TOKENS)]
        read = {key: self._read[key] for key in keys if key in self._read}
        new = [key for key in keys if key not in read]
        for start in range(0, len(new), READ_AT_ONCE):
            some = new[start : start + READ_AT_ONCE]
            found = zip(some, await asyncio.gather(*map(self.get, some)), strict=True)
            read |= {key: token for key, token in found if token is not None}
        self._read, self._listed = read, self._clock()

    async def use_up(self, key: str) -> bool:
        """Use a token once and delete it; False if it was used before, on this server or on another one."""
        mark, ours = USED + key.removeprefix(TOKENS), secrets.token_hex(8).encode()
        try:
            await self._store.put(mark, ours, if_absent=True)
        except Exists:
            if await self._store.get(mark) != ours:  # ours: the store's client had repeated its own put
                return False
        with contextlib.suppress(StoreFailed):  # the mark suffices
            await self.revoke([key])
        return True

    async def revoke(self, keys: Iterable[str]) -> None:
        """Refuse tokens from now on, and delete them; StoreFailed if the store did not delete all of them yet."""
        keys = list(keys)
        self._refused |= dict.fromkeys(keys)
        for key in keys:
            await self._store.delete(key)
            self._refused[key] = self._clock()

    async def tidy(self) -> None:
        """Repeat deletions that failed; every hour delete expired tokens, and marks of links used days ago."""
        await self.revoke([key for key, deleted in self._refused.items() if deleted is None])
        early = self._clock() - REFUSED_FOR
        self._refused = {key: at for key, at in self._refused.items() if at is None or at > early}
        if self._tidied is not None and self._clock() - self._tidied < TIDY_EVERY:
            return
        now = self._settled.now()
        await self.revoke([key for key, token in (await self.every(fresh=True)).items() if token.has_expired(now)])
        for key in [stat.key async for stat in self._store.listing(USED) if now - stat.modified > MARKED_FOR]:
            await self._store.delete(key)
        self._tidied = self._clock()


def _parsed(key: str, body: bytes) -> Token | None:
    """The token in an object; None if the object is no token."""
    try:
        token = Token(**json.loads(body))
        if token.expires_at is not None and datetime.fromisoformat(token.expires_at).tzinfo is None:
            raise ValueError("a time has no zone")
        if not is_name(token.uid):
            raise ValueError("a user's name is malformed")
    except (ValueError, TypeError, RecursionError) as error:
        skip(key, f"it is not a token: {error}")
        return None
    return token
