"""Copies of footage that are damaged, swapped or taken away in the cache: they make no film, and come anew."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from compiler.errors import Loc, ReelError, ReelErrors
from compiler.supervise.films.verdict import KILLED, OUT_OF_MEMORY
from server import threads
from server.checksums import BLOCK, Hashing
from server.exports import render as rendering
from server.footage.cache import MediaCache
from server.settings import Settings
from server.storage.folder import FolderStore
from server.storage.objects import Stat, StoreFailed
from server.threads import PIECE
from tests.server.editing import RENDER
from tests.server.faults import FaultStore
from tests.server.in_process import in_process
from tests.server.test_cache import opened, run
from tests.server.test_export_faults import a_project
from tests.server.waiting import PATIENCE, reached

CONTENT = b"what was recorded " * 8000
SUMS = {"key": hashlib.sha256(CONTENT).hexdigest()}
Harm = Callable[[Path], object]


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flipped(path: Path) -> None:
    before = path.stat()
    with path.open("r+b") as file:
        file.write(bytes([path.read_bytes()[0] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))  # the kernel's clock may not have gone on


def swapped(path: Path) -> None:
    coming = path.with_name("coming")
    coming.write_bytes(bytes(path.stat().st_size))
    coming.replace(path)


HARMS = [cut, flipped, swapped, Path.unlink]


async def stored(store: FaultStore) -> Stat:
    return await store.put("key", CONTENT)


def wrong() -> ReelError:
    """What a render says of a damaged file."""
    return ReelError("RC604", Loc(), "a media file is damaged")


async def is_right(cache: MediaCache, stat: Stat) -> bool:
    """Whether the next one who uses a copy has the right one."""
    async with cache.held([stat], checksums=SUMS):
        return cache.path(stat).read_bytes() == CONTENT


@pytest.mark.parametrize("harm", HARMS)
def test_a_copy_that_was_damaged_meanwhile_is_fetched_again(tmp_path: Path, harm: Harm) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await stored(store)
        for each in (cache, cache, opened(tmp_path, store, 10**6)):  # the last is that of the next process
            assert await is_right(each, stat)
            harm(each.path(stat))
        assert await is_right(each, stat)
        assert store.calls.count("stream") == 4

    run(tmp_path, 10**6, scene)


def test_a_copy_that_is_whole_is_fetched_once_by_all_processes(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await stored(store)
        for each in (cache, cache, opened(tmp_path, store, 10**6)):
            assert await is_right(each, stat)
        assert store.calls.count("stream") == 1

    run(tmp_path, 10**6, scene)


class StandingReads(io.FileIO):
    """A file whose reads are counted, and stand until `go`."""

    def __init__(self, path: Path, standing: Standing) -> None:
        super().__init__(path)
        self._standing = standing

    def read(self, size: int | None = -1, /) -> bytes:
        self._standing.reads += 1
        self._standing.go.wait(PATIENCE)
        return super().read(size)


class Standing:
    """Makes comparisons of the file at a path stand until `go`."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._path, self._opened = path, Path.open
        self.reads, self.go = 0, threading.Event()
        monkeypatch.setattr(Path, "open", lambda *given, **named: self._open(*given, **named))
        monkeypatch.setattr(threads, "AT_ONCE", 1)

    def _open(self, path: Path, *given: Any, **named: Any) -> Any:
        if path == self._path and given == ("rb",):
            return StandingReads(path, self)
        return self._opened(path, *given, **named)


async def cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel a task, and let all that follows from it come about that waits for no thread."""
    task.cancel()
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_cancel_ends_the_comparison_of_a_copy_and_nobody_waits_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat, other = await store.put("key", large), await store.put("other", CONTENT)
        await use(cache, stat)
        later = opened(tmp_path, store, 10**8)  # that of the next process
        standing = Standing(later.path(stat), monkeypatch)
        using = asyncio.create_task(use(later, stat))
        await reached(lambda: standing.reads)
        await cancelled(using)
        try:
            async with asyncio.timeout(PATIENCE):
                await use(later, other)
            again = asyncio.create_task(use(later, stat))  # which begins when that one has ended
        finally:
            standing.go.set()
        with pytest.raises(asyncio.CancelledError):
            await using
        await again
        assert standing.reads == 1 + len(large) // PIECE + 1
        assert store.calls.count("stream") == 2

    large = bytes(3 * PIECE)
    sums = {"key": hashlib.sha256(large).hexdigest()}

    async def use(cache: MediaCache, stat: Stat) -> None:
        async with cache.held([stat], checksums=sums):
            pass

    run(tmp_path, 10**8, scene)


@pytest.mark.parametrize("harm", HARMS)
def test_an_error_that_a_damaged_copy_leads_to_is_the_caches(tmp_path: Path, harm: Harm) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await stored(store)

        async def rendered(harm: Harm) -> NoReturn:
            async with cache.held([stat], checksums=SUMS):
                harm(cache.path(stat))
                raise wrong()

        with pytest.raises(ReelError):
            await rendered(Path.stat)
        with pytest.raises(StoreFailed, match="the cache failed"):
            await rendered(harm)
        assert await is_right(cache, stat)

    run(tmp_path, 10**6, scene)


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_made_of_a_copy_that_changed_meanwhile_is_not_taken(tmp_path: Path, harm: Harm) -> None:
    """One that was only taken away was read before that, and was right."""

    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await stored(store)
        gone = harm is Path.unlink
        with contextlib.nullcontext() if gone else pytest.raises(StoreFailed, match="the cache failed"):
            async with cache.held([stat], checksums=SUMS):
                unchanged = cache.watched([stat])
                harm(cache.path(stat))
                assert unchanged([str(cache.path(stat)), "/ffmpeg"]) == gone
                assert await is_right(cache, stat)  # another one, who gets it anew
                assert unchanged([str(cache.path(stat))]) == gone
        assert await is_right(cache, stat)

    run(tmp_path, 10**6, scene)


@pytest.mark.parametrize("harm", HARMS)
def test_a_copy_with_holes_that_was_damaged_is_filled_again(tmp_path: Path, harm: Harm) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        hashing = Hashing()
        hashing.update(CONTENT)
        stat, sums = await stored(store), {"key": hashing.checksums.blocks}

        async def filled() -> bool:
            async with cache.held([stat], sums=sums) as partial:
                assert partial is not None
                await partial.complete()
                return cache.partial_path(stat).read_bytes() == CONTENT

        async def rendered() -> NoReturn:
            async with cache.held([stat], sums=sums) as partial:
                assert partial is not None
                await partial.fill(partial_file(cache, stat), 0, BLOCK)
                harm(cache.partial_path(stat))
                raise wrong()

        with pytest.raises(StoreFailed, match="the cache failed"):
            await rendered()
        assert await filled()

        with contextlib.nullcontext() if harm is flipped else pytest.raises(StoreFailed, match="the cache failed"):
            async with cache.held([stat], sums=sums):
                harm(cache.partial_path(stat))
                if harm is not flipped:
                    assert await filled()  # by another one, in a file of its own

    run(tmp_path, 10**6, scene)


def rotted(path: Path) -> None:
    """Change a file, and nothing that its folder knows of it."""
    before = path.stat()
    flipped(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


OF_THE_MACHINE = [("RC608", "no frame for 60 s"), ("RC609", "too long"), ("RC607", KILLED), ("RC607", OUT_OF_MEMORY)]


@pytest.mark.parametrize(("code", "message"), OF_THE_MACHINE)
def test_an_error_that_tells_of_the_machine_reads_no_copy_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await stored(store)

        async def rendered(harm: Harm) -> NoReturn:
            async with cache.held([stat], checksums=SUMS):
                harm(cache.path(stat))
                raise ReelError(code, Loc(), message)

        standing = Standing(cache.path(stat), monkeypatch)
        standing.go.set()
        with pytest.raises(ReelError):
            await rendered(rotted)
        assert not standing.reads
        with pytest.raises(StoreFailed, match="the cache failed"):
            await rendered(cut)  # which is seen without that

    run(tmp_path, 10**6, scene)


@pytest.mark.parametrize("code", ["RC603", "RC604", "RC605", "RC606", "RC607", "RC610"])
def test_an_error_that_damage_may_lead_to_finds_a_copy_that_rotted(tmp_path: Path, code: str) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await stored(store)

        async def rendered() -> NoReturn:
            async with cache.held([stat], checksums=SUMS):
                rotted(cache.path(stat))
                raise ReelErrors([ReelError("RC608", Loc(), "no frame"), ReelError(code, Loc(), "ffmpeg failed")])

        with pytest.raises(StoreFailed, match="the cache failed"):
            await rendered()
        assert await is_right(cache, stat)

    run(tmp_path, 10**6, scene)


@pytest.mark.parametrize("with_holes", [False, True])
def test_copies_in_use_are_compared_when_that_is_asked_for(tmp_path: Path, with_holes: bool) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        hashing = Hashing()
        hashing.update(CONTENT)
        stat, sums = await stored(store), {"key": hashing.checksums.blocks} if with_holes else {}

        async def made(harm: Harm) -> None:
            async with cache.held([stat], checksums=SUMS, sums=sums) as partial:
                if partial:
                    await partial.complete()
                harm(cache.partial_path(stat) if with_holes else cache.path(stat))
                await cache.check([stat], SUMS, sums)

        await made(Path.stat)
        with pytest.raises(StoreFailed, match="the cache failed"):
            await made(rotted)
        await made(Path.stat)

    run(tmp_path, 10**6, scene)


def partial_file(cache: MediaCache, stat: Stat) -> tuple[int, int]:
    found = cache.partial_path(stat).stat()
    return found.st_dev, found.st_ino


def test_an_export_that_conceals_the_damage_of_a_copy_makes_no_film(
    tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"

    async def whole() -> None:
        async with in_process(Settings(data=data), FolderStore(data / "objects")) as server:
            project_id = await a_project(server.client, game)

            async def render(compiled: Any, *_: Any, on_concealing: Any, **__: Any) -> None:
                (copy,) = (data / "local" / "footage").iterdir()
                rotted(copy)
                on_concealing(compiled)

            monkeypatch.setattr(rendering, "render_reel", render)
            for export_id in "ab":
                answer = await server.client.post(RENDER, json={"project_id": project_id, "export_id": export_id})
                assert (answer.status_code, answer.json()["error"]) == (500, "storage_error"), answer.text

    asyncio.run(whole())


def test_an_export_keeps_no_unit_of_a_copy_that_changed_and_may_be_repeated(
    tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"

    async def whole() -> None:
        async with in_process(Settings(data=data), FolderStore(data / "objects")) as server:
            project_id = await a_project(server.client, game)
            kept: list[bool] = []

            async def render(*_: Any, cache: Any, **__: Any) -> NoReturn:
                (copy,) = (data / "local" / "footage").iterdir()
                kept.append(cache.unchanged([str(copy.absolute())]))
                flipped(copy)
                kept.append(cache.unchanged([str(copy.absolute())]))
                raise wrong()

            monkeypatch.setattr(rendering, "render_reel", render)
            for export_id in "ab":
                answer = await server.client.post(RENDER, json={"project_id": project_id, "export_id": export_id})
                assert (answer.status_code, answer.json()["error"]) == (500, "storage_error"), answer.text
            assert kept == [True, False] * 2

    asyncio.run(whole())
