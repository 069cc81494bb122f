"""Clients that disconnect at random bytes of their requests and of the answers, over a real socket.

REELC_DISCONNECTS sets their number; run thousands before a release.
"""

from __future__ import annotations

import base64
import json
import os
import random
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.editing import BOX, RENDER, awaited, export, ffmpegs_of, film, one_clip
from tests.server.site import Site, add_user, serving
from tests.server.waiting import until

pytestmark = pytest.mark.fault

TRIES = int(os.environ.get("REELC_DISCONNECTS", "80"))
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER value that closes a connection with a reset."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path / "data", versions_kept="1000000", exports_per_user="1000") as running:
        yield running


@dataclass
class Client:
    """A request that a client may abandon."""

    site: Site
    token: str
    project: str
    clip: str
    game: bytes
    saves: int = 0
    exports: int = 0

    def request(self, method: str, path: str, body: bytes = b"", kind: str = "application/json", *more: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.token}", *more]
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"] if body else []
        return "\r\n".join([*lines, "", ""]).encode() + body

    def save(self) -> bytes:
        self.saves += 1
        edit = {"name": f"save {self.saves}", "crop_data": [{**BOX[0], "x": self.saves / 10}]}
        return self.request("PUT", self.clip, json.dumps(edit).encode())

    def upload(self) -> bytes:
        return self.request("POST", "/api/raw-clips", self.game, "video/mp4")

    def export(self) -> bytes:
        self.exports += 1
        asked = {"project_id": self.project, "export_id": f"export-{self.exports}"}
        return self.request("POST", RENDER, json.dumps(asked).encode())

    def listen(self) -> bytes:
        key = base64.b64encode(b"0123456789abcdef").decode()
        upgrade = (
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        return self.request("GET", f"/ws/export/export-{self.exports}", b"", "", *upgrade)

    def go_away(self, chance: random.Random) -> None:
        """Send a part of the request, or all of it and read a part of the answer, and close."""
        raw = chance.choice([self.save, self.save, self.upload, self.export, self.listen])()
        with self.site.wire() as wire:
            whole = chance.random() < 0.6
            wire.sendall(raw if whole else raw[: chance.randrange(len(raw))])
            if whole and chance.random() < 0.5:
                wire.recv(chance.choice([1, 20, 400]))
            if chance.random() < 0.5:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def counted(site: Site) -> tuple[int, int]:
    """The server's open files and its threads."""
    process = Path(f"/proc/{site.process.pid}")
    if not os.access(process / "fd", os.R_OK):
        pytest.skip("only root sees the open files of a server")
    return len([*(process / "fd").iterdir()]), len([*(process / "task").iterdir()])


def test_clients_that_go_away_leave_nothing_half_done_and_nothing_open(place: Site, game: Path) -> None:
    token = add_user(place.data, "ann")
    with place.client(token) as ann:
        project = one_clip(ann, game)
        clips = f"/api/clips/projects/{project}/clips"
        clip = f"{clips}/{ann.get(clips).json()['clips'][0]['id']}"
        assert export(ann, project).status_code == 200
        client = Client(place, token, project, clip, game.read_bytes())
        chance = random.Random(11)
        for _ in range(20):  # fill the pools of threads and of connections
            client.go_away(chance)
        files, threads = quiet(place, ann)
        for _ in range(TRIES):
            client.go_away(chance)
        files_now, threads_now = quiet(place, ann)
        assert files_now <= files + 2
        assert threads_now <= threads + 8  # pools grow to their limit, and no further
        whole(ann, client)
        assert ann.put(clip, json={"name": "the last"}).status_code == 200
        assert film(ann, export(ann, project))


def quiet(place: Site, ann: httpx.Client) -> tuple[int, int]:
    """Open files and threads, once all requests have ended."""
    for each in ann.get("/api/export").json()["exports"]:
        awaited(ann, each["export_id"])
    assert ffmpegs_of(place.data) == []
    until(lambda: not [*(place.data / "local" / "temporary").iterdir()], "files are left")
    seen: list[tuple[int, int]] = []

    def look() -> tuple[int, int] | None:
        seen.append(counted(place))
        return seen[-1] if seen[-10:] == [seen[-1]] * 10 else None

    return until(look, "it does not come to rest") or (0, 0)


def whole(ann: httpx.Client, client: Client) -> None:
    """Every save is whole, with consecutive numbers; every upload plays; every export made its film."""
    versions: list[dict[str, Any]] = ann.get(f"{client.clip}/versions").json()["versions"][::-1]
    assert [each["version"] for each in versions] == [*range(1, len(versions) + 1)]
    assert len(versions) > 20
    for each in versions[1:]:
        number = int(each["name"].removeprefix("save "))
        assert each["crop_data"] == [{**BOX[0], "x": number / 10}]
    raws = ann.get("/api/raw-clips").json()["raw_clips"]
    assert len(raws) > 1
    for each in raws:
        assert ann.get(f"/api/raw-clips/{each['id']}/media").content == client.game
    made = ann.get("/api/export").json()["exports"]
    assert len(made) > 5
    for each in made:
        assert each["state"] == "complete", each
        description = ann.get(f"/api/working-videos/{each['result']['working_video_id']}").json()
        media = ann.get(f"/api/working-videos/{description['id']}/media")
        assert len(media.content) == description["size"]
