"""Work in threads, for callers that may be cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What `work` returns or raises, from a thread.

    Nobody can stop a thread: a caller that is cancelled meanwhile is so when the work has ended, done as a whole, so
    that what follows finds its files as it left them. `asyncio.to_thread` would drop work that has not begun, and go on
    beside work that has.
    """
    task = asyncio.create_task(asyncio.to_thread(work, *given, **named))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(asyncio.shield(task), return_exceptions=True)
        raise
