"""An export of a film that is there already: the same object, without a render, and kept as long as a film has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from compiler import film_identity, render
from compiler.film_identity import identity_in
from compiler.supervise.films.identity_tag import read_tag
from server.web.services import Services
from tests.server.editing import RENDER, SMALL, add_clip, export, film, new_export, trim
from tests.server.faults import FaultStore
from tests.server.site import Site, add_user
from tests.server.test_export_faults import a_project, run
from tests.server.test_http import project, uploaded

pytestmark = pytest.mark.further


@pytest.fixture
def ann(site: Site) -> Iterator[httpx.Client]:
    """A new user."""
    with site.client(add_user(site.data, f"ann-{new_export()}")) as client:
        yield client


def made(client: httpx.Client, raw: str, name: str = "A film", **fields: object) -> str:
    """A project with one clip of this footage."""
    project_id = project(client, settings=SMALL, name=name)
    add_clip(client, project_id, raw, segments_data=trim(0.5, 0.7), **fields)
    return project_id


def media(site: Site, folder: str = "media") -> set[str]:
    """The films of all users in the store, or those in the trash."""
    return {path.name for path in (site.data / "objects" / "users").glob(f"*/{folder}/v_*")}


def test_another_project_gets_the_same_film_without_a_render(site: Site, ann: httpx.Client, game: Path) -> None:
    raw = uploaded(ann, game)
    first = export(ann, made(ann, raw, "One"))
    before = media(site)
    second = export(ann, made(ann, raw, "Two"))
    assert media(site) == before
    assert film(ann, first) == film(ann, second)
    one, two = first.json(), second.json()
    assert one["identity"] == two["identity"] != ""
    assert (one["filename"], two["filename"]) == ("One.mp4", "Two.mp4")
    assert one["working_video_id"] != two["working_video_id"]


def test_the_answer_has_the_identity_that_the_film_carries(ann: httpx.Client, game: Path, tmp_path: Path) -> None:
    export_id = new_export()
    answer = export(ann, made(ann, uploaded(ann, game)), export_id)
    path = tmp_path / "film.mp4"
    path.write_bytes(film(ann, answer))
    carried = identity_in(read_tag(path))
    assert carried is not None
    assert answer.json()["identity"] == carried.film
    assert ann.get(f"/api/export/{export_id}").json()["result"] == answer.json()


def test_another_edit_gets_a_film_of_its_own(site: Site, ann: httpx.Client, game: Path) -> None:
    raw = uploaded(ann, game)
    first = export(ann, made(ann, raw))
    before = media(site)
    second = export(ann, made(ann, raw, rotation=2))
    assert len(media(site) - before) == 1
    assert first.json()["identity"] != second.json()["identity"]


def test_another_user_gets_another_object(site: Site, ann: httpx.Client, game: Path) -> None:
    first = export(ann, made(ann, uploaded(ann, game)))
    before = media(site)
    with site.client(add_user(site.data, f"bob-{new_export()}")) as bob:
        second = export(bob, made(bob, uploaded(bob, game)))
        assert film(bob, second) == film(ann, first)
    assert len(media(site) - before) == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_film_is_deleted_with_the_last_export_that_has_it(
    site: Site, ann: httpx.Client, game: Path, order: tuple[int, int]
) -> None:
    raw, ids = uploaded(ann, game), [new_export(), new_export()]
    before = media(site, "trash")
    answers = [export(ann, made(ann, raw), each) for each in ids]
    one, other = order
    assert ann.post(f"/api/export/{ids[one]}/remove").status_code == 204
    assert ann.get(f"/api/working-videos/{answers[one].json()['working_video_id']}").status_code == 410
    assert film(ann, answers[other])
    assert media(site, "trash") == before
    assert ann.post(f"/api/export/{ids[other]}/remove").status_code == 204
    assert len(media(site, "trash") - before) == 1


def test_a_project_leaves_the_films_that_others_have(site: Site, ann: httpx.Client, game: Path) -> None:
    raw, before = uploaded(ann, game), media(site, "trash")
    projects = [made(ann, raw), made(ann, raw)]
    answers = [export(ann, each) for each in projects]
    assert ann.delete(f"/api/projects/{projects[0]}").status_code == 204
    assert film(ann, answers[1])
    assert media(site, "trash") == before


def test_a_film_that_is_damaged_in_the_store_is_rendered_again(site: Site, ann: httpx.Client, game: Path) -> None:
    raw, before = uploaded(ann, game), media(site)
    first = export(ann, made(ann, raw))
    (name,) = media(site) - before
    (stored,) = (site.data / "objects" / "users").glob(f"*/media/{name}")
    stored.write_bytes(stored.read_bytes()[:-1] + b"?")
    second = export(ann, made(ann, raw))
    assert len(media(site) - before) == 2
    assert second.json()["identity"] == first.json()["identity"]
    assert film(ann, second)


def test_a_film_that_is_deleted_while_it_is_shared_is_rendered_again(
    tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(client: httpx.AsyncClient, _: FaultStore, services: Services) -> None:
        body = {"project_id": await a_project(client, game)}
        first = (await client.post(RENDER, json={**body, "export_id": "first"})).json()
        found, same = [], services.jobs.render.same

        async def and_deleted(*given: Any) -> Any:
            found.append(await same(*given))
            assert (await client.post("/api/export/first/remove")).status_code == 204
            return found[-1]

        monkeypatch.setattr(services.jobs.render, "same", and_deleted)
        second = (await client.post(RENDER, json={**body, "export_id": "second"})).json()
        assert found[0] is not None
        assert second["identity"] == first["identity"]
        media = await client.get(f"/api/working-videos/{second['working_video_id']}/media")
        assert media.status_code == 200
        trash = [stat.key async for stat in services.store.listing("users/ann/trash/")]
        assert trash == [found[0]["object_key"].replace("/media/", "/trash/")]
        films = [stat.key async for stat in services.store.listing("users/ann/media/v_")]
        assert len(films) == 2, "the second has an object of its own"

    run(tmp_path, scene)


def test_an_export_computes_its_steps_and_their_identities_once(
    tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(client: httpx.AsyncClient, _: FaultStore, services: Services) -> None:
        made, named = counted(monkeypatch, render, "steps"), counted(monkeypatch, film_identity, "identity")
        body = {"project_id": await a_project(client, game), "export_id": "e"}
        assert (await client.post(RENDER, json=body)).status_code == 200
        assert (len(made), len(named)) == (1, 1)  # a short film is one step

    run(tmp_path, scene)


def counted(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> list[object]:
    """Fills with what a function of a module returns."""
    made, work = list[object](), getattr(module, name)

    def counting(*given: Any, **named: Any) -> Any:
        made.append(work(*given, **named))
        return made[-1]

    monkeypatch.setattr(module, name, counting)
    return made
