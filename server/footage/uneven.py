"""Turns of requests whose footage has many uneven frames, of which each time is in memory until they are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from server.footage.windows import Part
from server.tables.raw_clips import RawClipRow
from server.threads import Turns

MANY = 50_000
"""Uneven frames of a request's footage from which on it takes a turn: 2 MB; those of the longest file are 200 MB."""
AT_ONCE, EACH = 32, 2
"""Such requests at once, of all users and of each."""


class UnevenTurns:
    """The turns of one server."""

    def __init__(self) -> None:
        self._turns = Turns(AT_ONCE, EACH)

    @asynccontextmanager
    async def of(self, uid: str, footage: Iterable[RawClipRow]) -> AsyncIterator[None]:
        """Wait for a turn of the user, if the footage has many uneven frames."""
        if uneven_frames(footage) < MANY:
            yield
            return
        async with self._turns.of(uid):
            yield


def uneven_frames(footage: Iterable[RawClipRow]) -> int:
    """The frames of these files that come at uneven times; a window's file has many, since its row counts its own."""
    files = {row["object_key"]: row for row in footage if row["media_info"].get("video", {}).get("variable")}
    return sum(
        MANY if Part.of(row).is_window else row["media_info"]["video"]["frames"] or MANY for row in files.values()
    )
