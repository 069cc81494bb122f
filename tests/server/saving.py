"""Saves by many concurrent editors, a ledger of acknowledged saves, and checks that all of them are stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.server.site import Site
from tests.server.waiting import until

PATIENCE = 100

QUICK = {"lease_beat": "0.3", "lease_stale": "1.5"}
"""Settings of a server that soon takes over the users of one that was killed."""

Place = tuple[str, int]
"""A clip's address, and a version of it."""


@dataclass
class Ledger:
    """The ledger: the name of each acknowledged version of each clip, and the number of saves not acknowledged."""

    said: dict[Place, str] = field(default_factory=dict)
    split: list[Place] = field(default_factory=list)
    """Versions acknowledged twice with different contents: two histories of one user."""
    refused: int = 0

    def note(self, clip: str, name: str, answer: httpx.Response) -> bool:
        """Whether the save was acknowledged; if not, the answer is one that the API describes."""
        if answer.status_code == 503:
            assert answer.json()["error"] in ("storage_error", "other_server"), answer.text
            assert int(answer.headers["retry-after"]) > 0
            self.refused += 1
            return False
        assert answer.status_code == 200, answer.text
        place = clip, int(answer.json()["version"])
        if self.said.setdefault(place, name) != name:
            self.split.append(place)
        return True

    def lost(self, site: Site, token: str) -> list[Place]:
        """Acknowledged versions that are missing."""
        found: dict[Place, str] = {}
        with site.client(token) as client:
            for clip in {clip for clip, _ in self.said}:
                found |= versions(client, clip)
        return [place for place, name in self.said.items() if found.get(place) != name]


def here(answer: httpx.Response) -> httpx.Response | None:
    """The answer, unless another server has the user."""
    elsewhere = answer.status_code == 503 and answer.json()["error"] == "other_server"
    return None if elsewhere else answer


def stored(send: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer of a request, which is sent until the store has what it writes."""

    def unless_503() -> httpx.Response | None:
        answer = send()
        return None if answer.status_code == 503 else answer

    return until(unless_503, "the store has nothing of it")


def versions(client: httpx.Client, clip: str) -> dict[Place, str]:
    """Every version of a clip, with its name; empty for a missing clip. Waits for a server that takes over its user."""
    answer = until(lambda: here(client.get(f"{clip}/versions")), "another server has the user")
    rows = answer.json()["versions"] if answer.status_code == 200 else []
    return {(clip, row["version"]): row["name"] for row in rows}


def clips_of(site: Site, token: str, game: Path, count: int) -> list[str]:
    """The addresses of this many new clips, in one project, also of a server that has little patience."""
    with site.client(token) as client:
        project = stored(lambda: client.post("/api/projects", json={"name": "x"})).json()["id"]
        clips = f"/api/clips/projects/{project}/clips"
        media: dict[str, Any] = {"content": game.read_bytes(), "headers": {"Content-Type": "video/mp4"}}
        raw = stored(lambda: client.post("/api/raw-clips", **media)).json()["id"]
        added = [stored(lambda: client.post(clips, json={"raw_clip_id": raw})) for _ in range(count)]
        return [f"{clips}/{each.json()['clip_id']}" for each in added]


@asynccontextmanager
async def editor(site: Site, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client for many concurrent saves, with one answered request behind it."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers, timeout=60) as client:
        (await client.get("/api/me")).raise_for_status()
        yield client


async def save_on(client: httpx.AsyncClient, clip: str, label: str, ledger: Ledger, count: int = 1_000_000) -> None:
    """Save a clip this many times, each time under another name, or until the server has stopped."""
    for number in range(count):
        name = f"{label}-{number}"
        try:
            answer = await client.put(clip, json={"name": name})
        except httpx.TransportError:
            return
        ledger.note(clip, name, answer)


def save_surely(client: httpx.Client, clip: str, name: str, ledger: Ledger) -> None:
    """Save a clip, and repeat the same request until it is acknowledged."""
    for _ in range(PATIENCE):
        answer = client.put(clip, json={"name": name}, headers={"Idempotency-Key": name}, timeout=60)
        if ledger.note(clip, name, answer):
            return
    raise AssertionError(f"{name} is not acknowledged")
