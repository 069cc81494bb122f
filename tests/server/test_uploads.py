"""Admission of uploads: their number, a user's quota, and room on the disk, before the first byte."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.footage.uploads import PROBES, PROBES_PER_USER, STEP, Uploads
from server.problem import Problem
from server.settings import Settings
from server.tokens import id_of, key_of
from tests.server.site import Site, add_somebody, add_user, serving
from tests.server.test_connections import answered
from tests.server.test_http import refused, uploaded
from tests.server.waiting import until

MOVIE = {"Content-Type": "video/mp4"}
HUGE = str(10**15)


def uploads(folder: Path, **settings: Any) -> Uploads:
    made = Settings(data=folder, **settings)
    made.temporary.mkdir(parents=True, exist_ok=True)
    return Uploads(made)


async def nothing(_: int) -> int:
    return 0


def head_of_upload(token: str, size: int) -> bytes:
    """The head of an upload, whose body does not follow."""
    lines = ["POST /api/raw-clips HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    return "\r\n".join([*lines, "Content-Type: video/mp4", f"Content-Length: {size}", "", ""]).encode()


def refusal(site: Site, token: str, size: int) -> tuple[int, dict[str, str], dict[str, Any]]:
    """The answer to an upload of this size, of which no byte is sent."""
    with site.wire() as sent:
        sent.sendall(head_of_upload(token, size).replace(b"Host", b"Connection: close\r\nHost"))
        status, headers, body = answered(sent)
    return status, headers, json.loads(body)


@pytest.mark.further
def test_footage_without_room_is_refused_before_its_first_byte(tmp_path: Path) -> None:
    token = add_user(tmp_path / "data", "ann")
    with serving(tmp_path / "data", room_kept=HUGE) as site:
        status, headers, problem = refusal(site, token, 10)
        assert (status, problem["error"]) == (507, "no_room")
        assert int(headers["retry-after"]) > 0
        with site.client(token) as ann:
            form = ann.post("/api/raw-clips", files={"file": ("a", b"x", "video/mp4")})
            refused(form, 507, "no_room")
            pieces = (b"x" * 1000 for _ in range(3))  # without a Content-Length
            refused(ann.post("/api/raw-clips", content=pieces, headers=MOVIE), 507, "no_room")


@pytest.mark.further
def test_footage_beyond_the_quota_is_refused_before_its_first_byte(tmp_path: Path, game: Path) -> None:
    token, size = add_user(tmp_path / "data", "ann"), game.stat().st_size
    with serving(tmp_path / "data", footage_per_user=str(2 * size - 1)) as site, site.client(token) as ann:
        raw = ann.post("/api/raw-clips", content=game.read_bytes(), headers=MOVIE)
        assert raw.status_code == 201
        status, _, problem = refusal(site, token, size)
        assert (status, problem["error"]) == (507, "quota_exceeded")
        assert ann.delete(f"/api/raw-clips/{raw.json()['id']}").status_code == 204
        uploaded_again = ann.post("/api/raw-clips", content=game.read_bytes(), headers=MOVIE)
        assert uploaded_again.status_code == 201


@pytest.fixture
def two_at_once(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path / "data", uploads_per_user="1", uploads_at_once="2") as site:
        yield site


@pytest.mark.further
def test_a_user_has_so_many_uploads_at_once_and_no_more(two_at_once: Site, game: Path) -> None:
    tokens = [add_user(two_at_once.data, name) for name in ("ann", "bob", "eve")]
    with two_at_once.wire() as first, two_at_once.client(tokens[0]) as ann, two_at_once.client(tokens[1]) as bob:
        _begin(first, tokens[0])
        answer = ann.post("/api/raw-clips", content=game.read_bytes(), headers=MOVIE)
        refused(answer, 429, "too_many_uploads")
        assert int(answer.headers["retry-after"]) > 0
        uploaded(bob, game)
        with two_at_once.wire() as second, two_at_once.client(tokens[2]) as eve:
            _begin(second, tokens[1])
            answer = eve.post("/api/raw-clips", content=game.read_bytes(), headers=MOVIE)
            refused(answer, 429, "too_many_uploads")


def _begin(sent: socket.socket, token: str) -> None:
    """Begin an upload, and return when the server asks for its body."""
    head = head_of_upload(token, 1000).replace(b"Content-Type", b"Expect: 100-continue\r\nContent-Type")
    sent.sendall(head)
    assert sent.recv(1000).startswith(b"HTTP/1.1 100 ")


def test_room_is_reserved_for_uploads_that_have_not_come_yet(tmp_path: Path) -> None:
    async def whole() -> None:
        free = shutil.disk_usage(tmp_path).free
        all_of_it = uploads(tmp_path, room_kept=max(1, free - (100 << 20)))  # leaves room for 50 MiB, kept twice
        async with all_of_it.admitted("ann", 40 << 20, nothing, form=False):
            with pytest.raises(Problem, match="room"):
                async with all_of_it.admitted("bob", 40 << 20, nothing, form=False):
                    pass
        async with all_of_it.admitted("bob", 40 << 20, nothing, form=False):
            pass

    asyncio.run(whole())


def test_an_upload_that_ends_while_another_is_admitted_counts(tmp_path: Path) -> None:
    """The bytes of the user's footage, which the other asks for, may be those of before."""

    async def whole() -> None:
        small, asked, ended = uploads(tmp_path, footage_per_user=100), asyncio.Event(), asyncio.Event()

        async def slow(_: int) -> int:
            asked.set()
            await ended.wait()
            return 0

        async def other() -> None:
            async with small.admitted("ann", 60, slow, form=False):
                pass

        async with small.admitted("ann", 60, nothing, form=False) as share:
            waiting = asyncio.create_task(other())
            await asked.wait()
            small.receive(share, 60)
        ended.set()
        with pytest.raises(Problem, match="exceed"):
            await waiting

    asyncio.run(whole())


def test_a_body_without_a_length_reserves_as_it_comes(tmp_path: Path) -> None:
    async def whole() -> None:
        some = uploads(tmp_path, footage_per_user=3 * STEP, room_kept=1)
        async with some.admitted("ann", None, nothing, form=False) as share:
            assert share.reserved == STEP
            some.receive(share, 2 * STEP)
            assert share.reserved == 2 * STEP
            with pytest.raises(Problem, match="footage"):
                some.receive(share, 2 * STEP)
            with pytest.raises(Problem, match="footage"):
                async with some.admitted("ann", STEP, nothing, form=False):
                    pass
            async with some.admitted("bob", STEP, nothing, form=False):
                pass

    asyncio.run(whole())


def test_a_few_files_are_looked_into_at_once_and_fewer_of_one_user(tmp_path: Path) -> None:
    async def whole() -> None:
        some, now, most, at_once = uploads(tmp_path), dict[str, int](), dict[str, int](), 0

        async def look(uid: str) -> None:
            nonlocal at_once
            async with some.probes.of(uid):
                now[uid] = now.get(uid, 0) + 1
                most[uid] = max(most.get(uid, 0), now[uid])
                at_once = max(at_once, sum(now.values()))
                await asyncio.sleep(0)
                now[uid] -= 1

        await asyncio.gather(*(look(uid) for uid in "abc" for _ in range(20)))
        assert most == dict.fromkeys("abc", PROBES_PER_USER)
        assert at_once == PROBES

    asyncio.run(whole())


def test_an_upload_that_gets_no_row_leaves_no_file(site: Site, user: httpx.Client, game: Path) -> None:
    """No quota counts such a file: one key, used again and again, would fill the disk."""

    def again(**name: str) -> httpx.Response:
        headers = {**MOVIE, "Idempotency-Key": "once"}
        return user.post("/api/raw-clips", content=game.read_bytes(), headers=headers, params=name)

    raw, uid = again().json()["id"], user.get("/api/me").json()["id"]
    assert again().json()["id"] == raw
    refused(again(name="another"), 422, "idempotency_mismatch")
    there = (site.data / "objects" / "users" / uid / "media").iterdir()
    assert {path.name.partition(".")[0] for path in there} == {raw}


@pytest.mark.parametrize(("path", "kind"), [("/api/raw-clips", "video/mp4"), ("/api/projects", "application/json")])
def test_a_token_that_is_revoked_while_the_body_comes_is_refused(site: Site, game: Path, path: str, kind: str) -> None:
    body = game.read_bytes() if kind == "video/mp4" else b'{"name": "late", "aspect_ratio": "9:16"}'
    token = add_somebody(site.data)
    with site.wire() as sent, site.client(token) as user:
        head = head_of_upload(token, len(body)).replace(b"/api/raw-clips", path.encode())
        more = b"Connection: close\r\nExpect: 100-continue\r\nContent-Type"
        sent.sendall(head.replace(b"video/mp4", kind.encode()).replace(b"Content-Type", more))
        assert sent.recv(1000).startswith(b"HTTP/1.1 100 ")
        session = f"/api/sessions/{id_of(key_of(token))}"
        until(lambda: user.delete(session).status_code == 204)
        sent.sendall(body)
        status, _, problem = answered(sent)
    assert (status, json.loads(problem)["error"]) == (401, "unauthorized")
