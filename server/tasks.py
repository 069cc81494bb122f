"""Works that others wait for too, that go on without their caller, and of which the first to end decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def shared(task: asyncio.Future[T]) -> T:
    """The result of a task that others wait for too, so that it goes on when this caller is cancelled.

    A caller that keeps the task in a variable has to delete it, as this function does: find the task in a function of
    its own.
    """
    try:
        return await asyncio.shield(task)
    finally:
        del task  # its exception holds this frame: together they would wait for the garbage collector


async def going_on(work: Coroutine[Any, Any, T], among: set[asyncio.Task[Any]], name: str | None = None) -> T:
    """The result of a work that goes on when the caller is cancelled; it is `among` these tasks until its end."""
    return await shared(_among(asyncio.create_task(work, name=name), among))


def _among(task: asyncio.Task[T], tasks: set[asyncio.Task[Any]]) -> asyncio.Task[T]:
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task


async def until_first(*works: Awaitable[Any]) -> list[asyncio.Future[Any] | None]:
    """Run works beside each other until one of them has ended, and end the others; None in place of each of those.

    An exception of a work stays in its future.
    """
    futures = [asyncio.ensure_future(work) for work in works]
    done: set[asyncio.Future[Any]] = set()
    try:
        done, _ = await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for future in futures:
            future.cancel()
        await asyncio.gather(*futures, return_exceptions=True)
    return [future if future in done else None for future in futures]
