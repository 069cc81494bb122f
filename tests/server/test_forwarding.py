"""Requests for users of other servers, forwarded: the client sees no difference, and a stranger cannot pretend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.server.editing import RENDER, begin, export, frozen, long_project, one_clip
from tests.server.saving import QUICK
from tests.server.site import Site, add_user
from tests.server.test_http import refused
from tests.server.test_progress import socket
from tests.server.test_several_servers import SECRET, forwarding, machines
from tests.server.waiting import until


@dataclass
class Pair:
    """Two servers; the user is at the first one, and asks the second one too."""

    first: Site
    second: Site
    token: str
    folder: Path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    one, two = machines(folder)
    token = add_user(one, "ann")
    with forwarding(one, **QUICK) as first, forwarding(two, **QUICK) as second:
        with first.client(token) as ann:
            ann.get("/api/projects").raise_for_status()
        yield Pair(first, second, token, folder)
        assert first.stop() == 0
        assert second.stop() == 0


@pytest.fixture
def here(pair: Pair) -> Iterator[httpx.Client]:
    with pair.first.client(pair.token) as client:
        yield client


@pytest.fixture
def there(pair: Pair) -> Iterator[httpx.Client]:
    with pair.second.client(pair.token) as client:
        yield client


def test_saves_uploads_and_films_go_through(here: httpx.Client, there: httpx.Client, game: Path) -> None:
    project_id = one_clip(there, game)
    assert [each["id"] for each in here.get("/api/projects").json()["projects"]] == [project_id]
    answer = export(there, project_id)
    assert answer.status_code == 200, answer.text
    media = f"/api/working-videos/{answer.json()['working_video_id']}/media"
    whole, part = there.get(media), there.get(media, headers={"Range": "bytes=100-199"})
    assert whole.content == here.get(media).content
    assert (part.status_code, part.content, part.headers["content-length"]) == (206, whole.content[100:200], "100")
    assert there.head(media).headers["content-length"] == str(len(whole.content))
    cached = there.get(media, headers={"If-None-Match": whole.headers["etag"]})
    assert (cached.status_code, cached.content) == (304, b"")


def test_answers_are_those_of_the_users_server(here: httpx.Client, there: httpx.Client) -> None:
    asked = {"X-Request-ID": "one-id"}
    one, two = (client.get("/api/projects/p_none", headers=asked) for client in (here, there))
    for each in (one, two):
        each.headers.pop("date")
        assert each.headers.get_list("x-request-id") == ["one-id"]
    assert (one.status_code, one.json(), one.headers) == (two.status_code, two.json(), two.headers)


def test_a_repeated_request_is_one_request_at_whichever_server(here: httpx.Client, there: httpx.Client) -> None:
    key = {"Idempotency-Key": "made-once"}
    made = [client.post("/api/projects", json={"name": "once"}, headers=key).json()["id"] for client in (here, there)]
    assert made[0] == made[1]


def test_chunked_and_refused_bodies_are_forwarded(there: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"name": '
        yield b'"in pieces"}'

    headers = {"Content-Type": "application/json"}
    assert there.post("/api/projects", content=pieces(), headers=headers).status_code == 201
    refused(there.post("/api/projects", content=b"{" * (1 << 19), headers=headers), 413, "too_large")


def test_sockets_are_relayed(here: httpx.Client, there: httpx.Client, game: Path) -> None:
    export_id = begin(there, one_clip(there, game), settings={"encode": {"crf": 31}})
    with socket(there, export_id) as listening:
        listening.send("ping")
        states = heard_but_pongs(listening)
        assert listening.close_code == 1000
    assert states[-1]["state"] == "complete"
    with pytest.raises(InvalidStatus) as failure:
        socket(there, "no-such-export")
    assert failure.value.response.status_code == 404
    assert json.loads(failure.value.response.body or b"")["error"] == "export_not_found"


def heard_but_pongs(listening: object) -> list[dict[str, object]]:
    messages = [str(message) for message in listening]  # type: ignore[attr-defined]
    assert "pong" in messages
    return [json.loads(message) for message in messages if message != "pong"]


def test_limits_of_a_user_hold_at_all_servers(here: httpx.Client, there: httpx.Client, game: Path, pair: Pair) -> None:
    projects = [long_project(client, game) for client in (here, there, here, there)]
    begun = [begin(client, each) for client, each in zip((there, here, there), projects, strict=False)]
    frozen(pair.folder / "machine0")
    refused(there.post(RENDER, json={"project_id": projects[3], "export_id": "one-too-many"}), 429, "too_many_exports")
    for each in begun:
        assert there.delete(f"/api/export/{each}").json()["state"] == "cancelled"


def test_a_client_that_goes_away_is_noticed_by_the_users_server(
    here: httpx.Client, there: httpx.Client, game: Path, pair: Pair
) -> None:
    project_id = long_project(there, game)
    body = json.dumps({"project_id": project_id, "export_id": "left"})
    head = f"POST {RENDER} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {pair.token}\r\n"
    with pair.second.wire() as wire:
        wire.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        until(lambda: here.get("/api/export/left").status_code == 200, "the export is not accepted")
    frozen(pair.folder / "machine0")
    until(lambda: '"status": 499' in (pair.folder / "machine0.log").read_text(), "the client's end is not seen")
    assert here.get("/api/export/left").json()["state"] in ("queued", "running")
    assert here.delete("/api/export/left").json()["state"] == "cancelled"


def test_a_wrong_secret_is_refused_and_audited(pair: Pair, here: httpx.Client) -> None:
    for secret in ("a guess", ""):
        refused(here.get("/api/me", headers={"X-Reelc-Secret": secret}), 403, "foreign_server")
    assert '"event": "peer_refused"' in (pair.folder / "machine0" / "audit.jsonl").read_text()
    with pytest.raises(InvalidStatus) as failure:
        socket(here, "any", **{"X-Reelc-Secret": "a guess"})
    assert failure.value.response.status_code == 403


def test_the_secret_gives_no_access_and_a_forwarded_request_is_not_forwarded_again(pair: Pair) -> None:
    right = {"X-Reelc-Secret": SECRET, "X-Forwarded-For": "192.0.2.9"}
    with pair.second.client() as nobody:
        refused(nobody.get("/api/me", headers=right), 401, "unauthorized")
    with pair.second.client(pair.token) as ann:
        refused(ann.get("/api/me", headers=right), 503, "other_server")
