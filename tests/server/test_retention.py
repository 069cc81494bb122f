"""Retention of films: a project keeps its newest, the recent, and those being watched; stored answers stay."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.footage.sending import LATELY, Sending
from server.metrics import Metrics
from server.storage.folder import FolderStore
from server.storage.tenants import Databases
from tests.server.editing import export, film, new_export, one_clip
from tests.server.site import Site, add_user, serving
from tests.server.test_http import refused
from tests.server.test_sync import Clock


@pytest.fixture(scope="module")
def thrifty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that keeps two films of a project."""
    with serving(tmp_path_factory.mktemp("thrifty") / "data", films_kept="2", films_kept_for="0.001") as running:
        yield running


def crf(n: int) -> dict[str, dict[str, int]]:
    """Settings of the nth of several different films."""
    return {"encode": {"crf": 30 + n}}


def kept(client: httpx.Client, answer: httpx.Response) -> bool:
    """Whether the film of this answer exists; if not, the answer says that it is gone."""
    address = f"/api/working-videos/{answer.json()['working_video_id']}"
    shown, media = client.get(address), client.get(f"{address}/media", headers={"Range": "bytes=0-9"})
    if shown.status_code == 200:
        assert media.status_code == 206
        return True
    for each in (shown, media):
        refused(each, 410, "working_video_gone")
    return False


@pytest.mark.further
def test_the_newest_films_are_kept_and_every_answer(thrifty: Site, game: Path) -> None:
    with thrifty.client(add_user(thrifty.data, "ann")) as ann:
        project_id, ids = one_clip(ann, game), [new_export() for _ in range(4)]
        answers = [export(ann, project_id, each, settings=crf(n)) for n, each in enumerate(ids)]
        descriptions = [ann.get(f"/api/export/{each}").json() for each in ids]
        assert len(list((thrifty.data / "objects" / "users" / "ann" / "trash").glob("v_*"))) == 2
        assert [kept(ann, each) for each in answers] == [False, False, True, True]
        again = [export(ann, project_id, each, settings=crf(n)) for n, each in enumerate(ids)]
        assert [each.json() for each in again] == [each.json() for each in answers]
        assert [each["result"] for each in descriptions] == [each.json() for each in answers]
        shown = ann.get("/api/export", params={"project_id": project_id}).json()["exports"]
        assert sorted(each["export_id"] for each in shown) == sorted(ids)
        assert (
            ann.get(f"/api/projects/{project_id}").json()["working_video_id"]
            == descriptions[-1]["result"]["working_video_id"]
        )


@pytest.mark.further
def test_a_film_that_is_watched_stays(thrifty: Site, game: Path) -> None:
    with thrifty.client(add_user(thrifty.data, "bob")) as bob:
        project_id = one_clip(bob, game)
        first = export(bob, project_id)
        assert kept(bob, first)  # reading a part of the film counts as watching it
        others = [export(bob, project_id, settings=crf(n)) for n in range(3)]
        assert [kept(bob, each) for each in (first, *others)] == [True, False, True, True]


@pytest.mark.further
def test_young_films_stay_however_many_are_newer(tmp_path: Path, game: Path) -> None:
    with serving(tmp_path / "data", films_kept="1") as site, site.client(add_user(site.data, "ann")) as ann:
        project_id = one_clip(ann, game)
        first, _ = export(ann, project_id), export(ann, project_id)
        assert film(ann, first)


@pytest.mark.further
def test_what_another_made_is_not_there(thrifty: Site, game: Path) -> None:
    with thrifty.client(add_user(thrifty.data, "cleo")) as cleo, thrifty.client(add_user(thrifty.data, "dan")) as dan:
        project_id = one_clip(cleo, game)
        made = [export(cleo, project_id, settings=crf(n)) for n in range(3)]
        assert not kept(cleo, made[0])
        address = f"/api/working-videos/{made[0].json()['working_video_id']}"
        refused(dan.get(address), 404, "working_video_not_found")


def test_a_film_counts_as_watched_while_it_is_sent_and_an_hour_longer(tmp_path: Path) -> None:
    async def scene() -> None:
        store, clock = FolderStore(tmp_path), Clock()
        sending = Sending(store, Metrics(Databases(store, tmp_path / "local")), clock)
        await store.put("film", bytes(3 << 20))
        stream = sending.stream("film", 0, 3 << 20)
        size = len(await anext(stream))
        assert sending.is_sent("film")
        size += sum([len(piece) async for piece in stream])
        assert size == 3 << 20
        assert not sending.is_sent("film")
        assert sending.watched() == {"film"}
        clock.now += LATELY
        assert sending.watched() == set()
        await store.close()

    asyncio.run(scene())
