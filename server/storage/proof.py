"""Proves that an object store refuses to overwrite, as the fence between servers needs.

A store that ignores `If-None-Match: *` loses saves in silence: two servers store different snapshots under one number.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from compiler.errors import Loc, ReelError
from server.logs import logger
from server.storage.objects import Exists, Missing, ObjectStore, StoreFailed

PREFIX = "checks/"
"""The prefix of the keys that are tried; no user's object is below it."""

RIVALS, ROUNDS = 6, 2
"""Concurrent puts to one key, and keys that are tried so: a store may check and write in two steps."""

REMEDY = "use a store with conditional writes (AWS S3, R2, a current MinIO or SeaweedFS), or a local folder"


async def prove(store: ObjectStore) -> None:
    """RC702 if the store overwrites objects that it must not, RC703 if it does not answer or refuses the access."""
    keys = [f"{PREFIX}{secrets.token_hex(12)}" for _ in range(1 + ROUNDS)]
    try:
        await _one_after_the_other(store, keys[0])
        for key in keys[1:]:
            await _at_once(store, key)
    except StoreFailed as error:
        hint = "check the settings with reelc config --explain, and the network; then start again"
        raise ReelError("RC703", Loc(), "the object store cannot be used", detail=str(error), hint=hint) from error
    finally:
        await _deleted(store, keys)


async def _one_after_the_other(store: ObjectStore, key: str) -> None:
    """Put an object three times, the last time with the first content; only the first put may succeed."""
    first = b"first"
    if await _put(store, key, first) and await _content(store, key) != first:
        raise _overwrites("a put with If-None-Match: * to a new key stored something else")
    for body in (b"second", first):
        if await _put(store, key, body) or await _content(store, key) != first:
            raise _overwrites("a second put with If-None-Match: * to one key succeeded")


async def _at_once(store: ObjectStore, key: str) -> None:
    """Put several objects to one key at once; at most one may succeed, and its content must stay.

    None may seem to: a client that repeats a put whose answer was lost finds its own object.
    """
    bodies = [f"rival {number}".encode() for number in range(RIVALS)]
    won = await asyncio.gather(*(_put(store, key, body) for body in bodies))
    winners = [body for body, stored in zip(bodies, won, strict=True) if stored]
    content = await _content(store, key)
    if len(winners) > 1 or content not in (winners or bodies):
        raise _overwrites(f"{len(winners)} of {RIVALS} concurrent puts with If-None-Match: * to one key succeeded")


async def _put(store: ObjectStore, key: str, body: bytes) -> bool:
    """Whether the store accepted the object."""
    try:
        await store.put(key, body, if_absent=True)
    except Exists:
        return False
    return True


async def _content(store: ObjectStore, key: str) -> bytes | None:
    try:
        return await store.get(key)
    except Missing:
        return None


def _overwrites(detail: str) -> ReelError:
    return ReelError("RC702", Loc(), "the object store overwrites objects that it must not", detail=detail, hint=REMEDY)


async def _deleted(store: ObjectStore, keys: Sequence[str]) -> None:
    for key in keys:
        try:
            await store.delete(key)
        except StoreFailed as error:
            logger.warning("an object of the check is left", extra={"key": key, "why": str(error)})
