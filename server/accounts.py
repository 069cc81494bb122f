"""Users and their tokens, kept in the object store: they outlive this machine, and every server can read them.

`accounts/<uid>` is a `User`; `tokens/<SHA-256 of a token>` is a `Token`. Only the hash of a token is stored.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from server.logs import logger
from server.storage.marks import DATA
from server.storage.objects import Exists, Missing, ObjectStore, StoreFailed
from server.storage.skipped import skip
from server.storage.sync import Seconds, awake

Kind = Literal["bearer", "link", "session"]

LINK_FOR = timedelta(hours=1)
REMEMBERED = 5.0
"""Seconds for which a token is accepted after a look-up: a revoked token works at most this long."""
STALE = REMEMBERED / 2
"""Seconds after which a token is looked up again in the background, so that a busy user never waits for a look-up."""
BELIEVED = 600.0
"""Seconds for which a token is accepted while the store does not answer, so that reads go on."""
LOOK_WITHIN = 5.0
MOST_REMEMBERED = 10_000

ACCOUNTS = "accounts/"

MALFORMED = (ValueError, TypeError, RecursionError)
"""The exceptions of reading a damaged object; the last is that of deeply nested JSON."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_TOKEN = re.compile(r"reelc_[A-Za-z0-9_-]{43}")


class NoSuchUser(Exception):
    """The user does not exist."""


@dataclass(frozen=True, slots=True)
class User:
    """A user; the id is the name."""

    uid: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is stored: its user, its kind, and when it expires (None: never)."""

    uid: str
    kind: Kind
    created_at: str
    expires_at: str | None


@dataclass(slots=True)
class _Known:
    """A token that was looked up: when it was last found, when last looked up, and whether the store failed then."""

    token: Token
    seen: float
    asked: float
    away: bool = False
    looking: asyncio.Task[None] | None = None


def is_name(text: str) -> bool:
    """Whether a user can have this name."""
    return _NAME.fullmatch(text) is not None


def _now() -> datetime:
    return datetime.now(UTC)


class Accounts:
    """The users of one store."""

    def __init__(self, store: ObjectStore, clock: Seconds = awake, now: Callable[[], datetime] = _now) -> None:
        self._store, self._clock, self._now = store, clock, now
        self._known: dict[str, _Known] = {}
        self._looking: set[asyncio.Task[None]] = set()

    async def add(self, uid: str) -> User:
        """Add a user; ValueError for an invalid name, Exists for a name that is taken."""
        if not _NAME.fullmatch(uid):
            raise ValueError("a user name has 1 to 32 of a-z, 0-9, - and _, and begins with a letter or digit")
        user = User(uid, self._now().isoformat(timespec="seconds"))
        await self._store.put(f"{ACCOUNTS}{uid}", json.dumps(asdict(user)).encode(), if_absent=True)
        return user

    async def ensure(self, uid: str) -> None:
        """Add the user unless it exists."""
        try:
            await self.add(uid)
        except Exists:
            return

    async def names(self) -> list[str]:
        """The names of all users, sorted, whether or not their accounts can be read."""
        found = [stat.key.removeprefix(ACCOUNTS) async for stat in self._store.listing(ACCOUNTS)]
        for stray in (name for name in found if not _NAME.fullmatch(name.removesuffix(DATA))):
            skip(f"{ACCOUNTS}{stray}", "it has no user's name")
        return [name for name in found if _NAME.fullmatch(name)]

    async def users(self) -> list[User]:
        """Every user whose account can be read, sorted by name."""
        found = [await self._user(name) for name in await self.names()]
        return [user for user in found if user is not None]

    async def _user(self, name: str) -> User | None:
        """A user; None if the account cannot be read, or is gone meanwhile."""
        key = f"{ACCOUNTS}{name}"
        try:
            user = User(**json.loads(await self._store.get(key)))
        except Missing:
            return None
        except (StoreFailed, *MALFORMED) as error:
            skip(key, f"it cannot be read: {error}")
            return None
        if user.uid != name or not isinstance(user.created_at, str):
            skip(key, "it is another user's account")
            return None
        return user

    async def issue(self, uid: str, kind: Kind, good_for: timedelta | None = None) -> str:
        """Make a token for a user and return it, the only time it is readable; NoSuchUser."""
        try:
            await self._store.head(f"{ACCOUNTS}{uid}")
        except Missing:
            raise NoSuchUser(uid) from None
        secret = f"reelc_{secrets.token_urlsafe(32)}"
        now = self._now()
        until = None if good_for is None else (now + good_for).isoformat(timespec="seconds")
        token = Token(uid, kind, now.isoformat(timespec="seconds"), until)
        await self._store.put(_key(secret), json.dumps(asdict(token)).encode(), if_absent=True)
        return secret

    async def revoke(self, uid: str) -> int:
        """Revoke every token of a user and return their number; the user and the user's data remain."""
        count = 0
        async for stat in self._store.listing("tokens/"):
            token = await self._stored(stat.key)
            if token is not None and token.uid == uid:
                await self._store.delete(stat.key)
                count += 1
        self._known.clear()
        return count

    async def user_of(self, secret: str, *kinds: Kind) -> str | None:
        """The id of the token's user; None unless the token is of one of these kinds and has not expired."""
        if not _TOKEN.fullmatch(secret):
            return None
        token = await self._token(_key(secret))
        if token is None or token.kind not in kinds:
            return None
        expired = token.expires_at is not None and datetime.fromisoformat(token.expires_at) <= self._now()
        return None if expired else token.uid

    async def forget(self, secret: str) -> None:
        """Revoke one token."""
        key = _key(secret)
        self._known.pop(key, None)
        await self._store.delete(key)

    async def stop(self) -> None:
        """Stop every look-up in the background, before the store is closed."""
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)

    async def _token(self, key: str) -> Token | None:
        """The stored token; a known one is refreshed in the background, unless its last look-up is too old."""
        known = self._known.get(key)
        if known is None:
            return await self._look(key)
        now = self._clock()
        if now - known.asked >= STALE:
            known.asked = now
            known.looking = asyncio.create_task(self._look_again(key, known), name="token")
            self._looking.add(known.looking)
            known.looking.add_done_callback(self._looking.discard)
        if now - known.seen >= (BELIEVED if known.away else REMEMBERED):
            assert known.looking, "a token this old is being looked up again"
            await asyncio.shield(known.looking)
            if self._known.get(key) is not known:
                return await self._look(key)
            if self._clock() - known.seen >= BELIEVED:
                raise StoreFailed("a token cannot be looked up")
        return known.token

    async def _look(self, key: str) -> Token | None:
        token, now = await self._stored(key), self._clock()
        if token is not None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = _Known(token, now, now)
        return token

    async def _look_again(self, key: str, known: _Known) -> None:
        try:
            token = await self._stored(key)
        except StoreFailed as error:
            known.away = True
            logger.warning("token accepted without a look-up", extra={"why": str(error)})
            return
        if self._known.get(key) is not known:  # revoked meanwhile
            return
        if token is None:
            del self._known[key]
        else:
            known.token, known.seen, known.away = token, self._clock(), False

    async def _stored(self, key: str) -> Token | None:
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                return _token(await self._store.get(key))
        except Missing:
            return None
        except MALFORMED as error:
            skip(key, f"it cannot be read: {error}")
            return None
        except TimeoutError:
            raise StoreFailed("a token cannot be looked up in time") from None


def _token(text: bytes) -> Token:
    """A stored token; ValueError or TypeError if it is damaged."""
    token = Token(**json.loads(text))
    until = token.expires_at
    if not _NAME.fullmatch(token.uid) or (until is not None and datetime.fromisoformat(until).tzinfo is None):
        raise ValueError("a user's name or a time is malformed")
    return token


def _key(secret: str) -> str:
    return f"tokens/{hashlib.sha256(secret.encode()).hexdigest()}"
