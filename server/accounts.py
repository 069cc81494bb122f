"""Users and their tokens, as objects of the store: they outlive this machine, and every server knows them.

`accounts/<uid>` says who a user is; `tokens/<SHA-256 of a token>` whose a token is. Of a token only its hash is kept.
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
from server.storage.objects import Exists, Missing, ObjectStore, StoreFailed
from server.storage.sync import Seconds, awake

Kind = Literal["bearer", "link", "session"]

LINK_FOR = timedelta(hours=1)
REMEMBERED = 5.0
"""Seconds for which a token that was looked up is good: how long one that was revoked may go on."""
STALE = REMEMBERED / 2
"""Seconds after which it is looked up again beside the request that bears it: who is busy never waits for that."""
BELIEVED = 600.0
"""Seconds for which it is good while the store does not answer: who is at work can go on reading."""
LOOK_WITHIN = 5.0
MOST_REMEMBERED = 10_000

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_TOKEN = re.compile(r"reelc_[A-Za-z0-9_-]{43}")


class NoSuchUser(Exception):
    """There is no such user."""


@dataclass(frozen=True, slots=True)
class User:
    """A user: the id is the name."""

    uid: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token: whose it is, what it is for, until when it is good (None: for ever)."""

    uid: str
    kind: Kind
    created_at: str
    expires_at: str | None


@dataclass(slots=True)
class _Known:
    """A token that was looked up: when it was found last, when it was asked for last, and whether in vain."""

    token: Token
    seen: float
    asked: float
    away: bool = False
    looking: asyncio.Task[None] | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class Accounts:
    """The users of one store."""

    def __init__(self, store: ObjectStore, clock: Seconds = awake, now: Callable[[], datetime] = _now) -> None:
        self._store, self._clock, self._now = store, clock, now
        self._known: dict[str, _Known] = {}

    async def add(self, uid: str) -> User:
        """A new user; ValueError for a name that is none, Exists for one that is taken."""
        if not _NAME.fullmatch(uid):
            raise ValueError("a name has 1 to 32 of a-z, 0-9, - and _, and begins with a letter or digit")
        user = User(uid, self._now().isoformat(timespec="seconds"))
        await self._store.put(f"accounts/{uid}", json.dumps(asdict(user)).encode(), if_absent=True)
        return user

    async def ensure(self, uid: str) -> None:
        """The user, made if it is not there."""
        try:
            await self.add(uid)
        except Exists:
            return

    async def users(self) -> list[User]:
        """Every user, by name."""
        stats = [stat async for stat in self._store.listing("accounts/")]
        return [User(**json.loads(await self._store.get(stat.key))) for stat in stats]

    async def issue(self, uid: str, kind: Kind, good_for: timedelta | None = None) -> str:
        """A new token of a user, shown this once; NoSuchUser."""
        try:
            await self._store.head(f"accounts/{uid}")
        except Missing:
            raise NoSuchUser(uid) from None
        secret = f"reelc_{secrets.token_urlsafe(32)}"
        now = self._now()
        until = None if good_for is None else (now + good_for).isoformat(timespec="seconds")
        token = Token(uid, kind, now.isoformat(timespec="seconds"), until)
        await self._store.put(_key(secret), json.dumps(asdict(token)).encode(), if_absent=True)
        return secret

    async def revoke(self, uid: str) -> int:
        """Make every token of a user worthless; how many there were. The user and what is stored remain."""
        count = 0
        async for stat in self._store.listing("tokens/"):
            if Token(**json.loads(await self._store.get(stat.key))).uid == uid:
                await self._store.delete(stat.key)
                count += 1
        self._known.clear()
        return count

    async def whose(self, secret: str, *kinds: Kind) -> str | None:
        """The user whose token this is, if it is one of these kinds and still good."""
        if not _TOKEN.fullmatch(secret):
            return None
        token = await self._token(_key(secret))
        if token is None or token.kind not in kinds:
            return None
        expired = token.expires_at is not None and datetime.fromisoformat(token.expires_at) <= self._now()
        return None if expired else token.uid

    async def forget(self, secret: str) -> None:
        """Make one token worthless."""
        key = _key(secret)
        self._known.pop(key, None)
        await self._store.delete(key)

    async def _token(self, key: str) -> Token | None:
        """What is kept of a token. One that is known is looked up beside the request, unless that was long ago."""
        known = self._known.get(key)
        if known is None:
            return await self._look(key)
        now = self._clock()
        if now - known.asked >= STALE:
            known.asked = now
            known.looking = asyncio.create_task(self._look_again(key, known), name="token")
        if now - known.seen >= (BELIEVED if known.away else REMEMBERED):
            assert known.looking, "what was not seen for so long was asked for"
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
            logger.warning("a token is believed for a while", extra={"why": str(error)})
            return
        if self._known.get(key) is not known:  # it was made worthless meanwhile
            return
        if token is None:
            del self._known[key]
        else:
            known.token, known.seen, known.away = token, self._clock(), False

    async def _stored(self, key: str) -> Token | None:
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                return Token(**json.loads(await self._store.get(key)))
        except Missing:
            return None
        except TimeoutError:
            raise StoreFailed("a token cannot be looked up in time") from None


def _key(secret: str) -> str:
    return f"tokens/{hashlib.sha256(secret.encode()).hexdigest()}"
