"""Long answers: made page by page in a thread, sent piece by piece, and bounded for each user."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message

from server.problem import Problem
from server.routes import clips as routes
from server.settings import Settings
from server.storage.folder import FolderStore
from server.tables import clips, paged
from server.web import api, texts
from server.web.texts import LONG, PIECE, ROOM, LongAnswers, Text, TextResponse
from tests.server.in_process import in_process

Json = dict[str, Any]
CLIPS = 5
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


def test_a_single_large_clip_is_made_away_from_the_loop(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever read and saved a clip of some megabytes held everybody, also where the request itself was small."""
    held: list[str] = []

    def witnessed(name: str, work: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def call(given: Any) -> Any:
            if threading.current_thread() is threading.main_thread():
                held.append(name)
            return work(given)

        return call

    monkeypatch.setattr(clips, "as_json", witnessed("as_json", clips.as_json))
    for module in (api, routes):
        monkeypatch.setattr(module, "dumped", witnessed("dumped", texts.dumped))

    async def whole() -> None:
        async with in_process(Settings(data=tmp_path), FolderStore(tmp_path / "objects")) as server:
            client = server.client
            raw = (await client.post("/api/raw-clips?name=x", content=game.read_bytes(), headers=OF_A_FILM)).json()
            project = (await client.post("/api/projects", json={"name": "x"})).json()["id"]
            place = f"/api/clips/projects/{project}/clips"
            boxes = {"raw_clip_id": raw["id"], "crop_data": BOXES}
            clip = (await client.post(place, json=boxes)).json()["clip"]
            held.clear()
            renamed = await client.put(f"{place}/{clip['id']}", json={"name": "y"})
            restored = await client.post(f"{place}/{clip['id']}/restore", json={"version": 1})
            shown = await client.get(f"{place}/{clip['id']}")
            assert renamed.json()["clip"]["name"] == "y"
            assert restored.json()["clip"] == shown.json()
            assert shown.json()["crop_data"] == clip["crop_data"]
            assert shown.headers["etag"] == restored.headers["etag"]

    asyncio.run(whole())
    assert held == []


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
