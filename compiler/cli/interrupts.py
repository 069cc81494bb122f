"""Signals that ask the program to end: what runs is cancelled, cleans up after itself, and one line says so."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")


class Interrupted(BaseException):
    """Somebody asked the program to end by this signal, and nothing of it runs any more."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """As shells have it: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.number


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, each of SIGNALS raises Interrupted; one that was ignored from the start, as by nohup, stays ignored."""
    before = {number: signal.getsignal(number) for number in _heeded()}
    for number in before:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns; Interrupted if a signal cancelled it, once it has ended, however many more came."""
    before = {number: signal.getsignal(number) for number in _heeded()}
    try:
        return asyncio.run(_cancelled_by_signals(coroutine))
    finally:  # the loop that heard the signals leaves Python's own handlers behind
        for number, was in before.items():
            signal.signal(number, was)


async def _cancelled_by_signals(coroutine: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task
    heard: list[int] = []

    def cancel(number: int) -> None:
        heard.append(number)
        if len(heard) == 1:
            task.cancel()

    for number in _heeded():
        loop.add_signal_handler(number, cancel, number)
    try:
        return await coroutine
    except asyncio.CancelledError:
        raise Interrupted(heard[0]) from None


def _heeded() -> list[signal.Signals]:
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


def _raise(number: int, _: FrameType | None) -> None:
    raise Interrupted(number)
