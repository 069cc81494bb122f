"""What a render takes from the cache of units, and what it leaves there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from compiler.errors import Notice

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
        """The media that it depends on."""

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
        """Copy an entry to `target`; False if there is none that is whole."""

    def put(self, key: str, made: Path) -> None:
        """Keep a copy of a file under a key."""

    def forget(self, keys: Sequence[str]) -> None:
        """Remove the entries of these keys."""

    def content(self, path: str) -> str:
        """The content of a file."""

    def unchanged(self, paths: Sequence[str]) -> bool:
        """Whether these files are as they were when their contents were asked for."""


class Kept:
    """The entries of one render's steps; without a cache there are none.

    The film is an entry too. It depends on every step: its key is the hash of all keys.
    """

    def __init__(self, cache: KeptUnits | None, steps: Sequence[Step], content: Content | None = None) -> None:
        self._cache, self._steps = cache, steps
        self._content = cache.content if cache else content
        self.keys: dict[int, str] = {}
        """The key of each step; none without a cache, unless the contents of files are known otherwise."""
        self.taken = False
        """Whether anything came from the cache."""

    @property
    def notices(self) -> list[Notice]:
        """What went wrong with the cache."""
        return self._cache.notices if self._cache else []

    async def look(self) -> None:
        """Compute the keys of all steps; a file that cannot be read leaves its steps without."""
        if self._content:
            self.keys = await asyncio.to_thread(keys_of, self._steps, self._content)

    async def take_film(self, folder: Path, part: Path) -> bool:
        """Take the whole film, with what its steps report, if all of it is there."""
        reports = [n for n, step in enumerate(self._steps) if step.reported]
        last = len(self._steps) - 1
        if not self._cache or not all(n in self.keys and self._cache.has(self.keys[n]) for n in (*reports, last)):
            return False
        wanted = [(n, folder / str(self._steps[n].made)) for n in reports]
        return all([await self._take(n, target) for n, target in (*wanted, (last, part))])

    async def take(self, number: int, folder: Path) -> bool:
        """Take what a step makes, other than the film."""
        made = self._steps[number].made
        return made is not None and await self._take(number, folder / made)

    async def keep(self, number: int, made: Path) -> None:
        """Keep what a step has made, unless its media changed meanwhile."""
        if self._cache and number == len(self._steps) - 1 and not self._cache.keeps_films:
            return
        if self._cache and number in self.keys and self._cache.unchanged(self._steps[number].opens):
            await asyncio.to_thread(self._cache.put, self.keys[number], made)

    async def forget(self) -> None:
        """Remove the entries of all steps: the film that they make is wrong."""
        if self._cache:
            await asyncio.to_thread(self._cache.forget, [*self.keys.values()])

    async def _take(self, number: int, target: Path) -> bool:
        if not self._cache or number not in self.keys:
            return False
        found = await asyncio.to_thread(self._cache.get, self.keys[number], target)
        self.taken = self.taken or found
        return found


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
