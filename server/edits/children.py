"""Compiles in children: killed at the limits, with their client, and with the server (ADR 65).

Each user has one at a time, so that a user's compiles wait for that user's. A child is a fork of a process that has
imported the compiler and the server; it reaches no file.
"""

from __future__ import annotations

import asyncio
import io
import pickle
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any, TypeVar

import server
from compiler.errors import Loc, ReelError
from compiler.supervise.children.fork_server import ForkServer
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import Answer, ChildLimits, answer_of
from compiler.supervise.temporary import nameless_file
from server.problem import Problem, render_problem
from server.settings import Settings
from server.tasks import until_first
from server.threads import Turns, computed, in_thread

T = TypeVar("T")
Wait = Callable[[], Awaitable[object]]

MODULE = "server.edits.compile_child"
OUT_OF_MEMORY, TOO_LARGE = 3, 4
"""Exit codes of the child."""

KILLED = (-6, -9, -11)
"""Exit codes of a program that lacks memory and cannot say so: aborted, killed by the kernel, at a wrong address."""

client_gone: ContextVar[Wait | None] = ContextVar("client_gone", default=None)
"""A function that returns when the client of the current request has disconnected; None outside requests."""

_PURE = ("costs", "emit", "errors", "ir", "lower", "model", "passes", "pipeline", "profiles", "timeline")
"""Modules of the compiler whose classes are values, and do nothing when they are made."""

_VALUES = {("builtins", name) for name in ("set", "frozenset", "range", "slice", "complex")}
_VALUES |= {("fractions", "Fraction"), ("decimal", "Decimal"), ("collections", "Counter")}


class ClientGone(Exception):
    """The client disconnected before the answer was ready."""


class CompileChildren:
    """Runs work of `compile_child` in children."""

    def __init__(self, settings: Settings) -> None:
        self._within, self._memory = settings.compile_within, settings.compile_memory
        self._turns = Turns(settings.compiles_at_once, 1)
        self._server = ForkServer([MODULE], [Path(server.__file__).parent])
        self._stopping = asyncio.Event()

    async def run(self, uid: str, work: Callable[..., T], *given: object) -> T:
        """The result of a work, once it is the user's turn.

        Problems: those of the work, 422 RC211 beyond a limit, 503 when the server shuts down. ClientGone.
        """
        gone = client_gone.get()
        ending = (wait() for wait in (self._stopping.wait, gone) if wait)
        done, *_ = await until_first(self._in_turn(uid, work, given), *ending)
        if done:
            try:
                value: T = _value(done.result())
            finally:
                del done  # its exception holds this frame: together they would wait for the garbage collector
            return value
        if self._stopping.is_set():
            raise Problem(503, "shutting_down", "the server is shutting down: try again", headers={"Retry-After": "5"})
        raise ClientGone

    def stop(self) -> None:
        """Kill every child; callers get 503."""
        self._stopping.set()

    def close(self) -> None:
        """End the fork server."""
        self._server.close()

    async def _in_turn(self, uid: str, work: Callable[..., object], given: tuple[object, ...]) -> Any:
        async with self._turns.of(uid):
            with nameless_file() as request:
                await in_thread(pickle.dump, (work, given), request, pickle.HIGHEST_PROTOCOL)
                request.seek(0)
                answer = await self._answer(request)
        if answer.exit_code:
            raise self._refusal(answer)
        return await computed(load, answer.stdout)

    async def _answer(self, request: IO[bytes]) -> Answer:
        limits = ChildLimits(memory=self._memory, cpu=int(self._within) + 1, nice=5)
        try:
            child = await self._server.start(MODULE, [], limits, Reach(()), request)
            return await answer_of(child, self._within, self._memory)
        except TimeoutError:
            raise too_heavy(f"takes longer than {self._within:g} s to compile") from None

    def _refusal(self, answer: Answer) -> Exception:
        if answer.exit_code == TOO_LARGE:
            return too_heavy("compiles to a graph that is too large")
        if answer.exit_code == OUT_OF_MEMORY or answer.exit_code in KILLED:
            return too_heavy(f"takes more than {self._memory >> 20} MiB of memory to compile")
        return RuntimeError(f"a compile ended with exit code {answer.exit_code}: {answer.stderr.strip()}")


def too_heavy(why: str) -> Problem:
    """422 RC211 for an edit that does what `why` says."""
    hint = "use fewer clips, keyframes and ramps, or make several films"
    return render_problem(ReelError("RC211", Loc(), f"this edit {why}", hint=hint))


def _value(answer: tuple[Any, ...]) -> Any:
    kind, *rest = answer
    if kind == "problem":
        status, error, message, members = rest
        raise Problem(status, error, message, **members)
    return rest[0]


def load(written: bytes) -> tuple[Any, ...]:
    """What a child answers: values of the compiler's own classes, and nothing that could do something."""
    loaded: tuple[Any, ...] = _Values(io.BytesIO(written)).load()
    return loaded


class _Values(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        package, _, rest = module.partition(".")
        pure = package == "compiler" and rest.partition(".")[0] in _PURE and isinstance(found, type)
        if pure or (module, name) in _VALUES:
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no value of a compiled edit")
