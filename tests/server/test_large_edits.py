"""Large edits in memory: few at a time, none whole where a part is enough, and none beyond what a server compiles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.edits.compiled import Compiler
from server.edits.effort import LARGE
from server.exports import accept
from server.exports.queue import Jobs
from server.problem import Problem
from server.settings import Settings
from server.storage.folder import FolderStore
from server.tables import clips
from server.web import bodies, serving
from tests.server.editing import BOX, RENDER
from tests.server.in_process import UID, Server, in_process
from tests.server.test_export_faults import a_project
from tests.server.waiting import reached

Json = dict[str, Any]


@asynccontextmanager
async def with_clip(game: Path, data: Path, **settings: Any) -> AsyncIterator[tuple[Server, str, str]]:
    """A server with a project of one clip; its id and the address of its clip."""
    async with in_process(Settings(data=data, **settings), FolderStore(data / "objects")) as server:
        project = await a_project(server.client, game)
        place = f"/api/clips/projects/{project}/clips"
        (clip,) = (await server.client.get(place)).json()["clips"]
        yield server, project, f"{place}/{clip['id']}"


def test_of_a_users_long_bodies_few_are_parsed(game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight saves of 3 MB at once held everybody for the garbage collections of what they were parsed into."""
    arrived = parsed = 0

    async def read(*given: Any) -> bytes:
        nonlocal arrived
        raw = await bodies.read(*given)
        arrived += 1
        return raw

    def read_body(*given: Any) -> Any:
        nonlocal parsed
        parsed += 1
        return bodies.read_body(*given)

    async def whole() -> None:
        async with with_clip(game, tmp_path) as (server, project, clip):
            monkeypatch.setattr(serving, "LONG", 10)
            monkeypatch.setattr(serving, "read", read)
            monkeypatch.setattr(serving, "read_body", read_body)
            async with server.services.databases.use(UID) as user_database, user_database.database._turn:
                saves = [asyncio.create_task(server.client.put(clip, json={"rotation": k})) for k in range(6)]
                await reached(lambda: arrived == 6 and parsed >= bodies.LONG_EACH)
                for _ in range(100):
                    await asyncio.sleep(0)
                assert parsed == bodies.LONG_EACH
                draft = asyncio.create_task(server.client.post(f"/api/projects/{project}/draft", json={"clips": []}))
                await reached(lambda: parsed == bodies.LONG_EACH + 1)  # drafts have turns of their own
            assert (await draft).status_code == 200
            assert [(await each).status_code for each in saves] == [200] * 6

    asyncio.run(whole())


def test_changes_and_copies_of_a_project_read_no_whole_edit(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project may have 256 MB of edits."""

    async def every(*_: Any) -> None:
        raise AssertionError("the edits of all clips are read")

    async def whole() -> None:
        async with with_clip(game, tmp_path) as (server, project, clip):
            monkeypatch.setattr(clips, "every", every)
            changes: Json = {"clips": [{"clip_id": clip.rpartition("/")[2], "version": 1, "rotation": 3}]}
            changed = (await server.client.post(f"/api/projects/{project}/changes", json=changes)).json()
            assert [(each["rotation"], each["version"]) for each in changed["clips"]] == [(3, 2)]
            copy = (await server.client.post(f"/api/projects/{project}/duplicate", json={})).json()
            (copied,) = (await server.client.get(f"/api/projects/{copy['id']}")).json()["clips"]
            assert copied["crop_data"] == changed["clips"][0]["crop_data"]

    asyncio.run(whole())


def test_an_edit_with_more_text_than_is_compiled_is_refused_before_it_is_read(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def every(*_: Any) -> None:
        raise AssertionError("the edit is read")

    async def whole() -> None:
        async with with_clip(game, tmp_path, compile_text=100) as (server, project, _):
            monkeypatch.setattr(clips, "every", every)
            export: Json = {"project_id": project}
            for path, body in (
                (f"/api/projects/{project}/draft", {}),
                ("/api/export/framing/explain", export),
                (RENDER, {**export, "export_id": "large"}),
            ):
                refused: httpx.Response = await server.client.post(path, json=body)
                assert (refused.status_code, refused.json()["error"]) == (422, "edit_too_heavy"), path

    asyncio.run(whole())


def test_a_draft_counts_what_it_states_in_place_of_what_is_stored(game: Path, tmp_path: Path) -> None:
    async def whole() -> None:
        keyframes = [{**BOX[0], "frame": frame} for frame in range(30, 36)]
        async with with_clip(game, tmp_path, compile_text=1200) as (server, project, clip):
            (await server.client.put(clip, json={"crop_data": keyframes})).raise_for_status()
            stated: Json = {"clips": [{"clip_id": clip.rpartition("/")[2], "crop_data": keyframes}]}
            for body in ({}, stated):
                answer = await server.client.post(f"/api/projects/{project}/draft", json=body)
                assert answer.status_code == 200, answer.text
            stated["clips"][0]["crop_data"] = keyframes * 3
            answer = await server.client.post(f"/api/projects/{project}/draft", json=stated)
            assert (answer.status_code, answer.json()["error"]) == (422, "edit_too_heavy")

    asyncio.run(whole())


def test_of_a_users_large_edits_one_is_in_memory(tmp_path: Path) -> None:
    async def whole() -> None:
        compiler = Compiler(Settings(data=tmp_path))
        entered: list[str] = []

        async def enter(uid: str, size: int) -> None:
            async with compiler.turn(uid, size):
                entered.append(uid)

        try:
            async with compiler.turn("ann", LARGE + 1):
                second = asyncio.create_task(enter("ann", LARGE + 1))
                await enter("ann", LARGE)
                await enter("bob", LARGE + 1)
                assert entered == ["ann", "bob"]
            await second
            with pytest.raises(Problem, match="bytes of keyframes and spans"):
                await enter("ann", Settings(data=tmp_path).compile_text + 1)
        finally:
            compiler.close()

    asyncio.run(whole())


def test_an_export_of_a_large_edit_waits_without_what_was_compiled(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[object] = []
    start = Jobs.start

    async def noted(*given: Any) -> Any:
        kept.append(given[4])
        return await start(*given)

    monkeypatch.setattr(Jobs, "start", noted)
    monkeypatch.setattr(accept, "LARGE", 0)

    async def whole() -> None:
        async with with_clip(game, tmp_path) as (server, project, _):
            made = await server.client.post(RENDER, json={"project_id": project, "export_id": "large"})
            assert (made.status_code, kept) == (200, [None]), made.text

    asyncio.run(whole())
