"""Units of films in the object store: kept within bounds, made again if damaged, and used by the next server."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.footage.units import StoredUnits, make_room_of_units, sweep_units, units_of
from server.storage.folder import FolderStore
from server.storage.objects import StoreFailed
from tests.server.editing import add_clip, awaited, begin, export, film, trim
from tests.server.faults import FaultStore
from tests.server.site import Site, add_user
from tests.server.switches import SWITCHED
from tests.server.test_http import project, uploaded
from tests.server.test_jobs import gone
from tests.server.waiting import until

UID = "ann"
A, B, C = (letter * 64 for letter in "abc")


class Shelf:
    """A store with the units of one user."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, FaultStore(FolderStore(folder / "objects"))

    async def units(self, limit: int = 100) -> StoredUnits:
        found = await StoredUnits.of(self.store, UID, lambda path: path, limit)
        assert found is not None
        return found

    async def put(self, units: StoredUnits, key: str, content: bytes) -> None:
        made = self.folder / "made"
        made.write_bytes(content)
        await asyncio.to_thread(units.put, key, made)

    async def got(self, units: StoredUnits, key: str) -> bytes | None:
        target = self.folder / "target"
        target.unlink(missing_ok=True)
        return target.read_bytes() if await asyncio.to_thread(units.get, key, target) else None

    async def keys(self) -> set[str]:
        return {unit.stat.key.split("/")[-1][0] * 64 for unit in await units_of(self.store, UID)}

    def age(self, key: str, days: float, ending: str = "-*") -> None:
        """Make a unit older; with the ending ".used" its last use."""
        (path,) = (self.folder / "objects" / "users" / UID / "units").glob(f"{key[:40]}{ending}")
        then = datetime.now(UTC).timestamp() - days * 86_400
        os.utime(path, (then, then))

    def marks(self) -> int:
        """The number of objects that say when a unit was used again."""
        return len([*(self.folder / "objects" / "users" / UID / "units").glob("*.used")])


def on_a_shelf(tmp_path: Path, scene: Callable[[Shelf], Awaitable[None]]) -> None:
    async def whole() -> None:
        shelf = Shelf(tmp_path)
        await scene(shelf)
        await shelf.store.close()

    asyncio.run(whole())


def test_a_unit_is_there_for_the_next_render(tmp_path: Path) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.put(await shelf.units(), A, b"a unit")
        units = await shelf.units()
        assert (units.has(A), units.has(B)) == (True, False)
        assert (await shelf.got(units, A), await shelf.got(units, B)) == (b"a unit", None)

    on_a_shelf(tmp_path, scene)


def damage_the_unit(folder: Path) -> None:
    """Write other bytes in place of the one unit that is stored."""
    (stored,) = (folder / "objects" / "users" / UID / "units").iterdir()
    stored.write_bytes(b"another")


def test_a_damaged_unit_is_deleted_and_made_again(tmp_path: Path) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.put(await shelf.units(), A, b"a unit")
        damage_the_unit(tmp_path)
        units = await shelf.units()
        assert await shelf.got(units, A) is None
        assert not units.has(A)
        assert await shelf.keys() == set()
        await shelf.put(units, A, b"a unit")
        assert await shelf.got(units, A) == b"a unit"

    on_a_shelf(tmp_path, scene)


def test_the_oldest_units_make_room_for_new_ones(tmp_path: Path) -> None:
    async def scene(shelf: Shelf) -> None:
        units = await shelf.units(limit=25)
        await shelf.put(units, A, bytes(10))
        await shelf.put(units, B, bytes(10))
        shelf.age(A, 2)
        shelf.age(B, 1)
        units = await shelf.units(limit=25)
        await shelf.put(units, C, bytes(10))
        assert await shelf.keys() == {B, C}
        await shelf.put(units, A, bytes(26))
        assert await shelf.keys() == {B, C}, "a unit above the limit removes no other"

    on_a_shelf(tmp_path, scene)


def test_the_sweeper_deletes_old_units_and_those_beyond_the_bound(tmp_path: Path) -> None:
    async def scene(shelf: Shelf) -> None:
        units = await shelf.units()
        for key, days in ((A, 5), (B, 2), (C, 1)):
            await shelf.put(units, key, bytes(10))
            shelf.age(key, days)
        before = datetime.now(UTC) - timedelta(days=3)
        assert await sweep_units(shelf.store, UID, 100, before) == 1
        assert await shelf.keys() == {B, C}
        assert await sweep_units(shelf.store, UID, 10, before) == 1
        assert await shelf.keys() == {C}

    on_a_shelf(tmp_path, scene)


@pytest.mark.parametrize("by", ["render", "sweep", "upload"])
def test_a_unit_that_is_used_stays_longer_than_a_newer_one_that_is_not(tmp_path: Path, by: str) -> None:
    async def scene(shelf: Shelf) -> None:
        units = await shelf.units(limit=25)
        for key, days in ((A, 5), (B, 2)):
            await shelf.put(units, key, bytes(10))
            shelf.age(key, days)
        assert await shelf.got(await shelf.units(), A) == bytes(10)
        if by == "render":
            await shelf.put(await shelf.units(limit=25), C, bytes(10))
        elif by == "sweep":
            assert await sweep_units(shelf.store, UID, 100, datetime.now(UTC) - timedelta(days=1)) == 1
        else:
            assert await make_room_of_units(shelf.store, UID, 15) == 10
        assert await shelf.keys() == ({A, C} if by == "render" else {A})

    on_a_shelf(tmp_path, scene)


def test_a_use_is_noted_once_a_day_and_that_is_deleted_with_the_unit(tmp_path: Path) -> None:
    async def scene(shelf: Shelf) -> None:
        units = await shelf.units()
        await shelf.put(units, A, bytes(10))
        await shelf.got(units, A)
        assert shelf.marks() == 0, "it is from today"
        shelf.age(A, 5)
        for _ in range(2):
            units = await shelf.units()
            await shelf.got(units, A)
            await shelf.got(units, A)
        assert (shelf.marks(), shelf.store.calls.count("put")) == (1, 1)
        shelf.age(A, 2, ".used")
        await shelf.got(await shelf.units(), A)
        assert shelf.store.calls.count("put") == 2
        assert await make_room_of_units(shelf.store, UID, 0) == 0
        assert shelf.marks() == 0

    on_a_shelf(tmp_path, scene)


def test_the_mark_of_a_unit_that_is_gone_is_swept(tmp_path: Path) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.put(await shelf.units(), A, bytes(10))
        shelf.age(A, 5)
        await shelf.got(await shelf.units(), A)
        (unit,) = await units_of(shelf.store, UID)
        await shelf.store.delete(unit.stat.key)
        shelf.age(A, 4, ".used")
        assert await sweep_units(shelf.store, UID, 100, datetime.now(UTC) - timedelta(days=3)) == 0
        assert shelf.marks() == 0

    on_a_shelf(tmp_path, scene)


def test_an_upload_gets_the_room_of_units(tmp_path: Path) -> None:
    async def scene(shelf: Shelf) -> None:
        units = await shelf.units()
        for key, days in ((A, 2), (B, 1)):
            await shelf.put(units, key, bytes(10))
            shelf.age(key, days)
        assert await make_room_of_units(shelf.store, UID, 20) == 20
        assert await make_room_of_units(shelf.store, UID, 15) == 10
        assert await shelf.keys() == {B}
        assert await make_room_of_units(shelf.store, UID, -1) == 0

    on_a_shelf(tmp_path, scene)


@pytest.mark.parametrize("name", ["put_file", "stream", "put"])
def test_a_store_that_fails_costs_no_render(tmp_path: Path, name: str) -> None:
    async def scene(shelf: Shelf) -> None:
        units = await shelf.units()
        await shelf.put(units, A, b"a unit")
        shelf.age(A, 5)
        units = await shelf.units()
        shelf.store.plan = lambda _, called: "fail" if called == name else None
        await shelf.put(units, B, b"another")
        assert await shelf.got(units, A) == (None if name == "stream" else b"a unit")
        shelf.store.plan = lambda _, called: "fail" if called == "list" else None
        with pytest.raises(StoreFailed):
            await units_of(shelf.store, UID)
        assert await StoredUnits.of(shelf.store, UID, lambda path: path, 100) is None

    on_a_shelf(tmp_path, scene)


def test_a_damaged_unit_that_cannot_be_deleted_costs_no_render(tmp_path: Path) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.put(await shelf.units(), A, b"a unit")
        damage_the_unit(tmp_path)
        units = await shelf.units()
        shelf.store.plan = lambda _, called: "fail" if called == "delete" else None
        assert await shelf.got(units, A) is None
        assert not units.has(A)

    on_a_shelf(tmp_path, scene)


@pytest.mark.further
def test_a_server_sweeps_the_units_of_every_user(tmp_path: Path) -> None:
    data = tmp_path / "data"
    add_user(data, UID)
    units = data / "objects" / "users" / UID / "units"
    units.mkdir(parents=True)
    for name, days in (("old", 4), ("new", 2)):
        (units / name).write_bytes(b"a unit")
        then = datetime.now(UTC).timestamp() - days * 86_400
        os.utime(units / name, (then, then))
    with Site(data, sweep_after="0.1") as site:
        until(lambda: [path.name for path in units.iterdir()] == ["new"], "nothing is swept")
        assert site.stop() == 0


def frames_kept(site: Site) -> int:
    """The frames that the last rendered film had from units."""
    lines = [json.loads(line) for line in Path(site.log.name).read_text().splitlines() if line.startswith("{")]
    return int([line for line in lines if "frames_kept" in line][-1]["frames_kept"])


@pytest.mark.further
def test_an_export_whose_server_was_killed_goes_on_from_its_units(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token, stored = add_user(data, "ann"), data / "objects" / "users" / "ann" / "units"
    site = Site(data, SWITCHED)
    (tmp_path / "hold-film").touch()
    with site.client(token) as ann:
        small = {"canvas": {"width": 90, "height": 160, "fps": 30}, "encode": {"preset": "ultrafast"}}
        project_id, raw = project(ann, settings=small), uploaded(ann, game)
        for _ in range(3):
            add_clip(ann, project_id, raw, segments_data=trim(0, 2, {"start": 0, "end": 2, "speed": 0.1}))
        export_id = begin(ann, project_id)
        until(lambda: stored.is_dir() and len(list(stored.glob("*-*"))) >= 2, "no unit is kept")
    site.kill()
    gone(data)
    with Site(data) as site, site.client(token) as ann:
        assert awaited(ann, export_id)["state"] == "complete"
        assert film(ann, export(ann, project_id, export_id))
        assert frames_kept(site) > 0
        assert site.stop() == 0
