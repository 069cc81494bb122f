"""Links to films that need no sign-in: each names a user, a film and a time, signed with a key of the server's own.

The key is the object `keys/shares`, which the first link makes. A link is valid for everybody until its time;
deleting the film ends it earlier, and deleting the key ends all links.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta

from server.problem import Problem, not_found
from server.storage.objects import Exists, Missing, ObjectStore

KEY = "keys/shares"
LONGEST = timedelta(days=30)
"""The longest time that a link is valid."""
MOST = 512
"""Characters of a link's token at most."""


@dataclass(frozen=True, slots=True)
class Share:
    """A film of a user, readable until a time, in seconds since 1970."""

    uid: str
    film_id: str
    until: int

    @property
    def expires_at(self) -> str:
        """The time as it is answered."""
        return datetime.fromtimestamp(self.until, UTC).isoformat(timespec="seconds")


def _now() -> datetime:
    return datetime.now(UTC)


class Shares:
    """Signs links and reads them."""

    def __init__(self, store: ObjectStore, now: Callable[[], datetime] = _now) -> None:
        self._store, self._now, self._key = store, now, b""

    async def make(self, uid: str, film_id: str, lasts: timedelta) -> tuple[str, Share]:
        """The token of a link that is valid from now on for some time, and what it names."""
        share = Share(uid, film_id, int((self._now() + lasts).timestamp()))
        payload = json.dumps(astuple(share), separators=(",", ":")).encode()
        return f"{_text(payload)}.{_text(await self._signature(payload))}", share

    async def read(self, token: str) -> Share:
        """What a link names; 404 `link_not_found` without a signature of this server, 410 `link_expired`."""
        payload, signature = _parts(token)
        if not hmac.compare_digest(await self._signature(payload), signature):
            raise _unknown()
        share = Share(*json.loads(payload))
        if share.until <= self._now().timestamp():
            raise Problem(410, "link_expired", "this link has expired", hint="ask for a new one")
        return share

    async def _signature(self, payload: bytes) -> bytes:
        self._key = self._key or await self._stored_key()
        return hmac.new(self._key, payload, hashlib.sha256).digest()

    async def _stored_key(self) -> bytes:
        with contextlib.suppress(Missing):
            return await self._store.get(KEY)
        with contextlib.suppress(Exists):  # another server was faster
            await self._store.put(KEY, secrets.token_bytes(32), if_absent=True)
        return await self._store.get(KEY)


def _parts(token: str) -> tuple[bytes, bytes]:
    if len(token) > MOST:
        raise _unknown()
    payload, _, signature = token.partition(".")
    try:
        return _bytes(payload), _bytes(signature)
    except (ValueError, binascii.Error):
        raise _unknown() from None


def _unknown() -> Problem:
    return not_found("link_not_found", "this link is not valid: it may be incomplete")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
