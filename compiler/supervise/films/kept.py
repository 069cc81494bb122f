"""What a render takes from the cache of units, and what it leaves there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from compiler.errors import Notice
from compiler.supervise.films.side_by_side import ended
from compiler.supervise.unit_cache import State, state_of, unchanging

Content = Callable[[str], str]
"""The content of the file at a path, as text that is the same for the same bytes."""


class Step(Protocol):
    """What is asked of a step of a render: as `RenderStep`."""

    @property
    def identity(self) -> Callable[[Content], str] | None:
        """The identity of what the step makes, given the contents of files."""

    @property
    def made(self) -> str | None:
        """The name of the file that it makes; None for the film."""

    @property
    def opens(self) -> Sequence[str]:
        """The media that it depends on by itself."""

    @property
    def runs(self) -> Sequence[str]:
        """The files of the program that makes it, as paths."""

    @property
    def independent(self) -> bool:
        """Whether it needs nothing that earlier steps make."""

    @property
    def reported(self) -> bool:
        """Whether a warning depends on what it made."""


class KeptUnits(Protocol):
    """Units of earlier renders, in a folder or elsewhere: as `UnitCache`. All but `has` may take long, and run in
    threads."""

    notices: list[Notice]
    keeps_films: bool

    def has(self, key: str) -> bool:
        """Whether there is an entry, damaged or not."""

    def get(self, key: str, target: Path) -> bool:
        """Copy an entry to `target`; False if there is none that is whole. OSError if `target` cannot be written."""

    def put(self, key: str, made: Path) -> None:
        """Keep a copy of a file under a key."""

    def forget(self, keys: Sequence[str]) -> None:
        """Remove the entries of these keys."""

    def content(self, path: str) -> str:
        """The content of a file."""

    def knows(self, paths: Sequence[str]) -> bool:
        """Whether the contents of these files are known without reading them."""

    def unchanged(self, paths: Sequence[str]) -> bool:
        """Whether these files are as they were when their contents were asked for."""


class Kept:
    """The entries of one render's steps; without a cache there are none.

    The film is an entry too. It depends on every step: its key is the hash of all keys. Until `reading` has ended,
    which reads the files whose contents are unknown, nothing is taken from the cache; what is made waits to be kept.
    Nothing is kept of files that do not stay in their `states`.
    """

    def __init__(
        self,
        cache: KeptUnits | None,
        steps: Sequence[Step],
        content: Content | None = None,
        reading: Future[Any] | None = None,
        states: Mapping[str, State] | None = None,
    ) -> None:
        self._cache, self._steps, self._reading = cache, steps, reading
        self._content = cache.content if cache else content
        self._states = dict(states or {})
        """The states in which files were before they were read."""
        self._looking: asyncio.Task[None] | None = None
        self._late: list[asyncio.Task[None]] = []
        self.keys: dict[int, str] = {}
        """The key of each step; none without a cache, unless the contents of files are known otherwise."""
        self.taken = False
        """Whether anything came from the cache."""
        self.doubted = False
        """Whether a step failed at what others had made, or what the cache had of them."""
        self._wrong = False
        """Whether the film that the entries make is wrong."""

    @property
    def notices(self) -> list[Notice]:
        """What went wrong with the cache."""
        return self._cache.notices if self._cache else []

    async def look(self) -> None:
        """Compute the keys of all steps, or begin to; a file that cannot be read leaves its steps without."""
        if not self._content:
            return
        if self._reading is None or self._reading.done():
            self.keys = await asyncio.to_thread(keys_of, self._steps, self._content)
            return
        for path in (*self._opened(len(self._steps)), *self._steps[-1].runs):
            with suppress(OSError):
                self._states.setdefault(path, state_of(path))
        self._looking = asyncio.create_task(self._look_later(self._reading, self._content))

    async def _look_later(self, reading: Future[Any], content: Content) -> None:
        await asyncio.wait([asyncio.wrap_future(reading)])
        self.keys = await asyncio.to_thread(keys_of, self._steps, unchanging(content, self._states))

    async def take_film(self, folder: Path, part: Path) -> bool:
        """Take the whole film, with what its steps report, if all of it is there. OSError if it cannot be written."""
        reports = [n for n, step in enumerate(self._steps) if step.reported]
        last = len(self._steps) - 1
        if not self._cache or not all(n in self.keys and self._cache.has(self.keys[n]) for n in (*reports, last)):
            return False
        wanted = [(n, folder / str(self._steps[n].made)) for n in reports]
        return all([await self._take(n, target) for n, target in (*wanted, (last, part))])

    async def take(self, number: int, folder: Path) -> bool:
        """Take what a step makes, other than the film. OSError if it cannot be written."""
        made = self._steps[number].made
        return made is not None and await self._take(number, folder / made)

    async def keep(self, number: int, made: Path) -> None:
        """Keep what a step has made, now or as soon as its key is known; nothing if a file that it depends on, or the
        program, changed meanwhile."""
        if not self._cache or (number == len(self._steps) - 1 and not self._cache.keeps_films):
            return
        if self._looking is None or self._looking.done():
            await self._keep(self._cache, number, made)
        else:
            self._late.append(asyncio.create_task(self._keep_later(self._cache, self._looking, number, made)))

    async def _keep_later(self, cache: KeptUnits, looking: asyncio.Task[None], number: int, made: Path) -> None:
        await asyncio.wait([looking])
        await self._keep(cache, number, made)

    async def _keep(self, cache: KeptUnits, number: int, made: Path) -> None:
        step = self._steps[number]
        opened = [*(step.opens if step.independent else self._opened(number + 1)), *step.runs]
        if number in self.keys and cache.unchanged(opened) and self._as_seen(opened):
            await asyncio.to_thread(cache.put, self.keys[number], made)

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """The time in which what the steps made is there. What still waits to be kept at its end is not kept: a failure
        is said at once, and a cancel ends at once, also while a large file is read."""
        try:
            yield
        finally:
            await ended([*self._late, *([self._looking] if self._looking else [])])

    async def settle(self) -> None:
        """Keep what waits for it."""
        if self._looking is not None:
            await self._looking
        await asyncio.gather(*self._late)
        self._late.clear()

    async def forget(self) -> None:
        """Remove the entries of all steps, and take none of them again, also where they cannot be removed: the film
        that they make is wrong."""
        self._wrong = True
        if self._cache:
            await asyncio.to_thread(self._cache.forget, [*self.keys.values()])

    async def _take(self, number: int, target: Path) -> bool:
        if not self._cache or self._wrong or number not in self.keys:
            return False
        found = await asyncio.to_thread(self._cache.get, self.keys[number], target)
        self.taken = self.taken or found
        return found

    def _opened(self, until: int) -> list[str]:
        """The files that the steps before a number depend on."""
        return list(dict.fromkeys(path for step in self._steps[:until] for path in step.opens))

    def _as_seen(self, paths: Sequence[str]) -> bool:
        """Whether files are as they were before they were read, where that was noted."""
        with suppress(OSError):
            return all(state_of(path) == self._states[path] for path in paths if path in self._states)
        return False


def keys_of(steps: Sequence[Step], content: Content) -> dict[int, str]:
    """The key of what each step makes, by the step's number; none for a step whose media cannot be read, and then none
    for the film, which depends on all of them."""
    keys: dict[int, str] = {}
    for number, step in enumerate(steps):
        if step.identity is None:
            continue
        with suppress(OSError):  # the render itself says what is wrong with the file
            keys[number] = step.identity(content)
    last = len(steps) - 1
    if len(keys) == len(steps):
        keys[last] = hashlib.sha256("".join(keys.values()).encode()).hexdigest()
    else:
        keys.pop(last, None)
    return keys
