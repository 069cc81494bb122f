"""Copies of objects that have holes: blocks are fetched when they are read, each once, and compared with checksums."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from compiler.supervise.children.reads import FileId
from server.checksums import BLOCK, SUM, block_is
from server.logs import logger
from server.storage.objects import DamagedObject, ObjectStore, Stat, StoreFailed, WholeAnswered
from server.threads import in_thread

PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds before the further attempts at a fetch; each goes on where the one before it ended."""

WITHIN, ATTEMPT_WITHIN = 40.0, 15.0
"""Seconds in which the next block must arrive, in all attempts and in one: less than a render may stand still for, and
so short that a connection which went silent is followed by another."""

IN_A_ROW, AHEAD, AT_LEAST = 4, 2, 2
"""After so many blocks that were read in a row, so many are fetched in advance, in requests for so many at least."""

COMPARED_AT_ONCE = 128
"""Blocks of a copy that are compared again in one job of a thread, for which a cancel waits."""


Awaited = dict[int, asyncio.Future[None]]
"""Blocks that are being fetched, by their numbers."""


class PartialCopy:
    """A copy of an object, of the object's size, in a file of its own; `sums` are the checksums of its blocks."""

    def __init__(self, store: ObjectStore, stat: Stat, sums: bytes, path: Path) -> None:
        self._store, self._stat, self._sums, self._path, self.size = store, stat, sums, path, stat.size
        try:
            with path.open("xb") as file:
                file.truncate(stat.size)
            found = path.stat()
        except OSError:
            path.unlink(missing_ok=True)  # no copy knows this file: its name would be taken for good
            raise
        self.file: FileId = found.st_dev, found.st_ino
        self._has = bytearray(len(sums) // SUM)
        self._coming: Awaited = {}
        self._differed: set[int] = set()
        """Blocks that did not match their checksums when they came last: what changed them may have been the way."""
        self._fetches: set[asyncio.Task[None]] = set()
        self._of_whole: Awaited | None = None
        """What waits for the fetch of the whole object, if that is under way."""

    @property
    def filled(self) -> int:
        """The number of bytes that are there."""
        return min(sum(self._has) * BLOCK, self.size)

    def ready(self, start: int, stop: int) -> bool:
        """Whether the bytes from `start` to `stop` are there; those that follow may be fetched in advance."""
        blocks = _blocks(start, stop)
        if not all(self._has[n] for n in blocks):
            return False
        if blocks and (ahead := self._ahead(blocks.stop)):
            self._begin(ahead)
        return True

    async def fill(self, start: int, stop: int) -> None:
        """Return when the bytes from `start` to `stop` are there.

        StoreFailed, Missing; ChangedObject, DamagedObject for an object that is not what it was.
        """
        lacking = [n for n in _blocks(start, stop) if not self._has[n]]
        for run in _runs(n for n in lacking if n not in self._coming):
            self._begin(run)
        await asyncio.gather(*(asyncio.shield(self._coming[n]) for n in lacking))

    def close(self) -> None:
        """Stop every fetch."""
        for task in self._fetches:
            task.cancel()

    def is_there(self) -> bool:
        """Whether the file is the one that was made, in its whole length."""
        try:
            found = self._path.stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino, found.st_size) == (*self.file, self.size)

    async def is_whole(self) -> bool:
        """Whether the file is there and its blocks match their checksums; those that do not are fetched again."""
        there, whole = [n for n, has in enumerate(self._has) if has], True
        try:
            with self._path.open("rb", buffering=0) as file:
                for at in range(0, len(there), COMPARED_AT_ONCE):
                    for n in await in_thread(self._wrong, file, there[at : at + COMPARED_AT_ONCE]):
                        self._has[n], whole = 0, False
        except OSError:
            return False
        return whole and self.is_there()

    def _wrong(self, file: BinaryIO, numbers: Iterable[int]) -> list[int]:
        """Those of the blocks that do not match their checksums."""
        return [n for n in numbers if not block_is(n, os.pread(file.fileno(), BLOCK, n * BLOCK), self._sums)]

    def _ahead(self, at: int) -> range:
        """The blocks from `at` on that are worth a fetch in advance."""
        there = all(n >= 0 and (self._has[n] or n in self._coming) for n in range(at - IN_A_ROW, at))
        most = min(at + AHEAD, len(self._has)) if there else at
        lacking = [n for n in range(at, most) if not self._has[n] and n not in self._coming]
        run = next(_runs(lacking), range(0))
        return run if len(run) >= AT_LEAST else range(0)

    def _begin(self, blocks: range) -> None:
        loop = asyncio.get_running_loop()
        awaited = self._awaited(blocks)
        task = loop.create_task(self._fetch(blocks, awaited), name=f"parts of {self._stat.key}")
        self._fetches.add(task)
        task.add_done_callback(self._fetches.discard)

    def _awaited(self, blocks: range) -> Awaited:
        """A future for each of these blocks that is neither there nor fetched already."""
        loop = asyncio.get_running_loop()
        awaited = {n: loop.create_future() for n in blocks if not self._has[n] and n not in self._coming}
        self._coming |= awaited
        return awaited

    async def _fetch(self, blocks: range, awaited: Awaited) -> None:
        """Fetch blocks, which others wait for."""
        try:
            await self._patiently(blocks, awaited)
        except TimeoutError:
            self._fail(awaited, StoreFailed(f"{self._stat.key}: no block came for {WITHIN:g} s"))
        except OSError as error:
            self._fail(awaited, StoreFailed(f"the cache failed: {error.strerror}"))
        except Exception as error:
            self._fail(awaited, error)
        except asyncio.CancelledError:
            self._fail(awaited, StoreFailed("the server is shutting down"))
            raise
        finally:
            if self._of_whole is awaited:
                self._of_whole = None

    async def _patiently(self, blocks: range, awaited: Awaited) -> None:
        """Fetch blocks in several attempts; the whole object, once, from a store that does not answer ranges."""
        whole = False
        async with asyncio.timeout(WITHIN) as timeout:
            for pause in PAUSES:
                try:
                    return await self._stream(blocks, whole, timeout)
                except StoreFailed as error:
                    logger.warning("footage is fetched again", extra={"key": self._stat.key, "why": str(error)})
                    if isinstance(error, WholeAnswered):
                        if self._of_whole is not None:  # which brings these blocks, too
                            self._of_whole |= awaited
                            return None
                        blocks, whole, self._of_whole = range(len(self._has)), True, awaited
                        awaited |= self._awaited(blocks)
                await asyncio.sleep(pause)
            return await self._stream(blocks, whole, timeout)

    async def _stream(self, blocks: range, whole: bool, all_attempts: asyncio.Timeout) -> None:
        """Fetch the blocks that are lacking, from the first of them on; or the whole object."""
        try:
            async with asyncio.timeout(ATTEMPT_WITHIN) as attempt:
                await self._streamed(blocks, whole, {all_attempts: WITHIN, attempt: ATTEMPT_WITHIN})
        except TimeoutError as error:
            raise StoreFailed(f"{self._stat.key}: no block came for {ATTEMPT_WITHIN:g} s") from error

    async def _streamed(self, blocks: range, whole: bool, timeouts: Mapping[asyncio.Timeout, float]) -> None:
        """The same; each block that comes gives the timeouts their seconds anew."""
        first = 0 if whole else next((n for n in blocks if not self._has[n]), blocks.stop)
        if first == blocks.stop:
            return
        start, stop = (0, None) if whole else (first * BLOCK, min(blocks.stop * BLOCK, self.size))
        came = bytearray()
        with self._path.open("r+b", buffering=0) as file:
            async for piece in self._store.stream(self._stat.key, start, stop, etag=self._stat.etag):
                came += piece
                before, first = first, await self._arrived(file, first, came, stop or self.size)
                for timeout, seconds in timeouts.items():
                    if first > before:
                        timeout.reschedule(asyncio.get_running_loop().time() + seconds)
        if first < blocks.stop:
            raise StoreFailed(f"{self._stat.key} has {self.size} bytes, of which not all were received")

    async def _arrived(self, file: BinaryIO, first: int, came: bytearray, stop: int) -> int:
        """Write the blocks that `came` has whole, remove them from it, and return the number of the next one."""
        while came and len(came) >= (size := min(BLOCK, stop - first * BLOCK)):
            block = bytes(came[:size])
            if not block_is(first, block, self._sums):
                if first in self._differed:
                    raise DamagedObject(self._stat.key)
                self._differed.add(first)
                raise StoreFailed(f"block {first} came changed")
            await in_thread(self._write, file, first, block)
            self._has[first] = 1
            self._differed.discard(first)
            if first in self._coming:
                self._coming.pop(first).set_result(None)
            del came[:size]
            first += 1
        return first

    @staticmethod
    def _write(file: BinaryIO, number: int, block: bytes) -> None:
        """Write a block, all of it: a disk that fills up takes the beginning of what it is given, without an error."""
        file.seek(number * BLOCK)
        while block:
            block = block[file.write(block) :]

    def _fail(self, awaited: Awaited, error: Exception) -> None:
        for n, future in awaited.items():
            if not future.done():
                del self._coming[n]
                future.set_exception(error)
                future.exception()  # blocks in advance have no reader that retrieves it


class PartialFiles:
    """Copies with holes, by their files: what a render reads of them is filled first."""

    def __init__(self, copies: Iterable[PartialCopy]) -> None:
        self._copies = {copy.file: copy for copy in copies}

    def size(self, file: FileId) -> int | None:
        """The size of such a copy; None for all other files."""
        return self._copies[file].size if file in self._copies else None

    def ready(self, file: FileId, start: int, stop: int) -> bool:
        """Whether the bytes from `start` to `stop` are there; those that follow may be fetched in advance."""
        return self._copies[file].ready(start, stop)

    async def fill(self, file: FileId, start: int, stop: int) -> None:
        """Return when they are there; the exceptions of `PartialCopy.fill`."""
        await self._copies[file].fill(start, stop)

    async def complete(self) -> None:
        """Fill the copies, each to its end."""
        for copy in self._copies.values():
            await copy.fill(0, copy.size)


def _blocks(start: int, stop: int) -> range:
    """The blocks that hold the bytes from `start` to `stop`."""
    return range(start // BLOCK, -(-stop // BLOCK)) if stop > start else range(0)


def _runs(numbers: Iterable[int]) -> Iterator[range]:
    """The runs of consecutive numbers, which are in order."""
    run = range(0)
    for n in numbers:
        if n == run.stop and run:
            run = range(run.start, n + 1)
            continue
        if run:
            yield run
        run = range(n, n + 1)
    if run:
        yield run
