"""Objects that come changed once, though the store has them right, and objects that it has wrong."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random

import httpx
import pytest

from server.backup import back_up
from server.checksums import BLOCK, Hashing
from server.footage import parts
from server.footage.parts import PartialCopy
from server.scrub import Scrub
from server.settings import Settings
from server.storage.folder import FolderStore
from server.storage.objects import DamagedObject
from server.user_data import UserData
from tests.server.editing import OTHER, RENDER
from tests.server.faults import FaultStore
from tests.server.in_process import Server, in_process
from tests.server.test_export_faults import a_project
from tests.server.test_units import A, Shelf, on_a_shelf

SUMMED = ("/db/", "/media/", "/units/")
"""Parts of the keys of objects that have checksums."""


class Changing(FaultStore):
    """A store whose n-th answer about an object with a checksum has another byte in its middle, and those after it too
    if it `lasts`."""

    def __init__(self, folder: Path, number: int, lasts: bool = False) -> None:
        super().__init__(FolderStore(folder))
        self.number, self.lasts, self.seen = number, lasts, 0

    def _changed(self, key: str, body: bytes) -> bytes:
        if not body or not any(part in key for part in SUMMED):
            return body
        self.seen += 1
        if self.seen < self.number or (self.seen > self.number and not self.lasts):
            return body
        middle = len(body) // 2
        return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        return self._changed(key, await super().get(key, start, stop))

    async def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        pieces = [piece async for piece in super().stream(key, start, stop, etag=etag)]
        for piece in [self._changed(key, pieces[0]), *pieces[1:]]:
            yield piece


def on_a_new_machine(folder: Path, store: Changing, work: Callable[[Server], Awaitable[None]]) -> None:
    """Do some work at a server with an empty disk over this store."""

    async def whole() -> None:
        async with in_process(Settings(data=folder), store) as server:
            await work(server)

    asyncio.run(whole())


@pytest.fixture
def stored(tmp_path: Path, game: Path) -> tuple[Path, str, str]:
    """The objects of a user with a film; the project, and the film."""
    objects, made = tmp_path / "objects", []

    async def work(server: Server) -> None:
        project_id = await a_project(server.client, game)
        answer = await server.client.post(RENDER, json={"project_id": project_id, "export_id": "e"})
        made.extend([project_id, answer.json()["working_video_id"]])

    on_a_new_machine(tmp_path / "first", Changing(objects, 0), work)
    return objects, *made


async def used(client: httpx.AsyncClient, project_id: str, film_id: str) -> list[int]:
    """The statuses of requests that need everything that is stored."""
    answers = [
        await client.get(f"/api/projects/{project_id}/versions"),
        await client.get(f"/api/working-videos/{film_id}/media", headers={"Range": "bytes=0-9"}),
        await client.post(RENDER, json={"project_id": project_id, "export_id": "again", "settings": OTHER}),
    ]
    return [answer.status_code for answer in answers]


@pytest.mark.further
def test_whatever_comes_changed_once_is_read_again(tmp_path: Path, stored: tuple[Path, str, str]) -> None:
    objects, project_id, film_id = stored
    number = 0
    while True:
        number += 1
        copy, statuses = tmp_path / f"objects{number}", list[int]()
        shutil.copytree(objects, copy)
        store = Changing(copy, number)

        async def work(server: Server) -> None:
            statuses.extend(await used(server.client, project_id, film_id))  # noqa: B023
            assert (await Scrub(store).run()).findings == []  # noqa: B023
            assert await back_up(store, "ann", copy / "backup", footage=True) == []  # noqa: B023
            exported = await UserData(store, server.services.settings, "ann").export(copy / "export")  # noqa: B023
            assert exported.faults == []

        on_a_new_machine(tmp_path / f"machine{number}", store, work)
        assert statuses == [200, 206, 200], number
        if store.seen < number:
            break
    assert number > 10


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "for good"])
def test_a_block_that_comes_changed_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasts: bool
) -> None:
    monkeypatch.setattr(parts, "PAUSES", (0, 0, 0))

    async def work() -> None:
        body, hashing, store = Random(1).randbytes(BLOCK - 7), Hashing(), Changing(tmp_path, 1, lasts)
        hashing.update(body)
        stat = await store.put("users/ann/media/r_1", body)
        copy = PartialCopy(store, stat, hashing.checksums.blocks, tmp_path / "copy")
        if lasts:
            with pytest.raises(DamagedObject):
                await copy.fill(0, copy.size)
        else:
            await copy.fill(0, copy.size)
            assert (tmp_path / "copy").read_bytes() == body
        assert store.calls.count("stream") == 2

    asyncio.run(work())


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "for good"])
def test_a_unit_that_comes_changed_is_fetched_again(tmp_path: Path, lasts: bool) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.put(await shelf.units(), A, b"a unit")
        shelf.store = Changing(tmp_path / "objects", 1, lasts)
        units = await shelf.units()
        assert await shelf.got(units, A) == (None if lasts else b"a unit")
        assert units.has(A) != lasts
        assert shelf.store.calls.count("stream") == 2

    on_a_shelf(tmp_path, scene)
