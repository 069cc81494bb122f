"""Units of the farm in every kind of store: published once, found, compared, swept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.films.unit import Input, PortableUnit
from compiler.supervise.unit_cache import content_of
from server.farm.depot import MEDIA, UNITS, USED, FarmDepot, FilesDepot, store_errors, sweep_farm
from server.farm.units import FarmStore
from server.footage.cache import MediaCache
from server.storage.folder import FolderStore
from server.storage.objects import ChangedObject, Missing, ObjectStore, StoreFailed
from tests.server.farm import unit
from tests.server.memory import MemoryStore


class Shelf:
    """A store, and a worker's view of it."""

    def __init__(self, store: ObjectStore, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.farm = FarmStore(store, MediaCache(store, folder / "footage", folder / "coming", 1 << 20))
        self.depot = FarmDepot(store, UNITS)

    def made(self, content: bytes) -> Path:
        path = self.folder / "made"
        path.write_bytes(content)
        return path

    async def keys(self) -> list[str]:
        return [stat.key async for stat in self.store.listing(UNITS)]


def run(store: ObjectStore, folder: Path, work: Callable[[Shelf], Awaitable[None]]) -> None:
    async def whole() -> None:
        await work(Shelf(store, folder))
        await store.close()

    asyncio.run(whole())


def test_of_two_attempts_the_earlier_stays(a_store: ObjectStore, tmp_path: Path) -> None:
    async def work(shelf: Shelf) -> None:
        made = unit("twice")
        assert await shelf.farm.find(made) is None
        first = await shelf.farm.publish(made, shelf.made(b"first"), True)
        second = await shelf.farm.publish(made, shelf.made(b"another"), True)
        assert (first.found, second.found) == (False, True)
        assert first.output == second.output
        assert await shelf.keys() == [first.output]
        assert await shelf.farm.find(made) == second
        await shelf.depot.fetch(first, shelf.folder / "fetched")
        assert (shelf.folder / "fetched").read_bytes() == b"first"
        await shelf.depot.forget([made.key])
        assert await shelf.keys() == []

    run(a_store, tmp_path, work)


def test_what_is_not_complete_is_never_found(tmp_path: Path) -> None:
    async def work(shelf: Shelf) -> None:
        made = unit("short")
        result = await shelf.farm.publish(made, shelf.made(b"half"), False)
        assert not result.complete
        assert await shelf.farm.find(made) is None
        await shelf.depot.fetch(result, shelf.folder / "fetched")

    run(FolderStore(tmp_path / "objects"), tmp_path, work)


def test_a_damaged_unit_is_deleted_and_made_again(tmp_path: Path) -> None:
    async def work(shelf: Shelf) -> None:
        result = await shelf.farm.publish(unit("damaged"), shelf.made(b"whole"), True)
        await shelf.store.put(result.output, b"other")
        assert not await shelf.depot.fetch(result, shelf.folder / "fetched")
        assert await shelf.keys() == []
        assert not await shelf.depot.fetch(result, shelf.folder / "fetched")
        assert not (shelf.folder / "fetched").exists()

    run(FolderStore(tmp_path / "objects"), tmp_path, work)


def test_ffmpeg_that_made_nothing_is_an_error(tmp_path: Path) -> None:
    async def work(shelf: Shelf) -> None:
        with pytest.raises(ReelError) as caught:
            await shelf.farm.publish(unit("nothing"), tmp_path / "none", True)
        assert caught.value.code == "RC610"

    run(FolderStore(tmp_path / "objects"), tmp_path, work)


@pytest.mark.parametrize(("key", "expected"), [("farm/media/there", ChangedObject), ("farm/media/gone", Missing)])
def test_media_that_are_not_what_they_were_are_no_input(tmp_path: Path, key: str, expected: type[Exception]) -> None:
    async def work(shelf: Shelf) -> None:
        await shelf.store.put("farm/media/there", b"a film")
        made = unit("reads", inputs=(Input(key, "game.mp4", 6, "another", "", True),))
        with pytest.raises(expected):
            await enter(shelf, made)

    run(FolderStore(tmp_path / "objects"), tmp_path, work)


async def enter(shelf: Shelf, made: PortableUnit) -> None:
    async with shelf.farm.inputs(made, shelf.folder):
        """Nothing is made."""


def test_a_file_that_changes_before_it_is_stored_is_refused(tmp_path: Path) -> None:
    async def work(shelf: Shelf) -> None:
        path = shelf.made(b"a film")
        depot = FilesDepot(shelf.store, (), lambda _: "0" * 64)
        with pytest.raises(ReelError) as caught:
            await depot.input_of(str(path), read=True)
        assert caught.value.code == "RC604"
        assert content_of(str(path)) not in [stat.key async for stat in shelf.store.listing(MEDIA)]

    run(FolderStore(tmp_path / "objects"), tmp_path, work)


@pytest.mark.parametrize(("error", "code"), [(StoreFailed("away"), "RC703"), (Missing("key"), "RC604")])
def test_failures_of_the_store_have_codes(error: Exception, code: str) -> None:
    with pytest.raises(ReelError) as caught, store_errors():
        raise error
    assert caught.value.code == code


def test_what_was_not_used_for_long_is_deleted() -> None:
    async def work() -> None:
        store = MemoryStore()
        for name in ("old", "used"):
            for ending in ("", ".json", USED):
                await store.put(f"{MEDIA}{name}{ending}", b"")
        await store.put(f"{UNITS}old-unit", b"")
        store.now += timedelta(days=4)
        await store.put(f"{MEDIA}used{USED}", b"")
        await store.put(f"{UNITS}new-unit", b"")
        assert await sweep_farm(store, store.now - timedelta(days=3)) == 4
        left = {key.rpartition("/")[2] for key in store.objects}
        assert left == {"used", "used.json", f"used{USED}", "new-unit"}

    asyncio.run(work())
