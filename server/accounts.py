"""Users and their tokens, kept in the object store: they outlive this machine, and every server can read them.

`accounts/<uid>` is a `User`; `tokens.py` stores tokens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from server.ages import Seconds, awake
from server.ids import is_name
from server.logs import logger
from server.storage.marks import DATA
from server.storage.objects import Exists, Missing, ObjectStore, StoreFailed
from server.storage.skipped import skip
from server.tokens import Kind, Token, Tokens, id_of, key_of

REMEMBERED = 5.0
"""Seconds for which a token is accepted after a look-up: a revoked token works at most this long."""
STALE = REMEMBERED / 2
"""Seconds after which a token is looked up again in the background, so that a busy user never waits for a look-up."""
BELIEVED = 600.0
"""Seconds for which a token is accepted while the store does not answer, so that reads go on."""
LOOK_WITHIN = 5.0
"""Seconds in which a request learns of a token that is not known yet."""
MOST_REMEMBERED = 10_000
MOST_SESSIONS = 100
"""Sessions that a user may have; a new one ends the oldest. Anybody with a token can make sessions."""

ACCOUNTS = "accounts/"

MALFORMED = (ValueError, TypeError, RecursionError)
"""The exceptions of reading a damaged object; the last is that of deeply nested JSON."""

_TOKEN = re.compile(r"reelc_[A-Za-z0-9_-]{43}")


class NoSuchUser(Exception):
    """The user does not exist."""


@dataclass(frozen=True, slots=True)
class User:
    """A user; the id is the name."""

    uid: str
    created_at: str


@dataclass(slots=True)
class _Known:
    """A token that was looked up: when it was last found, when last looked up, and whether the store failed then."""

    token: Token
    seen: float
    asked: float
    away: bool = False
    looking: asyncio.Task[None] | None = None


def _now() -> datetime:
    return datetime.now(UTC)


def check_name(uid: str) -> None:
    """ValueError for an invalid name of a user."""
    if not is_name(uid):
        raise ValueError("a user name has 1 to 32 of a-z, 0-9, - and _, and begins with a letter or digit")


class Accounts:
    """The users of one store."""

    def __init__(self, store: ObjectStore, clock: Seconds = awake, now: Callable[[], datetime] = _now) -> None:
        self._store, self._clock, self._now, self.within = store, clock, now, LOOK_WITHIN
        self._tokens = Tokens(store, clock, now)
        self._known: dict[str, _Known] = {}
        self._looking: set[asyncio.Task[None]] = set()

    async def add(self, uid: str) -> User:
        """Add a user; ValueError for an invalid name, Exists for a name that is taken."""
        check_name(uid)
        user = User(uid, self._now().isoformat(timespec="seconds"))
        await self._store.put(f"{ACCOUNTS}{uid}", json.dumps(asdict(user)).encode(), if_absent=True)
        return user

    async def ensure(self, uid: str) -> None:
        """Add the user unless it exists."""
        try:
            await self.add(uid)
        except Exists:
            return

    async def exists(self, uid: str) -> bool:
        """Whether there is such a user."""
        return await self._user(uid) is not None

    async def known(self, uid: str) -> bool:
        """Whether the store has anything of a user: an account, readable or not, its mark of data, a token, or data."""
        accounts = {f"{ACCOUNTS}{uid}", f"{ACCOUNTS}{uid}{DATA}"}
        if any([stat.key in accounts async for stat in self._store.listing(ACCOUNTS)]) or await self.keys(uid):
            return True
        return any([True async for _ in self._store.listing(f"users/{uid}/")])

    async def names(self) -> list[str]:
        """The names of all users, sorted, whether or not their accounts can be read."""
        found = [stat.key.removeprefix(ACCOUNTS) async for stat in self._store.listing(ACCOUNTS)]
        for stray in (name for name in found if not is_name(name.removesuffix(DATA))):
            skip(f"{ACCOUNTS}{stray}", "it has no user's name")
        return [name for name in found if is_name(name)]

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
        secret = await self._tokens.issue(uid, kind, good_for)
        if kind == "session":
            with contextlib.suppress(StoreFailed):  # the next sign-in ends the others
                await self._end_oldest(uid, key_of(secret))
        return secret

    async def _end_oldest(self, uid: str, newest: str) -> None:
        """Revoke the oldest sessions of a user with too many."""
        tokens = {key: token for key, token in (await self._tokens.every()).items() if token.uid == uid}
        sessions = [(key == newest, token.created_at, key) for key, token in tokens.items() if token.kind == "session"]
        await self._revoke([key for *_, key in sorted(sessions)[:-MOST_SESSIONS]])

    async def revoke(self, uid: str) -> int:
        """Revoke every token of a user and return their number; the user and the user's data remain."""
        keys = await self.keys(uid)
        await self._revoke(keys)
        return len(keys)

    async def keys(self, uid: str) -> list[str]:
        """The keys of all tokens of a user, expired ones too."""
        return [key for key, token in (await self._tokens.every(fresh=True)).items() if token.uid == uid]

    async def sessions(self, uid: str) -> dict[str, Token]:
        """The tokens of a user that have not expired, by id, the oldest first."""
        now, tokens = self._now(), await self._tokens.every()
        ours = ((key, token) for key, token in tokens.items() if token.uid == uid and not token.has_expired(now))
        return {id_of(key): token for key, token in sorted(ours, key=lambda each: (each[1].created_at, each[0]))}

    async def end_session(self, uid: str, session_id: str) -> bool:
        """Revoke the token of a user with this id; False if the user has none."""
        tokens = await self._tokens.every()
        keys = [key for key, token in tokens.items() if token.uid == uid and id_of(key) == session_id]
        await self._revoke(keys)
        return bool(keys)

    async def user_of(self, secret: str, *kinds: Kind) -> str | None:
        """The id of the token's user; None unless the token is of one of these kinds and has not expired."""
        if not _TOKEN.fullmatch(secret):
            return None
        token = await self._token(key_of(secret))
        if token is None or token.kind not in kinds:
            return None
        return None if token.has_expired(self._now()) else token.uid

    async def use_link(self, secret: str) -> bool:
        """Use a valid link; False if it was used before, on this server or on another one. A bearer stays valid."""
        token = await self._token(key_of(secret))
        if token is not None and token.kind != "link":
            return True
        self._known.pop(key_of(secret), None)
        return token is not None and await self._tokens.use_up(key_of(secret))

    async def forget(self, secret: str) -> None:
        """Revoke one token."""
        if _TOKEN.fullmatch(secret):
            await self._revoke([key_of(secret)])

    async def tidy(self) -> None:
        """Repeat revocations that the store did not take, and delete expired tokens."""
        await self._tokens.tidy()

    async def stop(self) -> None:
        """Stop every look-up in the background, before the store is closed."""
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)

    async def _revoke(self, keys: list[str]) -> None:
        for key in keys:
            self._known.pop(key, None)
        await self._tokens.revoke(keys)

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
            async with asyncio.timeout(self.within):
                return await self._tokens.get(key)
        except TimeoutError:
            raise StoreFailed("a token cannot be looked up in time") from None
