"""Bounds of one request: the size of its body, what the body may hold, the size of the answer, and who computes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from compiler.errors import Loc, ReelError
from server.app import make_app
from server.edits.bounds import ENTRIES, VALUES
from server.problem import MOST_ERRORS, from_reel, render_problem
from server.settings import Settings
from server.storage.folder import FolderStore
from server.web.bodies import LARGE_EACH
from server.web.services import make_services
from tests.server.site import PLAIN, add_user, serving
from tests.server.test_http import BOX, added, refused

OFF_THE_LOOP = (
    """
import threading
import server.edits.compiled, server.footage.facts, server.routes.clips, server.routes.drafts, server.web.serving
import server.routes.explain, server.routes.inspector
def off_the_loop(module, name, size=lambda *given: True):
    plain = getattr(module, name)
    def checked(*given, **named):
        assert not size(*given) or threading.current_thread() is not threading.main_thread(), name
        return plain(*given, **named)
    setattr(module, name, checked)
off_the_loop(server.web.serving, "read_body", lambda model, raw, kind: len(raw) > 16384)
off_the_loop(server.routes.clips, "saved", lambda row, changes, *rest: len(changes.get("crop_data") or ()) > 500)
off_the_loop(server.edits.compiled, "reel_text")
for name in ("changes", "lines", "drawing", "command", "page", "traced", "form_of"):
    off_the_loop(server.routes.inspector, name)
off_the_loop(server.routes.explain, "command")
off_the_loop(server.footage.facts, "recorded")
off_the_loop(server.footage.facts, "media_of")
"""
    + PLAIN
)
"""A server that fails when it does such work in the thread of the event loop."""

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def ann(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    data = tmp_path_factory.mktemp("bounds") / "data"
    token = add_user(data, "ann")
    with serving(data, OFF_THE_LOOP) as site, site.client(token) as client:
        yield client


@pytest.fixture(scope="module")
def clip(ann: httpx.Client, footage: Path) -> str:
    return added(ann, footage / "short60.mp4", crop_data=[BOX])


def keyframes(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{**BOX, "frame": frame, **fields} for frame in range(count)]


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.further
def test_an_answer_lists_a_hundred_errors_and_counts_the_rest(ann: httpx.Client, clip: str) -> None:
    answer = ann.put(clip, json={"crop_data": keyframes(3000, x="left", colour=1)})
    problem = refused(answer, 422, "unknown_field")
    assert (len(problem["errors"]), problem["more_errors"]) == (MOST_ERRORS, 6000 - MOST_ERRORS)
    assert len(answer.content) < 100_000
    problem = refused(ann.put(clip, json={f"field{number}": 1 for number in range(3000)}), 422, "invalid_request")
    assert (len(problem["errors"]), problem["more_errors"]) == (MOST_ERRORS, 3000 - MOST_ERRORS)
    few = refused(ann.put(clip, json={"crop_data": keyframes(2, x="left")}), 422, "wrong_type")
    assert len(few["errors"]) == 2
    assert "more_errors" not in few


def test_an_answer_lists_a_hundred_warnings_and_counts_the_rest(ann: httpx.Client, clip: str) -> None:
    warnings = ann.put(clip, json={"crop_data": [{**BOX, "x": x % 90} for x in range(300)]}).json()["warnings"]
    assert len(warnings) == MOST_ERRORS + 1
    assert warnings[-1] == f"{299 - MOST_ERRORS} more warnings"


def test_a_draft_lists_a_hundred_errors_and_counts_the_rest(ann: httpx.Client, clip: str) -> None:
    change = {"clip_id": clip.rpartition("/")[2], "crop_data": keyframes(300, x="left")}
    draft = ann.post(f"/api/projects/{clip.split('/')[4]}/draft", json={"clips": [change]}).json()
    assert (len(draft["errors"]), draft["more_errors"]) == (MOST_ERRORS, 300 - MOST_ERRORS)


@pytest.mark.parametrize("text", [False, True], ids=["JSON", "JSON as text"])
@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("crop_data", json.dumps([BOX] * (ENTRIES + 1)), "/crop_data"),
        ("crop_data", json.dumps([dict.fromkeys(map(str, range(ENTRIES + 1)))]), "/crop_data/0"),
        ("segments_data", json.dumps({"version": 2, "spans": [0] * (ENTRIES + 1)}), "/segments_data/spans"),
        ("segments_data", json.dumps({"segmentSpeeds": [[0] * 9000] * (VALUES // 9000 + 1)}), ""),
    ],
    ids=["keyframes", "keys", "spans", "values"],
)
def test_more_than_an_edit_can_hold_is_refused(
    ann: httpx.Client, clip: str, text: bool, field: str, value: str, pointer: str
) -> None:
    before = ann.get(clip).json()
    body = f'{{"{field}": {json.dumps(value) if text else value}}}'
    problem = refused(ann.put(clip, content=body, headers=JSON), 422, "invalid_request")
    assert problem["pointer"] == (pointer or (f"/{field}" if text else ""))
    assert ann.get(clip).json() == before


@pytest.mark.parametrize("depth", [40, 300, 900, 5000])
def test_what_is_nested_too_deeply_is_refused(ann: httpx.Client, clip: str, depth: int) -> None:
    made = clip.split("/")[4]
    draft = f'{{"clips": [{{"clip_id": "{clip.rpartition("/")[2]}", "crop_data": {nested(depth)}}}]}}'
    for method, path, body in (
        ("PUT", clip, f'{{"crop_data": {nested(depth)}}}'),
        ("PUT", clip, json.dumps({"transition_data": nested(depth)})),
        ("POST", "/api/projects", f'{{"name": "x", "settings": {{"canvas": {nested(depth)}}}}}'),
        ("POST", f"/api/projects/{made}/draft", draft),
    ):
        answer = ann.request(method, path, content=body, headers=JSON)
        assert answer.status_code in (400, 422), (path, answer.text)
        refused(answer, answer.status_code, answer.json()["error"])


@pytest.mark.further
def test_ten_thousand_keyframes_are_legal(ann: httpx.Client, clip: str) -> None:
    answer = ann.put(clip, json={"crop_data": keyframes(ENTRIES)})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["clip"]["crop_data"]) == ENTRIES
    assert ann.put(clip, json={"crop_data": [BOX]}).status_code == 200


def test_a_body_is_as_large_as_its_operation_needs(ann: httpx.Client, clip: str) -> None:
    small, large = " " * (300 << 10), " " * (5 << 20)
    made = clip.split("/")[4]
    assert ann.put(clip, content=f'{{"rotation": 1{small}}}', headers=JSON).status_code == 200
    refused(ann.put(clip, content=f'{{"rotation": 1{large}}}', headers=JSON), 413, "too_large")
    for method, path in (
        ("POST", "/api/projects"),
        ("PATCH", f"/api/projects/{made}"),
        ("POST", f"{clip}/restore"),
        ("POST", "/api/export/framing/explain"),
        ("POST", "/sign-in"),
    ):
        refused(ann.request(method, path, content=f"{{{small}}}", headers=JSON), 413, "too_large")


@pytest.mark.further
def test_nothing_large_is_computed_in_the_thread_of_the_event_loop(ann: httpx.Client, clip: str) -> None:
    """The server of these tests fails where it is."""
    large = keyframes(1000)
    assert ann.put(clip, json={"crop_data": large}).status_code == 200
    change = {"clip_id": clip.rpartition("/")[2], "crop_data": large}
    made = clip.split("/")[4]
    assert ann.post(f"/api/projects/{made}/draft", json={"clips": [change]}).status_code == 200
    page = f"/projects/{made}/explain"
    for path in (page, f"{page}?at=1&node=out", f"{page}?format=svg", f"{page}.json", f"{page}/at.json?at=1"):
        assert ann.get(path).status_code in (200, 404), path
    assert ann.post("/api/export/framing/explain", json={"project_id": made}).status_code == 200


def test_an_error_names_files_without_their_folders() -> None:
    log = "[in#0] Error opening input file:///srv/reels/local/footage/ab12.\n'/tmp/x/film.mp4': No space left"
    problem = render_problem(ReelError("RC607", Loc("dunk", "/clips/0"), "ffmpeg failed", detail=log))
    assert problem.members["log"] == "[in#0] Error opening input ab12.\n'film.mp4': No space left"
    assert "/srv" not in json.dumps(problem.body())
    assert problem.members["pointer"] == "/clips/0"
    overlap = ReelError(
        "RC112", Loc("dunk", "/clips/0"), "two spans overlap", detail="/clips/0/spans/1 lasts until 3 s"
    )
    assert from_reel(overlap).members["errors"][0]["detail"] == "/clips/0/spans/1 lasts until 3 s"


def test_large_bodies_of_one_user_wait_unread_for_each_other_alone(tmp_path: Path) -> None:
    asyncio.run(large_bodies(tmp_path))


async def large_bodies(tmp_path: Path) -> None:
    services = make_services(Settings(data=tmp_path), FolderStore(tmp_path / "objects"))
    begun, go_on = {"ann": 0, "bob": 0}, asyncio.Event()

    async def client(uid: str) -> httpx.AsyncClient:
        await services.accounts.add(uid)
        headers = {"Authorization": f"Bearer {await services.accounts.issue(uid, 'bearer')}", **JSON}
        transport = httpx.ASGITransport(make_app(services))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    async def body(uid: str) -> AsyncIterator[bytes]:
        begun[uid] += 1
        yield b'{"name": '
        await go_on.wait()
        yield b'"x"}'

    try:
        async with await client("ann") as ann, await client("bob") as bob, asyncio.TaskGroup() as tasks:
            sent = [tasks.create_task(ann.post("/api/projects", content=body("ann"))) for _ in range(LARGE_EACH + 2)]
            small = await ann.post("/api/projects", json={"name": "small"})
            assert small.status_code == 201
            sent.append(tasks.create_task(bob.post("/api/projects", content=body("bob"))))
            while not begun["bob"]:
                await asyncio.sleep(0)
            assert begun == {"ann": LARGE_EACH, "bob": 1}
            go_on.set()
        assert [task.result().status_code for task in sent] == [201] * (LARGE_EACH + 3)
        assert begun == {"ann": LARGE_EACH + 2, "bob": 1}
    finally:
        await services.databases.close(1)
