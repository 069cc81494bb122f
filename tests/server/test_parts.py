"""Footage that is fetched in parts: the films of whole footage, from the bytes that their clips need."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from compiler.errors import Loc
from compiler.supervise.probe import probing
from server.checksums import BLOCK, Hashing
from server.edits.compiled import Edit
from server.exports.prepare import Prepared
from server.exports.progress import Tracker
from server.exports.render import Render
from server.footage import by_parts, parts
from server.footage.cache import MediaCache
from server.footage.facts import Facts, write_facts
from server.footage.previews import Kind, Previews
from server.footage.uneven import UnevenTurns
from server.footage.windows import Part
from server.metrics import Metrics
from server.problem import Problem
from server.settings import Settings
from server.storage.folder import FolderStore
from server.storage.objects import ChangedObject, DamagedObject, ObjectStore, Stat, StoreFailed, WholeAnswered
from server.storage.s3 import Bucket, S3Store
from server.storage.tenants import Databases
from server.threads import checksums_of_file
from tests.server import parted
from tests.server.faults import files_bounded_to, nth
from tests.server.parted import KEY, CountingStore, compiled, footage, needed, rendered
from tests.server.waiting import PATIENCE, reached

WINDOWS = [(1.8 + 6 * n, 4.8 + 6 * n) for n in range(6)]
SHORT = [(2.5, 2.8)]

Scene = Callable[[CountingStore, MediaCache], Awaitable[None]]


@pytest.fixture(scope="session")
def noise(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Path:
    """A file of 38 s with its index at the end, as ffmpeg writes it."""
    return parted.make(tmp_path_factory.mktemp("noise") / "noise.mp4", embedded, 38)


def run(folder: Path, scene: Scene, store: ObjectStore | None = None) -> None:
    async def whole() -> None:
        counting = CountingStore(store or FolderStore(folder / "objects"))
        cache = MediaCache(counting, folder / "cache", folder / "coming", 1 << 30)
        await scene(counting, cache)
        await cache.close()
        await counting.close()

    asyncio.run(whole())


def whole_of(cache: MediaCache, found: tuple[Stat, Facts]) -> tuple[Stat, Facts]:
    """The same footage, to be fetched whole."""
    stat, facts = found
    return stat, replace(facts, media=replace(facts.media, path=str(cache.path(stat))))


@pytest.fixture(params=["folder", pytest.param("seaweedfs", marks=pytest.mark.further)])
def real_store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """A store that sends a range without reading all of the object, as moto does."""
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    return S3Store(replace(request.getfixturevalue("weed_bucket"), prefix="parts/"))


def test_six_clips_read_what_they_need(real_store: ObjectStore, tmp_path: Path, noise: Path) -> None:
    async def scene(store: CountingStore, cache: MediaCache) -> None:
        found = await footage(store, cache, noise)
        await rendered(store, cache, found, WINDOWS, tmp_path / "film.mp4")
        assert store.streamed <= 1.2 * needed(noise, WINDOWS)

    run(tmp_path, scene, real_store)


@pytest.mark.parametrize("kind", ["strip", "peaks", "proxy"])
def test_a_preview_of_a_window_reads_what_the_window_needs(tmp_path: Path, noise: Path, kind: Kind) -> None:
    async def scene(store: CountingStore, cache: MediaCache) -> None:
        await store.put_file(KEY, noise)
        await write_facts(store, KEY, (await probing([(noise, Loc())]))[noise], await checksums_of_file(noise))
        settings = Settings(data=tmp_path)
        previews = Previews(settings, store, cache, Metrics(Databases(store, tmp_path / "local")))
        await previews.have(Part(KEY, 20.3, 26.3), kind)
        assert store.streamed <= 1.2 * needed(noise, [(20.3, 26.3)])
        await previews.have(Part(KEY, 20.3, 26.3), kind)

    run(tmp_path, scene)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("end.mp4", ()),
        ("front.mp4", ("-movflags", "+faststart")),
        ("film.mov", ()),
        ("gradual.mp4", ("-x264-params", "intra-refresh=1")),  # which reelc decodes by itself
        ("film.mkv", ()),
        ("cues.mkv", ("-reserve_index_space", "4096")),
    ],
)
def test_the_film_is_that_of_the_whole_file(
    tmp_path: Path, embedded: str, monkeypatch: pytest.MonkeyPatch, name: str, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(by_parts, "SMALLEST", 0)
    source = parted.make(tmp_path / name, embedded, 5, *options)

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        found = await footage(store, cache, source)
        assert found[1].media.path == str(cache.partial_path(found[0]))
        film = await rendered(store, cache, found, SHORT, tmp_path / "parts.mp4")
        assert store.streamed < source.stat().st_size
        assert await rendered(store, cache, whole_of(cache, found), SHORT, tmp_path / "whole.mp4") == film

    run(tmp_path, scene)


def test_a_damaged_file_is_concealed_as_if_it_were_whole(
    tmp_path: Path, embedded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The closer look reads files unwatched, so that they are filled to their ends before."""
    monkeypatch.setattr(by_parts, "SMALLEST", 0)
    source = parted.make(tmp_path / "damaged.mp4", embedded, 4)
    data = bytearray(source.read_bytes())
    at = len(data) * 5 // 8
    data[at : at + 150_000] = bytes(150_000)
    source.write_bytes(data)

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        found = await footage(store, cache, source)
        film = await rendered(store, cache, found, [(1.5, 3.0)], tmp_path / "parts.mp4")
        assert store.streamed == source.stat().st_size
        assert await rendered(store, cache, whole_of(cache, found), [(1.5, 3.0)], tmp_path / "whole.mp4") == film

    run(tmp_path, scene)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Path:
    return parted.make(tmp_path_factory.mktemp("small") / "small.mp4", embedded, 4)


@pytest.mark.parametrize("fault", ["fail", "swallow"])
def test_a_store_that_fails_during_a_render_is_asked_again(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setattr(by_parts, "SMALLEST", 0)
    monkeypatch.setattr(parts, "PAUSES", (0, 0))

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        found = await footage(store, cache, small)
        store.plan = nth(2, fault, "stream")
        film = await rendered(store, cache, found, SHORT, tmp_path / "parts.mp4")
        store.plan = lambda n, name: None
        assert await rendered(store, cache, whole_of(cache, found), SHORT, tmp_path / "whole.mp4") == film

    run(tmp_path, scene)


@pytest.mark.parametrize("ending", ["mp4", "ts"])
def test_a_store_that_goes_away_during_a_render_ends_it(
    tmp_path: Path, small: Path, embedded: str, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Whether ffmpeg reads the footage, or reelc's own reader."""
    monkeypatch.setattr(by_parts, "SMALLEST", 0)
    monkeypatch.setattr(parts, "PAUSES", (0, 0))
    source = tmp_path / f"source.{ending}"
    subprocess.run([embedded, "-v", "error", "-i", str(small), "-c", "copy", str(source)], check=True)

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        found = await footage(store, cache, source)
        asked = 0

        def plan(_: int, name: str) -> Any:
            nonlocal asked
            asked += name == "stream"
            return "fail" if asked > 3 else None

        store.plan = plan
        with pytest.raises(StoreFailed, match="planned"):
            await rendered(store, cache, found, SHORT, tmp_path / "parts.mp4")
        assert not (tmp_path / "parts.mp4").exists()

    run(tmp_path, scene)


@pytest.mark.parametrize("how", ["footage_changed", "video_not_found"])
def test_footage_that_is_replaced_or_lost_during_a_render_ends_it_and_names_the_clip(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(by_parts, "SMALLEST", 0)
    clip = {"raw_clip_id": "r_one", "clip_key": "c_one", "name": "a clip"}
    raw = {"id": "r_one", "object_key": parted.KEY, "name": "game.mp4"}
    project = {"id": "p", "name": "A film"}
    edit = cast(Edit, SimpleNamespace(clips=[clip], raws={"r_one": raw}, project=project, deleted=()))

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        found = await footage(store, cache, small)
        settings = Settings(data=tmp_path / "data")
        render = Render(settings, store, cache, cast(Any, None), UnevenTurns(), lambda: "now")
        await (store.put_file(parted.KEY, small) if how == "footage_changed" else store.delete(parted.KEY))
        prepared = Prepared(edit, compiled(found[1], SHORT), (found,))
        with pytest.raises(Problem) as caught:
            await render.film("u_one", "v_one", prepared, Tracker("e_one"), 0)
        assert (caught.value.status, caught.value.error) == (500, how)
        assert caught.value.body()["clip_id"] == "c_one"

    run(tmp_path, scene)


async def put(store: CountingStore, cache: MediaCache, folder: Path, blocks: int) -> parts.PartialCopy:
    """A copy with holes of so many blocks, of which the last is short."""
    body = Random(1).randbytes(blocks * BLOCK - 7)
    hashing = Hashing()
    hashing.update(body)
    stat = await store.put("key", body)
    return parts.PartialCopy(store, stat, hashing.checksums.blocks, folder / "copy")


def test_a_block_is_fetched_once_however_many_want_it(tmp_path: Path) -> None:
    async def scene(store: CountingStore, cache: MediaCache) -> None:
        copy = await put(store, cache, tmp_path, 10)
        store.delay = 0.01
        await asyncio.gather(*(copy.fill(BLOCK + n, 3 * BLOCK) for n in range(5)), copy.fill(0, 2 * BLOCK))
        assert store.streamed == 3 * BLOCK
        await copy.fill(0, copy.size)
        assert store.streamed == copy.size == copy.filled
        assert (tmp_path / "copy").read_bytes() == await store.get("key")

    run(tmp_path, scene)


def test_a_block_that_the_disk_takes_in_part_is_not_there(tmp_path: Path) -> None:
    async def scene(store: CountingStore, cache: MediaCache) -> None:
        copy = await put(store, cache, tmp_path, 40)
        with files_bounded_to(39 * BLOCK + 1000), pytest.raises(StoreFailed, match="the cache failed"):
            await copy.fill(39 * BLOCK, copy.size)
        assert not copy.ready(39 * BLOCK, copy.size)
        await copy.fill(0, copy.size)
        assert (tmp_path / "copy").read_bytes() == await store.get("key")

    run(tmp_path, scene)


def test_a_cancel_ends_the_comparison_of_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, go, reads = os.pread, threading.Event(), 0

    def standing(file: int, size: int, at: int) -> bytes:
        nonlocal reads
        reads += 1
        go.wait(PATIENCE)
        return read(file, size, at)

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        copy = await put(store, cache, tmp_path, 4)
        await copy.fill(0, copy.size)
        with (tmp_path / "copy").open("r+b") as file:
            file.write(b"damage")
        monkeypatch.setattr(parts, "COMPARED_AT_ONCE", 1)
        monkeypatch.setattr(os, "pread", standing)
        comparing = asyncio.create_task(copy.is_whole())
        await reached(lambda: reads)
        comparing.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await comparing
        assert reads == 1
        assert not await copy.is_whole()
        assert await copy.is_whole()  # without the block, which is fetched again
        assert reads == 1 + 4 + 3

    run(tmp_path, scene)


def test_a_copy_that_cannot_be_made_is_made_later(tmp_path: Path) -> None:
    async def scene(store: CountingStore, cache: MediaCache) -> None:
        hashing, body = Hashing(), bytes(40 * BLOCK)
        hashing.update(body)
        stat, sums = await store.put("key", body), {"key": hashing.checksums.blocks}
        with files_bounded_to(39 * BLOCK), pytest.raises(StoreFailed, match="the cache failed"):
            async with cache.held([stat], sums=sums):
                pass
        async with cache.held([stat], sums=sums) as partial:
            assert partial is not None

    run(tmp_path, scene)


@pytest.mark.parametrize("ends_well", [True, False])
def test_a_fetch_goes_on_where_it_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends_well: bool) -> None:
    monkeypatch.setattr(parts, "PAUSES", (0,) if ends_well else ())

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        copy = await put(store, cache, tmp_path, 12)
        store.plan = nth(1, "swallow", "stream")  # after the first piece, of four blocks
        if not ends_well:
            with pytest.raises(StoreFailed):
                await copy.fill(0, copy.size)
            assert copy.ready(0, 4 * BLOCK)
            assert not copy.ready(0, 5 * BLOCK)
        await copy.fill(0, copy.size)
        assert store.streamed == copy.size

    run(tmp_path, scene)


class Whole(CountingStore):
    """Answers a range with the whole object."""

    async def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        if stop is not None:
            await asyncio.sleep(0)
            raise WholeAnswered("planned")
        async for piece in super().stream(key, start, stop, etag=etag):
            yield piece


def test_a_store_without_ranges_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PAUSES", (0,))

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        counting = Whole(store.inner)
        copy = await put(counting, cache, tmp_path, 10)
        await copy.fill(5 * BLOCK, 6 * BLOCK)
        await copy.fill(0, copy.size)
        assert copy.filled == copy.size == counting.streamed

    run(tmp_path, scene)


def test_a_store_without_ranges_is_read_once_however_many_want_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PAUSES", (0,))

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        counting = Whole(store.inner)
        copy = await put(counting, cache, tmp_path, 10)
        await asyncio.gather(*(copy.fill(n * BLOCK, (n + 1) * BLOCK) for n in (7, 1, 4)))
        await copy.fill(0, copy.size)
        assert counting.streamed == copy.size
        counting.plan = lambda n, name: "fail" if name == "stream" else None
        copy = await put(counting, cache, tmp_path / "again", 10)
        fills = (copy.fill(n * BLOCK, (n + 1) * BLOCK) for n in (7, 1))
        assert [str(each) for each in await asyncio.gather(*fills, return_exceptions=True)] == ["planned: stream"] * 2

    (tmp_path / "again").mkdir()
    run(tmp_path, scene)


class Dribbling(CountingStore):
    """Its first answers, `odd` of them, never end: pieces come, and no block with them. The others have time."""

    odd = 0

    async def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        self.calls.append("stream")
        try:
            while self.calls.count("stream") <= self.odd:
                await asyncio.sleep(0)
                yield b""
        finally:
            if self.calls.count("stream") == self.odd:
                parts.ATTEMPT_WITHIN = 60
        async for piece in super().stream(key, start, stop, etag=etag):
            yield piece


@pytest.mark.parametrize("odd", [1, 1000])
def test_an_answer_without_blocks_is_given_up_and_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: int
) -> None:
    monkeypatch.setattr(parts, "PAUSES", (0,) * (1 if odd == 1 else 1000))
    monkeypatch.setattr(parts, "ATTEMPT_WITHIN", 0.02)
    monkeypatch.setattr(parts, "WITHIN", 60 if odd == 1 else 0.05)

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        dribbling = Dribbling(store.inner)
        dribbling.odd = odd
        copy = await put(dribbling, cache, tmp_path, 1)
        if odd > 1:
            with pytest.raises(StoreFailed, match="no block came"):
                await copy.fill(0, copy.size)
            return
        await copy.fill(0, copy.size)
        assert copy.filled == copy.size

    run(tmp_path, scene)


def test_a_bucket_that_answers_a_range_with_the_whole_is_not_believed(moto_bucket: Bucket) -> None:
    async def scene() -> None:
        store = S3Store(replace(moto_bucket, prefix="ranges/"))
        stat = await store.put("k", b"0123456789")
        opening = store._opened

        async def opened(key: str, **part: str) -> dict[str, Any]:
            part.pop("Range", None)
            return await opening(key, **part)

        store._opened = opened  # type: ignore[method-assign]
        with pytest.raises(WholeAnswered):
            await store.get("k", 3, 5)
        assert await store.get("k") == b"0123456789"
        assert [piece async for piece in store.stream("k", etag=stat.etag)] == [b"0123456789"]
        await store.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("stated", "length"), [("bytes 4-5/10", 2), ("bytes 3-9/10", 7), ("bytes 3-3/10", 1), ("bytes 3-4/10", 0), ("?", 2)]
)
def test_a_bucket_that_answers_another_range_fails(moto_bucket: Bucket, stated: str, length: int) -> None:
    async def scene() -> None:
        store = S3Store(replace(moto_bucket, prefix="ranges/"))
        await store.put("k", b"0123456789")
        opening = store._opened

        async def opened(key: str, **part: str) -> dict[str, Any]:
            return {**await opening(key, **part), "ContentRange": stated, "ContentLength": length}

        assert [await store.get("k", 3, 5), await store.get("k", 3), await store.get("k", 8, 99)] == [
            b"34",
            b"3456789",
            b"89",
        ]
        store._opened = opened  # type: ignore[method-assign]
        with pytest.raises(StoreFailed, match="another range"):
            await store.get("k", 3, 5)
        await store.close()

    asyncio.run(scene())


def test_damage_and_change_are_found_in_every_store(a_store: ObjectStore, tmp_path: Path) -> None:
    async def scene(store: CountingStore, cache: MediaCache) -> None:
        copy = await put(store, cache, tmp_path, 3)
        body = await store.get("key")
        stat = await store.put("key", body[:70_000] + b"\0" + body[70_001:])
        with pytest.raises(ChangedObject):
            await copy.fill(0, 1)
        (tmp_path / "copy").unlink()
        sums = copy._sums
        copy = parts.PartialCopy(store, stat, sums, tmp_path / "copy")
        await copy.fill(0, BLOCK)
        with pytest.raises(DamagedObject):
            await copy.fill(0, BLOCK + 1)

    run(tmp_path, scene, a_store)


PROBED = 6 << 20
"""Bytes that libav reads of a stream without an index before it knows all of it, at most."""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("end.ts", ("-c", "copy")),
        pytest.param(
            "end.mpg", ("-c:v", "copy", "-bsf:v", "h264_mp4toannexb", "-c:a", "mp2"), marks=pytest.mark.further
        ),
        pytest.param("end.m2ts", ("-c", "copy", "-mpegts_m2ts_mode", "1"), marks=pytest.mark.further),
    ],
)
def test_the_end_of_a_stream_without_an_index_is_entered(
    tmp_path: Path, noise: Path, embedded: str, name: str, options: tuple[str, ...]
) -> None:
    """The film is that of the whole file, of which its ends are read and what the clip needs."""
    source, clip, read = tmp_path / name, [(16.5, 16.8)], [(14.5, 16.8)]
    subprocess.run([embedded, "-v", "error", "-i", str(noise), "-t", "18", *options, str(source)], check=True)

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        found = await footage(store, cache, source)
        film = await rendered(store, cache, found, clip, tmp_path / "parts.mp4")
        assert store.streamed <= needed(source, read) + PROBED < source.stat().st_size / 2
        assert await rendered(store, cache, whole_of(cache, found), clip, tmp_path / "whole.mp4") == film

    run(tmp_path, scene)


def test_footage_that_must_be_read_whole_is_said(
    tmp_path: Path, small: Path, embedded: str, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(by_parts, "SMALLEST", 0)
    stream, coded = (
        tmp_path / "stream.ts",
        ("-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "intra-refresh=1"),
    )
    subprocess.run([embedded, "-v", "error", "-i", str(small), *coded, str(stream)], check=True)

    async def scene(store: CountingStore, cache: MediaCache) -> None:
        with caplog.at_level(logging.INFO, "reelc"):
            stat, facts = await footage(store, cache, stream)
        assert facts.media.path == str(cache.path(stat))
        (said,) = [record for record in caplog.records if "fetched whole" in record.message]
        assert said.why == "mpegts is read up to a clip: no places are known at which it could be entered"

    run(tmp_path, scene)


def test_copies_with_holes_of_an_earlier_process_are_removed(tmp_path: Path) -> None:
    async def scene(store: CountingStore, cache: MediaCache) -> None:
        stat = await store.put("key", b"x" * BLOCK)
        sums = Hashing()
        sums.update(b"x" * BLOCK)
        cache.partial_path(stat).parent.mkdir()
        cache.partial_path(stat).write_bytes(bytes(BLOCK))
        async with cache.held([stat], sums={"key": sums.checksums.blocks}) as partial:
            assert partial is not None
            assert cache.partial_path(stat).read_bytes() == bytes(BLOCK)
            await partial.complete()
            assert cache.partial_path(stat).read_bytes() == b"x" * BLOCK
        assert cache.absent([stat]) == BLOCK

    run(tmp_path, scene)
