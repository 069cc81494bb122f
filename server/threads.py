"""Runs work in threads for callers that may be cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Run `work` in a thread; return its result or raise its exception.

    A thread cannot be stopped. The cancellation of the caller therefore takes effect only when the work has ended, so
    that clean-up code finds the files complete. `asyncio.to_thread` would drop work that has not begun, and let the
    caller go on beside work that has.
    """
    task = asyncio.create_task(asyncio.to_thread(work, *given, **named))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(asyncio.shield(task), return_exceptions=True)
        raise
