"""Several servers behind one address: each user is at one of them, and at another one soon after that one has gone.

Users save and export at servers chosen at random, which are killed and stopped at random, with and without their disks.
REELC_SERVER_KILLS sets the number of kills and REELC_SERVER_USERS that of the users; with the former the leases are
those of the default settings. 60 kills with 20 users, which take five minutes, are a run before a release.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError

from tests.server.editing import RENDER, begin, ffmpegs_of, frozen, long_project, one_clip, standing, trim
from tests.server.saving import QUICK, Ledger, Place
from tests.server.site import NO_TLS, PLAIN, Site, add_user
from tests.server.switches import SWITCHED, held
from tests.server.test_export_kill import films_are_whole
from tests.server.test_http import refused
from tests.server.test_kill import HASTY, SLOW
from tests.server.test_progress import socket
from tests.server.waiting import PAUSE, reached, until
from tests.server.weed import free_ports

KILLS = int(os.environ.get("REELC_SERVER_KILLS", "3"))
USERS = int(os.environ.get("REELC_SERVER_USERS", "4"))
SECRET = "the secret of these servers"
MOST = 5000
"""Requests after which a server must have answered."""
ENDED = ("complete", "error", "cancelled")
UNSURE = ("storage_error", "other_server", "shutting_down")
"""The errors after which a client sends the same request again."""


def machines(tmp_path: Path, number: int = 2, store: Path | None = None) -> list[Path]:
    """The data folders of new machines with one store."""
    folders, store = [tmp_path / f"machine{each}" for each in range(number)], store or tmp_path / "objects"
    store.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "objects").symlink_to(store)
    return folders


def forwarding(folder: Path, program: str = PLAIN, **settings: str) -> Site:
    """A server that forwards the requests of other servers' users, and gets those of its own."""
    (port,) = free_ports(1)
    inside = {"address_inside": f"http://127.0.0.1:{port}", "shared_secret": SECRET}
    return Site(folder, program, str(port), **inside, **settings)


def test_a_user_is_at_one_server_and_at_another_one_after_its_end(tmp_path: Path) -> None:
    one, two = machines(tmp_path)
    token = add_user(one, "ann")
    with Site(one, **QUICK) as first, Site(two, **QUICK) as second:
        with first.client(token) as ann, second.client(token) as elsewhere:
            ann.post("/api/projects", json={"name": "x"}).raise_for_status()
            answer = elsewhere.post("/api/projects", json={"name": "y"})
            refused(answer, 503, "other_server")
            assert int(answer.headers["retry-after"]) > 0
            assert elsewhere.get("/readyz").status_code == 200
            assert first.stop() == 0
            found = until(lambda: _projects(elsewhere), "the user of a stopped server is not taken over")
            assert [each["name"] for each in found] == ["x"]
        assert second.stop() == 0


def _projects(client: httpx.Client) -> Any:
    answer = client.get("/api/projects")
    return answer.json()["projects"] if answer.status_code == 200 else None


@pytest.mark.fault
def test_an_export_stays_at_its_server_and_goes_on_after_its_death(tmp_path: Path, game: Path) -> None:
    one, two = machines(tmp_path)
    token = add_user(one, "ann")
    with Site(one, SWITCHED, **QUICK) as first:
        with first.client(token) as ann:
            project_id = one_clip(ann, game)
            (tmp_path / "hold-film").touch()
            export_id = begin(ann, project_id)
            until(lambda: held(first, "film"), "no film is made")
        with Site(two, **QUICK) as second, second.client(token) as ann:
            until(lambda: "reelc_other_servers 1.0" in ann.get("/metrics").text, "the servers do not see each other")
            refused(ann.get(f"/api/export/{export_id}"), 503, "other_server")
            assert "reelc_exports_under_way 0.0" in ann.get("/metrics").text
            first.kill()
            description = until(lambda: _ended(ann, export_id), "the export of a killed server does not go on")
            assert (description["state"], description["attempt"]) == ("complete", 2)
            films_are_whole(ann, project_id)
            assert "reelc_lease_takeovers_total 1.0" in ann.get("/metrics").text
            assert '"event": "user_taken_over", "user": "ann"' in (two / "audit.jsonl").read_text()
            assert second.stop() == 0


@pytest.mark.fault
def test_a_server_that_was_suspended_leaves_what_it_lost(tmp_path: Path, game: Path) -> None:
    one, two = machines(tmp_path)
    token = add_user(one, "ann")
    with Site(one, **QUICK) as first, Site(two, **QUICK) as second:
        with first.client(token) as ann, second.client(token) as elsewhere:
            export_id = standing(ann, one, long_project(ann, game))
            with socket(ann, export_id) as listening:
                os.kill(first.process.pid, signal.SIGSTOP)
                until(lambda: _projects(elsewhere), "the user of a suspended server is not taken over")
                assert elsewhere.get(f"/api/export/{export_id}").json()["state"] in ("queued", "running")
                frozen(two)
                os.kill(first.process.pid, signal.SIGCONT)
                with pytest.raises(ConnectionClosedError):
                    for _ in listening:
                        pass
                assert listening.close_code == 1012
            refused(ann.post("/api/projects", json={"name": "late"}), 503, "other_server")
            until(lambda: ffmpegs_of(one) == [], "the suspended server goes on with the film")
            assert "reelc_leases 0.0" in ann.get("/metrics").text
            assert elsewhere.delete(f"/api/export/{export_id}").json()["state"] == "cancelled"
        assert (first.stop(), second.stop()) == (0, 0)


def _ended(client: httpx.Client, export_id: str) -> Any:
    answer = client.get(f"/api/export/{export_id}")
    return answer.json() if answer.status_code == 200 and answer.json()["state"] in ENDED else None


@dataclass
class Town:
    """Two servers, one of which is killed now and then, and what they acknowledged."""

    folders: list[Path]
    program: str
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    sites: dict[int, Site] = field(default_factory=dict)
    wipes: float = 0.5
    """The share of the kills after which the disk is lost."""
    stops: float = 0.25
    """The share of clean stops among the kills."""
    most: int = KILLS
    at_once: int = 1
    """Servers that are killed at the same time."""
    pause: float = 0.3
    """The most seconds between two saves of a user."""
    patience: int = 4000
    """The number of times that a user looks at an export at the end."""
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    kills: int = 0
    over: bool = False
    films: int = 0
    absent: list[str] = field(default_factory=list)
    """Exports that were accepted, and films that were announced, and are not there."""
    open: set[str] = field(default_factory=set)
    """Accepted exports that have not ended."""

    async def begin(self, which: int) -> None:
        settings = {} if "REELC_SERVER_KILLS" in os.environ else QUICK
        given = {"versions_kept": "1000000", "user_rate": "10000", **settings}
        self.sites[which] = await asyncio.to_thread(forwarding, self.folders[which], self.program, **given)

    async def kill_on_and_on(self) -> None:
        """Kill servers at random instants, some with their disks, and stop some instead."""
        while self.kills < self.most:
            await self.saved_again()
            await asyncio.sleep(self.chance.uniform(0, 3))
            which = self.chance.sample(range(len(self.folders)), self.at_once)
            await asyncio.gather(*map(self.lose, which))
        self.over = True

    async def saved_again(self) -> None:
        """Return when users have acknowledged saves that they did not have before."""
        enough = len(self.ledger.said) + USERS
        await reached(lambda: len(self.ledger.said) > enough, "nothing is saved")

    async def lose(self, which: int) -> None:
        """Kill or stop a server, and start another one in its place."""
        self.kills += 1
        site = self.sites.pop(which)
        if self.chance.random() < self.stops:
            assert await asyncio.to_thread(site.stop) == 0
        else:
            await asyncio.to_thread(site.kill)
        if self.chance.random() < self.wipes:
            shutil.rmtree(self.folders[which] / "local", ignore_errors=True)
            (self.folders[which] / "reelc.id").unlink(missing_ok=True)
        await asyncio.sleep(self.chance.uniform(0, 3))
        await self.begin(which)

    async def ask(self, method: str, path: str, **given: Any) -> httpx.Response | None:
        """An answer of a server chosen at random; None if it is sure of nothing, and the request is to be repeated."""
        sites = list(self.sites.values())
        token = given.pop("token")
        headers = {"Authorization": f"Bearer {token}", **given.pop("headers", {})}
        if not sites:
            return None
        url = self.chance.choice(sites).url
        if url not in self.clients:
            self.clients[url] = httpx.AsyncClient(base_url=url, timeout=60, verify=NO_TLS, trust_env=False)
        try:
            answer = await self.clients[url].request(method, path, headers=headers, **given)
        except httpx.TransportError:
            return None
        if answer.status_code in (500, 503) and answer.json()["error"] in UNSURE:
            return None
        assert answer.status_code < 500, answer.text
        return answer

    async def surely(self, method: str, path: str, **given: Any) -> httpx.Response:
        """An answer, after as many requests as it takes."""
        for _ in range(MOST):
            if (answer := await self.ask(method, path, **given)) is not None:
                return answer
            await asyncio.sleep(PAUSE)
        raise AssertionError(f"{method} {path} is not answered")


@dataclass
class User:
    """A user who saves a clip and exports it, on and on."""

    town: Town
    token: str
    project_id: str
    clip: str
    export_id: str = ""
    number: int = 0

    async def live(self) -> None:
        while not self.town.over:
            await self.save()
            if not self.export_id and self.town.chance.random() < 0.2:
                await self.export()
            elif self.export_id:
                await self.look()
            await asyncio.sleep(self.town.chance.uniform(0, self.town.pause))
        for _ in range(self.town.patience):
            if not self.export_id:
                break
            await self.look()
            await asyncio.sleep(PAUSE)

    async def save(self) -> None:
        """Save under a new name; a request is repeated some times, and may stay unacknowledged."""
        self.number += 1
        name = f"{self.clip}-{self.number}"
        headers = {"Idempotency-Key": name}
        for _ in range(4):
            answer = await self.town.ask("PUT", self.clip, json={"name": name}, headers=headers, token=self.token)
            if answer is not None:
                self.town.ledger.note(self.clip, name, answer)
                return

    async def export(self) -> None:
        self.number += 1
        export_id = f"{self.project_id}-{self.number}"
        settings = {"encode": {"crf": 20 + self.number % 30}}  # another film each time, which has to be rendered
        body = {"project_id": self.project_id, "export_id": export_id, "settings": settings}
        headers = {"Prefer": "respond-async"}
        answer = await self.town.surely("POST", RENDER, json=body, headers=headers, token=self.token)
        assert answer.status_code in (202, 409, 429), answer.text
        if answer.status_code == 409:  # one whose end was announced is open again
            self.town.open.add(answer.json()["running_export_id"])
        if answer.status_code == 202:
            self.export_id = export_id
            self.town.open.add(export_id)

    async def look(self) -> None:
        """Look at the export, and at its film once that is announced."""
        answer = await self.town.surely("GET", f"/api/export/{self.export_id}", token=self.token)
        if answer.status_code == 404:
            self.town.absent.append(self.export_id)
        elif answer.json()["state"] not in ENDED:
            return
        elif result := answer.json()["result"]:
            film = await self.town.surely("GET", f"/api/working-videos/{result['working_video_id']}", token=self.token)
            media = await self.town.surely("GET", f"{film.url.path}/media", token=self.token)
            self.town.films += 1
            if media.status_code != 200 or len(media.content) != film.json().get("size"):
                self.town.absent.append(self.export_id)
        self.town.open.discard(self.export_id)
        self.export_id = ""


async def _lived(town: Town, users: list[tuple[str, str, str]]) -> None:
    for which in range(len(town.folders)):
        await town.begin(which)
    await asyncio.gather(town.kill_on_and_on(), *(User(town, *user).live() for user in users))
    for client in town.clients.values():
        await client.aclose()


def _made(folder: Path, game: Path, users: int) -> list[tuple[str, str, str]]:
    """For each of new users a token, a project, and the address of a clip in it."""
    made, tokens = [], [add_user(folder, f"user{number}") for number in range(users)]
    with Site(folder) as site:
        for token in tokens:
            with site.client(token) as client:
                project_id = one_clip(client, game, segments_data=trim(0.5, 0.7))
                (clip,) = client.get(f"/api/clips/projects/{project_id}/clips").json()["clips"]
                made.append((token, project_id, f"/api/clips/projects/{project_id}/clips/{clip['id']}"))
        assert site.stop() == 0
    return made


def _run(tmp_path: Path, game: Path, program: str, seed: int, **given: Any) -> tuple[Town, list[Place]]:
    """What became of the servers, and the acknowledged saves that are missing at the end."""
    folders = machines(tmp_path)
    users = _made(folders[0], game, USERS)
    town = Town(folders, program, random.Random(seed), **given)
    asyncio.run(_lived(town, users))
    for site in town.sites.values():
        assert site.stop() == 0
    lost: list[Place] = []
    with Site(machines(tmp_path / "third", 1, tmp_path / "objects")[0]) as site:
        for token, _, clip in users:
            theirs = Ledger({place: name for place, name in town.ledger.said.items() if place[0] == clip})
            lost += theirs.lost(site, token)
        assert site.stop() == 0
    return town, lost


@pytest.mark.fault
def test_nothing_is_lost_or_stuck_when_servers_are_killed_at_random(tmp_path: Path, game: Path) -> None:
    town, lost = _run(tmp_path, game, PLAIN, 7)
    print(f"{town.kills} kills, {len(town.ledger.said)} saves, {town.films} films")
    assert (lost, town.ledger.split, town.absent, town.open) == ([], [], [], set())
    assert len(town.ledger.said) > town.kills
    assert town.films


@pytest.mark.fault
def test_the_harness_sees_lost_saves(tmp_path: Path, game: Path) -> None:
    slow = SLOW.replace("0.03", "0.3")
    _, lost = _run(tmp_path, game, slow + HASTY + PLAIN, 7, wipes=1, stops=0, most=2, at_once=2, pause=0.1, patience=1)
    assert lost
