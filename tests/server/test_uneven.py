"""Footage with many uneven frames: work on the time of each is done in threads, and not for all requests at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from compiler.pipeline.windows import part_of
from compiler.supervise.record import Media, recorded
from server.footage import windows
from server.footage.facts import media_info
from server.footage.uneven import EACH, MANY, UnevenTurns, uneven_frames
from server.settings import Settings
from server.storage.folder import FolderStore
from server.tables.raw_clips import RawClipRow
from tests.golden.media import film
from tests.server.editing import BOX
from tests.server.in_process import UID, in_process

Json = dict[str, Any]


def footage(frames: int | None, *, variable: bool = True, window: bool = False, key: str = "k") -> RawClipRow:
    info = {"video": {"variable": variable, "frames": frames}}
    times = {"start_time": 1.0 if window else None, "end_time": None}
    return cast(RawClipRow, {"object_key": key, "media_info": info, **times})


def test_uneven_frames_are_those_of_the_files() -> None:
    assert uneven_frames([footage(7), footage(8, key="other"), footage(9, variable=False, key="even")]) == 15
    assert uneven_frames([footage(7), footage(7)]) == 7
    assert uneven_frames([footage(7, window=True)]) == uneven_frames([footage(None)]) == MANY


def test_only_requests_with_many_uneven_frames_wait_for_others_of_their_user() -> None:
    async def whole() -> None:
        turns, end = UnevenTurns(), asyncio.Event()
        begun: list[str] = []

        async def request(uid: str, frames: int) -> None:
            async with turns.of(uid, [footage(frames)]):
                begun.append(uid)
                await end.wait()

        given = [("ann", MANY)] * (EACH + 1) + [("bob", MANY), ("ann", MANY - 1)]
        tasks = [asyncio.create_task(request(*each)) for each in given]
        while len(begun) < EACH + 2:
            await asyncio.sleep(0)
        assert (begun.count("ann"), begun.count("bob")) == (EACH + 1, 1)
        end.set()
        await asyncio.gather(*tasks)
        assert len(begun) == len(given)

    asyncio.run(whole())


def test_a_summary_of_uneven_frames_needs_no_record_of_them() -> None:
    even = film("x.mp4", 30, 4)
    uneven = replace(even, video=replace(even.video, ticks=tuple(range(0, 1000, 7)), keys=(0, 7)))
    whole = recorded(uneven)
    assert whole["video"].pop("ticks")
    del whole["video"]["keys"]
    assert media_info(uneven) == whole | {"video": whole["video"] | {"variable": True}}


def test_what_reads_the_times_of_frames_takes_a_turn_and_a_thread(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred windows of a file of 360,000 uneven frames held the loop, and took more than a gigabyte."""
    in_loop: list[bool] = []

    def part(*given: Any) -> Media:
        in_loop.append(threading.current_thread() is threading.main_thread())
        return part_of(*given)

    monkeypatch.setattr(windows, "part_of", part)
    taken: list[int] = []

    @asynccontextmanager
    async def of(self: UnevenTurns, uid: str, rows: Iterable[RawClipRow]) -> AsyncIterator[None]:
        assert uid == UID
        taken.append(len(list(rows)))
        yield

    monkeypatch.setattr(UnevenTurns, "of", of)

    async def whole() -> None:
        async with in_process(Settings(data=tmp_path), FolderStore(tmp_path / "objects")) as server:

            async def asked(path: str, body: Json, status: int) -> Json:
                taken.clear()
                answer = await server.client.post(path, json=body)
                assert answer.status_code == status, answer.text
                found: Json = answer.json()
                return found

            headers = {"Content-Type": "video/mp4"}
            upload = await server.client.post("/api/raw-clips?name=x", content=game.read_bytes(), headers=headers)
            raw = upload.json()["id"]
            asking = {"windows": [{"start_time": k} for k in range(3)]}
            made = await asked(f"/api/raw-clips/{raw}/windows", asking, 201)
            assert (in_loop, taken) == ([False] * 3, [1])
            part_id = made["raw_clips"][0]["id"]
            assert (await server.client.get(f"/api/raw-clips/{part_id}/peaks")).status_code == 200
            assert in_loop == [False] * 4
            project = (await asked("/api/projects", {"name": "x"}, 201))["id"]
            outside = [{**BOX[0], "x": 5000}]
            await asked(f"/api/clips/projects/{project}/clips", {"raw_clip_id": raw, "crop_data": outside}, 201)
            await asked(f"/api/projects/{project}/draft", {"clips": []}, 200)
            assert taken == [1]
            for path, more in (("explain", {}), ("render", {"export_id": "e"})):
                problem = await asked(f"/api/export/framing/{path}", {"project_id": project, **more}, 422)
                assert (problem["error"], taken) == ("crop_off_picture", [1])

    asyncio.run(whole())
