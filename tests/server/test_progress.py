"""`WS /ws/export/{export_id}`: the messages that a client gets from an export's start to its end."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.websockets import WebSocket, WebSocketState
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from compiler.cli.meters import as_json
from compiler.supervise.films.progress import Progress
from server.exports.job import Job
from server.exports.progress import Tracker
from server.routes import progress
from tests.server.editing import awaited, begin, export, long_project, new_export, one_clip, standing
from tests.server.site import Site, add_user
from tests.server.waiting import until

ORDER = ("queued", "fetching", "rendering", "verifying", "storing", "complete")


def socket(client: httpx.Client, export_id: str, **headers: str) -> ClientConnection:
    """A socket of a user."""
    url = str(client.base_url).replace("http://", "ws://").rstrip("/")
    given = {"Authorization": client.headers.get("authorization", ""), **headers}
    return connect(f"{url}/ws/export/{export_id}", additional_headers=given, proxy=None)


def heard(open_socket: ClientConnection) -> list[dict[str, Any]]:
    """Every message until the server closes the socket."""
    return [json.loads(message) for message in open_socket]


def test_websocket_progress(user: httpx.Client, game: Path) -> None:
    export_id = begin(user, one_clip(user, game))
    with socket(user, export_id) as listening:
        states = heard(listening)
        assert listening.close_code == 1000
    places = [ORDER.index(state["stage"]) for state in states]
    assert places == sorted(places)
    assert [state["progress"] for state in states] == sorted(state["progress"] for state in states)
    assert [state["seq"] for state in states] == sorted({state["seq"] for state in states})
    assert all(0 <= state["progress"] < 1 for state in states[:-1])
    last = states[-1]
    assert (last["state"], last["stage"], last["progress"], last["done"]) == ("complete", "complete", 1.0, True)
    assert (last["frame"], last["frames"], last["error"]) == (15, 15, None)
    assert not any(state["done"] for state in states[:-1])
    assert user.get(f"/api/export/{export_id}").json()["state"] == "complete"


def test_the_members_are_those_of_the_command_line(user: httpx.Client, game: Path) -> None:
    export_id = begin(user, one_clip(user, game))
    with socket(user, export_id) as listening:
        states = heard(listening)
    printed = as_json(Progress("rendering", 1, 2, 0.5), 1)
    for state in states:
        assert state.keys() == {*printed, "export_id", "place"}
        assert (state["type"], state["export_id"]) == ("progress", export_id)


def test_who_comes_late_is_told_the_last_state(user: httpx.Client, game: Path) -> None:
    export_id = new_export()
    export(user, one_clip(user, game), export_id)
    with socket(user, export_id) as listening:
        (state,) = heard(listening)
    assert (state["state"], state["done"]) == ("complete", True)


@pytest.mark.further
def test_who_comes_again_is_told_the_state_at_once(site: Site, user: httpx.Client, game: Path) -> None:
    export_id = standing(user, site.data, long_project(user, game))
    with socket(user, export_id) as first:
        before = json.loads(first.recv())
    with socket(user, export_id) as again:
        now = json.loads(again.recv())
        assert now["progress"] >= before["progress"] > 0
        assert now["stage"] == "rendering"
        user.delete(f"/api/export/{export_id}")
        last = heard(again)[-1]
        assert again.close_code == 1000
    assert (last["state"], last["done"], last["error"]) == ("cancelled", True, None)


def test_who_listens_before_the_export_is_asked_for_hears_it(user: httpx.Client, game: Path) -> None:
    project_id, export_id = one_clip(user, game), new_export()
    with ThreadPoolExecutor(1) as side:
        opened = side.submit(socket, user, export_id)
        assert export(user, project_id, export_id).status_code == 200
        with opened.result() as listening:
            assert heard(listening)[-1]["state"] == "complete"


def test_a_ping_is_answered(site: Site, user: httpx.Client, game: Path) -> None:
    export_id = standing(user, site.data, long_project(user, game))
    with socket(user, export_id) as listening:
        listening.send("ping")
        assert any(message == "pong" for _, message in zip(range(20), listening, strict=False))
    assert user.delete(f"/api/export/{export_id}").json()["state"] == "cancelled"


def test_a_failure_is_told_with_its_error(site: Site, user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    raw = user.get(f"/api/projects/{project_id}").json()["clips"][0]["raw_clip_id"]
    (found,) = (site.data / "objects").rglob(raw)
    found.write_bytes(b"\0" * found.stat().st_size)
    export_id = begin(user, project_id)
    with socket(user, export_id) as listening:
        last = heard(listening)[-1]
    assert (last["state"], last["done"], last["error"]["error"]) == ("error", True, "damaged_media")


def test_a_reader_that_does_not_read_gets_the_newest_and_the_last(user: httpx.Client, game: Path) -> None:
    export_id = begin(user, one_clip(user, game))
    with socket(user, export_id) as listening:
        assert awaited(user, export_id)["state"] == "complete"
        assert heard(listening)[-1]["state"] == "complete"


@pytest.mark.further
def test_one_user_has_so_many_sockets_and_no_more(
    site: Site, user: httpx.Client, another: httpx.Client, game: Path
) -> None:
    export_id = standing(user, site.data, long_project(user, game))
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket(user, export_id)) for _ in range(progress.MOST_SOCKETS)]
        with pytest.raises(InvalidStatus) as caught:
            socket(user, export_id)
        assert caught.value.response.status_code == 429
        assert json.loads(caught.value.response.body or b"")["error"] == "too_many_sockets"
        with pytest.raises(InvalidStatus, match="404"):  # other users have their own sockets
            socket(another, export_id)
        sockets[0].close()
        until(lambda: not _refused(user, export_id), "a closed socket still counts")
    assert user.delete(f"/api/export/{export_id}").json()["state"] == "cancelled"


def _refused(client: httpx.Client, export_id: str) -> bool:
    try:
        with socket(client, export_id):
            return False
    except InvalidStatus:
        return True


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer reelc_" + "x" * 43}, 401),
        ({"Origin": "http://example.com"}, 403),
    ],
)
def test_strangers_are_refused(user: httpx.Client, headers: dict[str, str], status: int) -> None:
    with pytest.raises(InvalidStatus) as caught:
        socket(user, "x", **headers)
    assert caught.value.response.status_code == status


@pytest.mark.further
def test_another_users_export_is_not_there(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    export_id = begin(user, one_clip(user, game))
    with pytest.raises(InvalidStatus) as caught:
        socket(another, export_id)
    assert caught.value.response.status_code == 404


@pytest.mark.further
def test_sockets_do_not_keep_the_server_and_are_told_to_come_again(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    site = Site(data)
    with site.client(token) as ann, ExitStack() as stack:
        export_id = standing(ann, data, long_project(ann, game))
        sockets = [stack.enter_context(socket(ann, export_id)) for _ in range(10)]
        ann.close()
        assert site.stop() == 0
        for listening in sockets:
            assert not any(state["done"] for state in heard_until_closed(listening))
            assert listening.close_code == 1012


def heard_until_closed(listening: ClientConnection) -> list[dict[str, Any]]:
    """The messages before a close with an error."""
    states = []
    try:
        while True:
            states.append(json.loads(listening.recv(timeout=10)))
    except ConnectionClosed:
        return states


def test_there_is_a_pause_between_any_two_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """After any events meanwhile, the socket sends the newest state, and none of the states between."""
    states: list[str] = []
    tracker = Tracker("e")

    class Wire:
        async def send_json(self, event: dict[str, Any]) -> None:
            states.append(event["message"])

    async def pause(seconds: float) -> None:
        states.append(f"pause of {seconds}")
        part = states.count(f"pause of {seconds}") / 4
        for step in range(3):
            tracker.at("rendering", part, f"{part}, step {step}")
        if part == 0.75:
            tracker.end("complete", "the end")

    patched = SimpleNamespace(**vars(asyncio) | {"sleep": pause})
    monkeypatch.setattr(progress, "asyncio", patched)
    assert asyncio.run(progress._send_states(Wire(), Job("ann", "e", "p", tracker))) == 1000  # type: ignore[arg-type]
    steps = [f"pause of {progress.EVERY}", "0.25, step 2", f"pause of {progress.EVERY}", "0.5, step 2"]
    assert states == ["waiting for its turn", *steps, f"pause of {progress.EVERY}", "the end"]
    assert progress.EVERY >= 1 / 4


def test_a_socket_ends_when_its_token_is_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOOK_EVERY", 0)
    looks, sent = iter(["ann", "ann", None]), []

    async def user_of(*_: str) -> str | None:
        return next(looks)

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    async def whole() -> None:
        services = SimpleNamespace(accounts=SimpleNamespace(user_of=user_of), audit=SimpleNamespace(failure=print))
        headers = [(b"authorization", b"Bearer x")]
        wire = WebSocket({"type": "websocket", "headers": headers}, receive, send)
        wire.client_state = wire.application_state = WebSocketState.CONNECTED
        sockets = progress.Sockets(services)  # type: ignore[arg-type]
        running = Job("ann", "e", "p", Tracker("e"))
        await progress._serve_states(wire, running, sockets._until_refused(wire))

    asyncio.run(asyncio.wait_for(whole(), 10))
    assert (sent[-1]["type"], sent[-1]["code"]) == ("websocket.close", 1008)
    assert next(looks, "none left") == "none left"
