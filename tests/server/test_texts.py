"""Long answers: made page by page in a thread, sent piece by piece, and bounded for each user."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message

from compiler.supervise.ffmpeg import find_build
from server import long_json
from server.problem import Problem
from server.settings import Settings
from server.storage.folder import FolderStore
from server.tables import clips, paged
from server.web import api, texts
from server.web.api import SMALL
from server.web.texts import LONG, PIECE, ROOM, LongAnswers, Text, TextResponse
from tests.server.in_process import in_process

Json = dict[str, Any]
CLIPS = 5
STEP = 8000
"""Characters of a step of a hundred values, which no text of this test needs."""
BOXES = [{"frame": k, "x": k % 7, "y": 0, "width": 200, "height": 112} for k in range(300)]


def test_lists_are_made_a_page_at_a_time_away_from_the_loop(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GET of a project of 60 MB held everybody for two seconds."""
    made: list[tuple[int, bool]] = []

    def joined(rows: Sequence[Any], as_json: Callable[[Any], Mapping[str, Any]]) -> bytes:
        made.append((len(rows), threading.current_thread() is threading.main_thread()))
        return texts.joined(rows, as_json)

    monkeypatch.setattr(api, "joined", joined)
    monkeypatch.setattr(api, "SMALL", 2 * 2**9 + 2)  # two rows of a list that are short
    monkeypatch.setattr(clips, "PAGE", 40_000)
    monkeypatch.setattr(paged, "PAGE", 2)

    async def whole() -> None:
        async with in_process(Settings(data=tmp_path), FolderStore(tmp_path / "objects")) as server:
            client = server.client

            async def asked(method: str, path: str, body: Json | None = None) -> Json:
                made.clear()
                answer = await client.request(method, path, json=body)
                assert answer.status_code in (200, 201), answer.text
                found: Json = answer.json()
                return found

            raw = (await client.post("/api/raw-clips?name=x", content=game.read_bytes(), headers=OF_A_FILM)).json()[
                "id"
            ]
            ids = [(await asked("POST", "/api/projects", {"name": f"{k}"}))["id"] for k in range(CLIPS)]
            listed = await asked("GET", "/api/projects")
            assert [each["id"] for each in listed["projects"]] == ids[::-1]
            assert [count for count, _ in made] == [2, 2, 1]
            project = ids[0]
            adding = [{"raw_clip_id": raw, "crop_data": BOXES} for _ in range(CLIPS)]
            changed = await asked("POST", f"/api/projects/{project}/changes", {"add": adding})
            assert made == [(2, False), (2, False), (1, False)]
            keys = [each["id"] for each in changed["clips"]]
            for path in (f"/api/projects/{project}", f"/api/clips/projects/{project}/clips"):
                found = await asked("GET", path)
                assert (found["clips"], len(made)) == (changed["clips"], 3)
            version = await asked("GET", f"/api/projects/{project}/versions/2")
            assert ([each["id"] for each in version["clips"]], len(made)) == (keys, 3)
            turned = await asked("PUT", f"/api/clips/projects/{project}/clips/reorder", {"clip_ids": keys[::-1]})
            assert ([each["id"] for each in turned["clips"]], len(made)) == (keys[::-1], 3)
            windows = {"windows": [{"start_time": k / 2} for k in range(CLIPS - 1)]}
            parts = [
                each["id"] for each in (await asked("POST", f"/api/raw-clips/{raw}/windows", windows))["raw_clips"]
            ]
            found = await asked("GET", "/api/raw-clips")
            assert [each["id"] for each in found["raw_clips"]] == [*parts[::-1], raw]
            assert (made, len(found["raw_clips"][-1]["used_in"])) == ([(2, False), (2, False), (1, False)], CLIPS)
            for each in parts:
                await client.delete(f"/api/raw-clips/{each}")
            gone = await asked("GET", "/api/raw-clips?deleted=true")
            assert ([each["id"] for each in gone["raw_clips"]], len(made)) == (parts[::-1], 2)

    asyncio.run(whole())


def test_a_large_clip_is_written_and_read_in_steps_away_from_the_loop(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clip of some megabytes held everybody while `json` wrote or read it in one call, also in a thread."""
    held: list[tuple[str, int]] = []

    def witnessed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def witness(given: Any, **named: Any) -> Any:
            done = call(given, **named)
            length = 0 if isinstance(given, str) and name == "dumps" else len(done if name == "dumps" else given)
            on_loop = threading.current_thread() is threading.main_thread()
            if length > (SMALL if on_loop else STEP) and not any(map(callable, named.values())):
                held.append((name, length))
            return done

        return witness

    find_build()  # reads a list of its own
    monkeypatch.setattr(long_json, "MOST", 100)
    monkeypatch.setattr(long_json, "SHORT", 2000)
    for name in ("dumps", "loads"):
        monkeypatch.setattr(json, name, witnessed(name, getattr(json, name)))

    async def whole() -> None:
        async with in_process(Settings(data=tmp_path), FolderStore(tmp_path / "objects")) as server:
            client = server.client
            raw = (await client.post("/api/raw-clips?name=x", content=game.read_bytes(), headers=OF_A_FILM)).json()
            project = (await client.post("/api/projects", json={"name": "x"})).json()["id"]
            place = f"/api/clips/projects/{project}/clips"
            added = await client.post(place, json={"raw_clip_id": raw["id"], "crop_data": BOXES})
            clip = json.JSONDecoder().decode(added.text)["clip"]
            own = f"{place}/{clip['id']}"
            renamed = await client.put(own, json={"name": "y"}, headers={"Idempotency-Key": "k"})
            again = await client.put(own, json={"name": "y"}, headers={"Idempotency-Key": "k"})
            restored = await client.post(f"{own}/restore", json={"version": 1})
            shown = await client.get(own)
            versions = await client.get(f"{own}/versions")
            drafted = await client.post(f"/api/projects/{project}/draft", json={})
            explained = await client.post("/api/export/framing/explain", json={"project_id": project})
            await client.post(f"/api/projects/{project}/changes", json={"project": {"name": "z"}})
            states = await client.get(f"/api/projects/{project}/versions")
            noted = [*held]
            assert (drafted.status_code, explained.status_code, states.status_code) == (200, 200, 200)
            assert renamed.json()["clip"]["name"] == "y"
            assert (again.content, again.headers["etag"]) == (renamed.content, renamed.headers["etag"])
            assert restored.json()["clip"] == shown.json() == versions.json()["versions"][0]
            assert shown.json()["crop_data"] == clip["crop_data"]
            assert shown.headers["etag"] == restored.headers["etag"]
            assert noted == []

    asyncio.run(whole())


def test_what_is_written_and_read_in_steps_is_what_json_writes_and_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_json, "MOST", 9)
    monkeypatch.setattr(long_json, "SHORT", 9)
    boxes = [{"frame": k, "x": k / 7, "é": "\n", "y": [k] * (k % 20)} for k in range(40)]
    for value in (
        boxes,
        {"a": boxes, "b": {}, "c": [], "é": "é" * 200},
        [[boxes[:3]], "x" * 200, 1],
        "y" * 300,
        None,
        {},
    ):
        answer = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        assert (long_json.dumped(value), long_json.written(value)) == (answer.encode(), json.dumps(value))
        assert long_json.loaded(answer) == value
    with pytest.raises(ValueError, match="not JSON compliant"):
        long_json.dumped([math.nan] * 30)


OF_A_FILM = {"Content-Type": "video/mp4"}


def text_of(answers: LongAnswers, size: int, uid: str = "ann") -> Text:
    text = Text(answers, uid)
    text.add(bytes(size))
    return text


def test_long_answers_of_a_user_have_a_room_and_one_alone_may_be_longer() -> None:
    answers = LongAnswers()
    first = text_of(answers, 2 * ROOM)
    text_of(answers, LONG)
    text_of(answers, 2 * ROOM, "bob")
    with pytest.raises(Problem) as refused:
        text_of(answers, LONG + 1)
    assert (refused.value.status, refused.value.error) == (429, "too_many_requests")
    del first, refused
    text_of(answers, LONG + 1)


def test_an_answer_is_sent_in_pieces() -> None:
    answers, sent = LongAnswers(), list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    text = text_of(answers, 2 * PIECE + 1)
    text.add(b"end")
    asyncio.run(TextResponse(text)({"type": "http"}, receive, send))
    assert (b"content-length", str(2 * PIECE + 4).encode()) in sent[0]["headers"]
    assert [len(each["body"]) for each in sent[1:]] == [PIECE, PIECE, 1, 3, 0]
    assert [each.get("more_body", False) for each in sent[1:]] == [True] * 4 + [False]
