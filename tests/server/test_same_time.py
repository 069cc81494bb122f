"""Exports of one film at the same time: it is made once, whatever becomes of the first of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.exports.prepare import Prepared
from server.exports.progress import SAME, Tracker
from server.exports.resume import resume_exports
from server.footage.facts import media_key
from server.problem import Problem
from server.settings import Settings
from server.storage.folder import FolderStore
from server.web.services import Services
from tests.server.editing import BOX, RENDER, SMALL, trim
from tests.server.in_process import in_process

BODY = b"a film"
LIMITED = {"clip_id": None, "pointer": "/audio/loudness", "message": "the true peak keeps it down"}


class Films:
    """A server over a folder, whose films are made when the test says so."""

    def __init__(self, data: Path, services: Services, client: httpx.AsyncClient, *, fake: bool = True) -> None:
        self.data, self.services, self.client = data, services, client
        self.begun: list[str] = []
        """The projects whose films were begun."""
        self.news = asyncio.Event()
        self.go_on = asyncio.Event()
        self.failure: Exception | None = None
        self.warned = False
        """Whether the film is warned of."""
        render: Any = services.jobs.render
        if fake:
            render.film = self._film

    async def _film(self, uid: str, film_id: str, prepared: Prepared, tracker: Tracker, _: int) -> Any:
        tracker.at("rendering", 0.5, "half of it")
        self.begun.append(prepared.edit.project["id"])
        self.news.set()
        await self.go_on.wait()
        if self.failure:
            failure, self.failure = self.failure, None
            raise failure
        key, project = media_key(uid, film_id), prepared.edit.project
        await self.services.store.put(key, BODY)
        named = {"id": film_id, "project_id": project["id"], "filename": "film.mp4", "object_key": key}
        made = {"frames": 6, "size": len(BODY), "sha256": hashlib.sha256(BODY).hexdigest(), "duration": 0.2}
        ended: dict[str, Any] = {"render_identity": prepared.identity, "created_at": self.services.now()}
        held = {"clip_id": prepared.edit.clips[0]["clip_key"], "pointer": "/clips/0/media", "message": "held"}
        return {**named, **made, **ended, "warnings": [held, LIMITED] if self.warned else []}

    async def projects(self, game: Path, number: int = 2) -> list[str]:
        """Projects of one edit."""
        headers = {"Content-Type": "video/mp4"}
        raw = (await self.client.post("/api/raw-clips", content=game.read_bytes(), headers=headers)).json()["id"]
        clip = {"raw_clip_id": raw, "crop_data": BOX, "segments_data": trim(0.5, 0.7)}
        made = []
        for _ in range(number):
            answer = await self.client.post("/api/projects", json={"name": "x", "settings": SMALL})
            made.append(str(answer.json()["id"]))
            path = f"/api/clips/projects/{made[-1]}/clips"
            assert (await self.client.post(path, json=clip)).status_code == 201
        return made

    async def begin(self, project_id: str) -> str:
        """Start the export of a project, which has the project's id."""
        body = {"project_id": project_id, "export_id": project_id}
        answer = await self.client.post(RENDER, json=body, headers={"Prefer": "respond-async"})
        assert answer.status_code == 202, answer.text
        return project_id

    async def first_and_waiting(self, game: Path) -> tuple[str, str]:
        """An export whose film is being made, and one that waits for it."""
        one, two = await self.projects(game)
        await self.begin(one)
        await self.makes(1)
        await self.begin(two)
        await self.comes_to(two, SAME)
        return one, two

    async def makes(self, number: int) -> None:
        """Return when so many films were begun."""
        while len(self.begun) < number:
            self.news.clear()
            await self.news.wait()

    async def comes_to(self, export_id: str, message: str) -> None:
        """Return when an export's message begins so."""
        job = self.services.jobs.of("ann", export_id)
        assert job
        while not job.tracker.state.message.startswith(message):
            assert export_id not in self.begun, "its film is made"
            await job.tracker.after(job.tracker.state.seq)

    async def outcome(self, export_id: str) -> dict[str, Any]:
        """An export once it has ended."""
        job = self.services.jobs.of("ann", export_id)
        if job:
            await job.ended.wait()
        described: dict[str, Any] = (await self.client.get(f"/api/export/{export_id}")).json()
        return described


Scene = Callable[[Films], Awaitable[None]]


def run(data: Path, scene: Scene, **settings: Any) -> None:
    async def whole() -> None:
        async with in_process(Settings(data=data, **settings), FolderStore(data / "objects")) as server:
            await scene(Films(data, server.services, server.client))

    asyncio.run(whole())


def test_two_exports_of_one_film_at_once_make_it_once(tmp_path: Path, game: Path) -> None:
    async def scene(films: Films) -> None:
        one, two = await films.first_and_waiting(game)
        films.go_on.set()
        first, second = await films.outcome(one), await films.outcome(two)
        assert films.begun == [one]
        assert (first["state"], second["state"]) == ("complete", "complete")
        assert first["result"]["identity"] == second["result"]["identity"]
        assert first["result"]["working_video_id"] != second["result"]["working_video_id"]
        films_there = [stat.key async for stat in films.services.store.listing("users/ann/media/v_")]
        assert len(films_there) == 1

    run(tmp_path, scene)


def test_a_film_that_is_shared_is_warned_of_as_it_was(tmp_path: Path, game: Path) -> None:
    async def scene(films: Films) -> None:
        films.warned = True
        one, two = await films.first_and_waiting(game)
        films.go_on.set()
        warnings = [(await films.outcome(each))["result"]["warnings"] for each in (one, two)]
        clips = [(await films.client.get(f"/api/clips/projects/{each}/clips")).json()["clips"] for each in (one, two)]
        assert films.begun == [one]
        for (held, limited), (clip,) in zip(warnings, clips, strict=True):
            assert held == {"clip_id": clip["id"], "pointer": "/clips/0/media", "message": "held"}
            assert limited == LIMITED

    run(tmp_path, scene)


def test_a_cancel_of_the_first_leaves_the_second_to_make_the_film(tmp_path: Path, game: Path) -> None:
    async def scene(films: Films) -> None:
        one, two = await films.first_and_waiting(game)
        assert (await films.client.delete(f"/api/export/{one}")).json()["state"] == "cancelled"
        films.go_on.set()
        assert (await films.outcome(two))["state"] == "complete"
        assert films.begun == [one, two]

    run(tmp_path, scene)


def test_a_cancel_of_the_second_leaves_the_first_alone(tmp_path: Path, game: Path) -> None:
    async def scene(films: Films) -> None:
        one, two = await films.first_and_waiting(game)
        assert (await films.client.delete(f"/api/export/{two}")).json()["state"] == "cancelled"
        films.go_on.set()
        assert (await films.outcome(one))["state"] == "complete"
        assert films.begun == [one]

    run(tmp_path, scene)


def test_a_failure_of_the_first_is_not_that_of_the_second(tmp_path: Path, game: Path) -> None:
    async def scene(films: Films) -> None:
        one, two = await films.first_and_waiting(game)
        films.failure = Problem(500, "render_error", "the disk is full", clip_id="a clip of the first")
        films.go_on.set()
        assert (await films.outcome(one))["error"]["message"] == "the disk is full"
        assert (await films.outcome(two))["state"] == "complete"
        assert films.begun == [one, two]

    run(tmp_path, scene)


@pytest.mark.parametrize("slots", [1, 2])
def test_the_next_server_makes_the_film_once_too(tmp_path: Path, game: Path, slots: int) -> None:
    ids: list[str] = []

    async def stopped(films: Films) -> None:
        ids.extend(await films.first_and_waiting(game))

    async def next_one(films: Films) -> None:
        services = films.services
        await resume_exports(services.jobs, services.databases, services.accounts, services.leases, 1e9)
        await films.makes(1)
        if slots == 2:  # the second has a slot, too, when it turns out to be of the same film
            other = next(each for each in ids if each != films.begun[0])
            await films.comes_to(other, SAME)
            description = (await films.client.get(f"/api/export/{other}")).json()
            assert (description["state"], description["attempt"]) == ("running", 0)
        films.go_on.set()
        assert [(await films.outcome(each))["state"] for each in ids] == ["complete", "complete"]
        assert len(films.begun) == 1

    run(tmp_path, stopped)
    run(tmp_path, next_one, export_slots=slots)
