"""Work in a thread that the end of the process does not wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def begun(work: Callable[[], T]) -> Future[T]:
    """The result of `work`, which begins at once in a thread of its own.

    The threads of a pool are waited for when the process ends, also after an interrupt: minutes, where a large file is
    being read.
    """
    result: Future[T] = Future()

    def run() -> None:
        result.set_running_or_notify_cancel()
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    Thread(target=run, name="background", daemon=True).start()
    return result
