"""Signals that end the program: they cancel the running work, which cleans up, and one line reports the signal."""

from __future__ import annotations

import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")


class Interrupted(BaseException):
    """A signal ended the program's work, which has stopped and cleaned up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """The shells' convention: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.number


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted at the first of SIGNALS; a signal that was ignored from the start, as by nohup, stays ignored.

    Later signals are ignored to the end of the program, so that they cannot stop it from cleaning up.
    """
    with _restored() as before:
        for number in before:
            signal.signal(number, _raise)
        yield


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result; raises Interrupted, after the coroutine has ended, if a signal came, also one that came
    too late to cancel it: the command must not go on."""
    import asyncio  # not needed by every command, and slow to load

    heard: list[int] = []
    with _restored() as before:
        result = asyncio.run(_cancelled_by(before, coroutine, heard))
        if heard:
            raise Interrupted(heard[0])
        return result


@contextmanager
def _restored() -> Iterator[list[signal.Signals]]:
    """The SIGNALS that are not ignored; restores their handlers afterwards, or ignores them after an interrupt."""
    before = {number: was for number in SIGNALS if (was := signal.getsignal(number)) is not signal.SIG_IGN}
    try:
        yield list(before)
    except Interrupted:
        before = dict.fromkeys(before, signal.SIG_IGN)  # Python would restore the default handlers when it exits
        raise
    finally:
        for number, was in before.items():
            signal.signal(number, was)


async def _cancelled_by(numbers: list[signal.Signals], coroutine: Coroutine[Any, Any, T], heard: list[int]) -> T:
    import asyncio

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task

    def cancel(number: int, _: FrameType | None) -> None:
        heard.append(number)
        if len(heard) == 1 and not task.done():
            loop.call_soon_threadsafe(task.cancel)

    for number in numbers:  # not by the event loop, which restores the killing handlers when it ends
        signal.signal(number, cancel)
    try:
        return await coroutine
    except asyncio.CancelledError:
        raise Interrupted(heard[0]) from None


def _raise(number: int, _: FrameType | None) -> None:
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Interrupted(number)
