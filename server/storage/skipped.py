"""Objects that cannot be read are skipped, logged and counted: one of them stops neither the server nor other users."""

from __future__ import annotations

from server.logs import logger
from server.storage.objects import is_key

MOST = 10_000
"""Keys that are remembered, so that each is logged once."""

_keys: set[str] = set()


def skip(key: str, why: str) -> None:
    """Count an object that is skipped, and log it the first time."""
    if key not in _keys and len(_keys) < MOST:
        _keys.add(key)
        logger.error("an object is skipped", extra={"key": key, "why": why})


def skipped() -> int:
    """The number of different objects that this process has skipped."""
    return len(_keys)


def listed(key: str) -> bool:
    """Whether a listing has this key; keys that no server makes are skipped."""
    if is_key(key):
        return True
    skip(key, "its key is invalid")
    return False
