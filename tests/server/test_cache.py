"""The cache of footage: bounded, filled once per file, never emptied during use, whole after a crash."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.footage.cache import MediaCache
from server.problem import Problem
from server.storage.folder import FolderStore
from server.storage.objects import ChangedObject, Missing, Stat, StoreFailed
from tests.server.faults import FaultStore, nth

Scene = Callable[[FaultStore, MediaCache], Awaitable[None]]


def run(tmp_path: Path, limit: int, scene: Scene) -> None:
    async def whole() -> None:
        store = FaultStore(FolderStore(tmp_path / "objects"))
        await scene(store, opened(tmp_path, store, limit))
        await store.close()

    asyncio.run(whole())


def opened(tmp_path: Path, store: FaultStore, limit: int) -> MediaCache:
    return MediaCache(store, tmp_path / "cache", tmp_path / "coming", limit)


async def put(store: FaultStore, key: str, size: int) -> Stat:
    return await store.put(key, key[-1].encode() * size)


def names(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "cache").iterdir()}


def test_an_object_is_fetched_once_however_many_want_it(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await put(store, "a", 1000)
        store.delay = 0.01

        async def use() -> bytes:
            async with cache.held([stat]):
                return cache.path(stat).read_bytes()

        assert set(await asyncio.gather(*(use() for _ in range(5)))) == {b"a" * 1000}
        assert store.calls.count("stream") == 1
        assert cache.absent([stat]) == 0

    run(tmp_path, 2000, scene)


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        a, b, c = [await put(store, key, 1000) for key in "abc"]
        for stat in (a, b, a, c):
            async with cache.held([stat]):
                pass
        assert names(tmp_path) == {cache.path(a).name, cache.path(c).name}
        assert cache.absent([a, b, c]) == 1000

    run(tmp_path, 2000, scene)


def test_what_is_used_stays_and_the_rest_waits_for_room(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        a, b = await put(store, "a", 1500), await put(store, "b", 1500)
        entered = asyncio.Event()

        async def second() -> None:
            async with cache.held([b]):
                entered.set()

        async with cache.held([a]):
            waiting = asyncio.create_task(second())
            for _ in range(20):
                await asyncio.sleep(0)
            assert not entered.is_set()
            assert cache.path(a).is_file()
        await waiting
        assert names(tmp_path) == {cache.path(b).name}

    run(tmp_path, 2000, scene)


def test_more_than_the_cache_may_hold_is_refused(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        a, b = await put(store, "a", 1500), await put(store, "b", 1500)
        with pytest.raises(Problem) as caught:
            async with cache.held([a, b]):
                pass
        assert (caught.value.status, caught.value.error) == (500, "storage_error")
        async with cache.held([a, a]):
            pass

    run(tmp_path, 2000, scene)


def test_what_fails_to_come_leaves_nothing_and_comes_the_next_time(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await put(store, "a", 1000)
        store.plan = nth(1, "swallow", "stream")
        with pytest.raises(StoreFailed):
            async with cache.held([stat]):
                pass
        assert names(tmp_path) == set()
        assert list((tmp_path / "coming").iterdir()) == []
        async with cache.held([stat]):
            assert cache.path(stat).stat().st_size == 1000
        with pytest.raises(Missing):
            async with cache.held([Stat("gone", 3, "e", stat.modified)]):
                pass

    run(tmp_path, 2000, scene)


async def use(cache: MediaCache, stat: Stat) -> None:
    """Have a copy of an object, and use it no longer."""
    async with cache.held([stat]):
        pass


def test_one_who_is_cancelled_leaves_the_others_what_they_wait_for(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await put(store, "a", 1000)
        store.delay = 0.05

        first, second = (asyncio.create_task(use(cache, stat)) for _ in range(2))
        while "stream" not in store.calls:
            await asyncio.sleep(0)
        first.cancel()
        await second
        with pytest.raises(asyncio.CancelledError):
            await first
        assert store.calls.count("stream") == 1
        async with cache.held([stat]):
            pass
        assert store.calls.count("stream") == 1

    run(tmp_path, 1000, scene)


@pytest.mark.parametrize("at_once", [False, True])
def test_the_last_one_who_is_cancelled_ends_the_fetch(tmp_path: Path, at_once: bool) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await put(store, "a", 1000)
        store.delay = 0.01

        both = [asyncio.create_task(use(cache, stat)) for _ in range(2)]
        while "stream" not in store.calls:
            await asyncio.sleep(0)
        for each in both:
            each.cancel()
            if not at_once:
                await asyncio.wait([each])
        await asyncio.wait(both)
        assert cache.path(stat).name not in cache._fetches
        assert names(tmp_path) == set()
        assert list((tmp_path / "coming").iterdir()) == []
        async with cache.held([stat]):
            assert cache.path(stat).stat().st_size == 1000

    run(tmp_path, 1000, scene)


def test_an_object_that_was_replaced_is_not_taken_for_the_one_before(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await put(store, "a", 1000)
        await store.put("a", b"b" * 1000)
        with pytest.raises(ChangedObject):
            async with cache.held([stat]):
                pass
        assert names(tmp_path) == set()

    run(tmp_path, 1000, scene)


def test_the_next_server_finds_what_is_there_and_keeps_to_the_limit(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        a, b = await put(store, "a", 900), await put(store, "b", 900)
        for stat in (a, b):
            async with cache.held([stat]):
                pass
        later = opened(tmp_path, store, 1000)
        assert later.absent([a, b]) == 0
        async with later.held([b]):
            assert names(tmp_path) == {later.path(b).name}
        assert store.calls.count("stream") == 2

    run(tmp_path, 2000, scene)


def test_a_folder_that_somebody_cleared_is_filled_again(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await put(store, "a", 1000)
        for _ in range(2):
            async with cache.held([stat]):
                assert cache.path(stat).stat().st_size == 1000
            shutil.rmtree(tmp_path / "cache")

    run(tmp_path, 2000, scene)


def test_a_copy_that_cannot_be_removed_fails_one_render_and_takes_no_room_from_the_next(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        a, b = await put(store, "a", 1500), await put(store, "b", 1500)
        async with cache.held([a]):
            pass
        cache.path(a).unlink()
        cache.path(a).mkdir()  # as on a disk that is mounted read-only, nothing can be unlinked
        with pytest.raises(StoreFailed, match="the cache failed"):
            async with cache.held([b]):
                pass
        cache.path(a).rmdir()
        for stat in (a, b):
            async with asyncio.timeout(10), cache.held([stat]):
                assert names(tmp_path) == {cache.path(stat).name}

    run(tmp_path, 2000, scene)


def test_paths_hold_wherever_ffmpeg_runs(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await put(store, "a", 10)
        relative = MediaCache(store, Path("cache"), Path("coming"), 10)
        assert relative.path(stat) == Path.cwd() / "cache" / cache.path(stat).name

    run(tmp_path, 2000, scene)


def test_another_users_object_of_the_same_etag_is_another(tmp_path: Path) -> None:
    async def scene(store: FaultStore, cache: MediaCache) -> None:
        stat = await put(store, "a", 10)
        assert cache.path(stat) != cache.path(Stat("b", stat.size, stat.etag, stat.modified))

    run(tmp_path, 2000, scene)
