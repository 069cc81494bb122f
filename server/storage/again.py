"""An object that does not match its checksum is read once more: what changed it may be the way, and not the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from server.logs import logger
from server.storage.objects import DamagedObject

T = TypeVar("T")


def changed(key: str) -> None:
    """Log that an object came changed and is read again."""
    logger.warning("an object came changed, and is read again", extra={"key": key})


async def undamaged(read: Callable[[], Awaitable[T]], key: str, damage: type[Exception] = DamagedObject) -> T:
    """What `read` returns; it is called a second time where it raises `damage`."""
    try:
        return await read()
    except damage:
        changed(key)
    return await read()
