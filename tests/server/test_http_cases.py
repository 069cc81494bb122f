"""Hundreds of odd requests: none makes the server fail, none is waited for for ever, and none stops what follows."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import httpx

from tests.server.editing import one_clip
from tests.server.http_cases import Target, cases
from tests.server.site import Site

MOST = 64 << 10
"""Bytes of an answer to an odd request: a request of a few bytes must not be answered with megabytes."""


def answer_of(site: Site, request: bytes) -> bytes:
    """The server's answer; empty if it only closes the connection."""
    answer = bytearray()
    with site.wire() as sent, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        sent.sendall(request)
        while not whole(bytes(answer)) and (piece := sent.recv(65536)):
            answer += piece
    return bytes(answer)


def whole(answer: bytes) -> bool:
    """Whether this is a head, and a body of the length that the head states."""
    head, blank, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
    return length is not None and bool(blank) and len(body) >= int(length[1])


def wrong_with(request: bytes, answer: bytes) -> str:
    """Why a client cannot use this answer; empty if it can."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/1.1 ") else 0
    if not answer and len(request) > MOST:
        return ""  # the server closed the connection before all of it was sent, and what it answered is lost
    if not status or status >= 500:
        return f"answered {head[:60]!r}"
    if b"websocket" in request or status < 400:  # the library of sockets words its refusals in plain text
        return ""
    if b"application/problem+json" not in head.lower() or not json.loads(body).get("error"):
        return f"a {status} that is no problem: {head[:200]!r}"
    return f"{len(answer)} bytes of answer" if len(answer) > MOST else ""


def test_no_request_makes_the_server_fail(site: Site, user: httpx.Client, game: Path) -> None:
    project = one_clip(user, game)
    clip = user.get(f"/api/clips/projects/{project}/clips").json()["clips"][0]
    raw = user.get("/api/raw-clips").json()["raw_clips"][0]["id"]
    target = Target(user.headers["authorization"].split()[1], project, clip["id"], raw)
    requests = list(cases(target))
    assert len(requests) > 250
    failed = {name: wrong for name, request in requests if (wrong := wrong_with(request, answer_of(site, request)))}
    assert not failed
    assert user.get(f"/api/projects/{project}").status_code == 200
