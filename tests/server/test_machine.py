"""A small model of the server beside the real one: after random commands in random order, both must agree.

Two users edit, order, restore, delete, export and cancel, while the server is stopped, killed and loses its disk.
Acknowledged saves survive, versions only grow, ended exports keep their description, and users see only their data.
REELC_MACHINES sets the number of runs, which are split into parallel parts; run thousands before a release.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.server.editing import BOX, RENDER, SMALL, awaited, trim
from tests.server.site import Site, add_somebody
from tests.server.test_http import refused, uploaded

pytestmark = pytest.mark.fault

LIVES, STEPS, PARTS = int(os.environ.get("REELC_MACHINES", "4")), 30, 4
ANY = st.integers(0, 10**6)
WHO = st.integers(0, 1)
ENDED = ("complete", "error", "cancelled")


@dataclass
class Clip:
    """A clip's history: for each version its name and the place of its box, None for a clip without one."""

    id: str
    was: dict[int, tuple[str, float | None]]

    @property
    def version(self) -> int:
        return max(self.was)


@dataclass
class Project:
    id: str
    clips: list[Clip] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


@dataclass
class User:
    """The acknowledged state of one user."""

    token: str
    raw: str = ""
    projects: list[Project] = field(default_factory=list)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last known description of every export."""
    kills: dict[str, int] = field(default_factory=dict)


class Running:
    """The current server, shared by several runs, each of which has its own users."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lives = folder, 0
        self.begin()

    def begin(self) -> None:
        """A server without users."""
        self.data = self.folder / f"data{self.lives}"
        self.site = Site(self.data)

    def next_life(self) -> None:
        """Now and then start afresh: after each lost disk a server restores all its users, and gets slower."""
        if self.lives and self.lives % 8 == 0:
            assert self.site.stop() == 0
            self.begin()
        self.lives += 1


def edit(x: float | None) -> Any:
    return None if x is None else [{**BOX[0], "x": x}]


class Machine(RuleBasedStateMachine):
    """The server, and the answers that the model expects of it."""

    def __init__(self, running: Running, game: Path) -> None:
        super().__init__()
        self.running, self.game = running, game
        self.users: list[User] = []
        self.clients: list[httpx.Client] = []
        self.counted = self.since = 0

    @initialize()
    def begin(self) -> None:
        self.running.next_life()
        self.users = [User(add_somebody(self.running.data)) for _ in range(2)]
        self.connect()
        for who, (user, client) in enumerate(zip(self.users, self.clients, strict=True)):
            user.raw = uploaded(client, self.game)
            self.make_a_project(who)
            self.add_a_clip(who, 0, 0.0)

    def teardown(self) -> None:
        if self.clients:
            self.end("kill and wipe", busy=False)
            for client, user, _, export_id in self.every_export():
                self.hear(user, export_id, client.delete(f"/api/export/{export_id}").json())
        for client in self.clients:
            client.close()

    def connect(self) -> None:
        for client in self.clients:
            client.close()
        self.clients = [self.running.site.client(user.token) for user in self.users]

    def new(self, word: str) -> str:
        self.counted += 1
        return f"{word}-{self.counted}"

    def project(self, who: int, which: int) -> tuple[httpx.Client, User, Project]:
        user = self.users[who]
        return self.clients[who], user, user.projects[which % len(user.projects)]

    def clip(self, who: int, which: int) -> tuple[httpx.Client, Project, Clip, str]:
        projects = [each for each in self.users[who].projects if each.clips]
        project = projects[which % len(projects)]
        clip = project.clips[which // 7 % len(project.clips)]
        return self.clients[who], project, clip, f"{address(project)}/{clip.id}"

    def any_clips(self) -> bool:
        return all(any(project.clips for project in user.projects) for user in self.users)

    def any_exports(self) -> bool:
        return any(user.said for user in self.users)

    @rule(who=WHO, which=ANY)
    def make_or_delete_a_project(self, who: int, which: int) -> None:
        if len(self.users[who].projects) < 3:
            self.make_a_project(who)
        else:
            self.delete_a_project(who, which)

    def make_a_project(self, who: int) -> None:
        name = self.new("project")
        body = {"name": name, "settings": SMALL}
        made = self.clients[who].post("/api/projects", json=body, headers={"Idempotency-Key": name})
        assert made.status_code == 201
        again = self.clients[who].post("/api/projects", json=body, headers={"Idempotency-Key": name})
        assert again.json() == made.json()
        self.users[who].projects.append(Project(made.json()["id"]))

    @rule(who=WHO, which=ANY, x=st.sampled_from([None, 0.0, 5.0]))
    def add_a_clip(self, who: int, which: int, x: float | None) -> None:
        client, user, project = self.project(who, which)
        name = self.new("clip")
        cut = {"crop_data": edit(x), "segments_data": trim(0.5, 0.6)}
        made = client.post(address(project), json={"raw_clip_id": user.raw, "name": name, **cut})
        assert (made.status_code, made.json()["version"]) == (201, 1)
        project.clips.append(Clip(made.json()["clip_id"], {1: (name, x)}))

    @precondition(any_clips)
    @rule(who=WHO, which=ANY, x=st.sampled_from([None, 1.0, 2.5]), against=st.sampled_from([None, 0, 1]))
    def save(self, who: int, which: int, x: float | None, against: int | None) -> None:
        client, _, clip, place = self.clip(who, which)
        name = self.new("save")
        headers = {} if against is None else {"If-Match": f'"{clip.version - against}"'}
        answer = client.put(place, json={"name": name, "crop_data": edit(x)}, headers=headers)
        if against:
            assert refused(answer, 412, "version_conflict")["current_version"] == clip.version
            return
        saved_as(clip, answer, (name, x))

    def save_once(self, client: httpx.Client, _: Project, clip: Clip, place: str, x: float) -> None:
        name = self.new("save")
        saved_as(clip, client.put(place, json={"name": name, "crop_data": edit(x)}), (name, x))

    @precondition(any_clips)
    @rule(who=WHO, which=ANY, version=ANY)
    def restore(self, who: int, which: int, version: int) -> None:
        client, _, clip, place = self.clip(who, which)
        old = 1 + version % clip.version
        answer = client.post(f"{place}/restore", json={"version": old})
        assert (answer.status_code, answer.json()["version"]) == (200, clip.version + 1)
        clip.was[clip.version + 1] = clip.was[old]

    @rule(who=WHO, which=ANY, seed=ANY)
    def put_in_another_order(self, who: int, which: int, seed: int) -> None:
        client, _, project = self.project(who, which)
        random.Random(seed).shuffle(project.clips)
        answer = client.put(f"{address(project)}/reorder", json={"clip_ids": [clip.id for clip in project.clips]})
        assert answer.status_code == 200

    @precondition(any_clips)
    @rule(who=WHO, which=ANY)
    def delete_a_clip(self, who: int, which: int) -> None:
        client, project, clip, place = self.clip(who, which)
        assert client.delete(place).status_code == 200
        project.clips.remove(clip)
        refused(client.get(place), 404, "clip_not_found")

    def delete_a_project(self, who: int, which: int) -> None:
        client, user, project = self.project(who, which)
        for export_id in project.exports:
            client.delete(f"/api/export/{export_id}")
            del user.said[export_id]
        assert client.delete(f"/api/projects/{project.id}").status_code == 204
        user.projects.remove(project)
        for export_id in project.exports:
            refused(client.get(f"/api/export/{export_id}"), 404, "export_not_found")

    @rule(who=WHO, which=ANY)
    def begin_an_export(self, who: int, which: int) -> None:
        client, user, project = self.project(who, which)
        body = {"project_id": project.id, "export_id": self.new("export")}
        answer = client.post(RENDER, json=body, headers={"Prefer": "respond-async"})
        open_ones = {each for each in user.said if user.said[each]["state"] not in ENDED}
        unframed = [clip.id for clip in project.clips if clip.was[clip.version][1] is None]
        match answer.status_code:
            case 202:
                assert project.clips
                assert not unframed
                project.exports.append(body["export_id"])
                user.said[body["export_id"]] = {"state": "queued"}
            case 409:
                assert answer.json()["running_export_id"] in open_ones & {*project.exports}
            case 429:
                assert len(open_ones) >= 3
            case _ if not project.clips:
                refused(answer, 400, "no_clips")
            case _:
                assert refused(answer, 400, "missing_crop_data")["clip_id"] == unframed[0]

    @precondition(any_exports)
    @rule(which=ANY, cancels=st.booleans())
    def ask_again_or_cancel(self, which: int, cancels: bool) -> None:
        client, user, project, export_id = self.an_export(which)
        if cancels:
            self.hear(user, export_id, client.delete(f"/api/export/{export_id}").json())
            assert user.said[export_id]["state"] in ENDED
            return
        body = {"project_id": project.id, "export_id": export_id}
        assert client.post(RENDER, json=body, headers={"Prefer": "respond-async"}).status_code == 202

    @precondition(any_exports)
    @rule(which=ANY)
    def wait_for_the_film(self, which: int) -> None:
        client, user, project, export_id = self.an_export(which)
        answer = client.post(RENDER, json={"project_id": project.id, "export_id": export_id}, timeout=120)
        self.hear(user, export_id, awaited(client, export_id))
        description = user.said[export_id]
        if description["state"] == "complete":
            assert answer.json() == description["result"]
            film = client.get(f"/api/working-videos/{description['result']['working_video_id']}").json()
            media = client.get(f"/api/working-videos/{film['id']}/media")
            assert (len(media.content), film["frames"] % 3) == (film["size"], 0)
        else:
            refused(
                answer, *((409, "export_cancelled") if description["state"] == "cancelled" else (500, "render_error"))
            )

    def an_export(self, which: int) -> tuple[httpx.Client, User, Project, str]:
        every = self.every_export()
        return every[which % len(every)]

    def every_export(self) -> list[tuple[httpx.Client, User, Project, str]]:
        return [
            (client, user, project, export_id)
            for client, user in zip(self.clients, self.users, strict=True)
            for project in user.projects
            for export_id in project.exports
        ]

    def hear(self, user: User, export_id: str, description: dict[str, Any]) -> None:
        """The description of an ended export never changes."""
        before = user.said[export_id]
        if before["state"] in ENDED:
            assert description == before
        if description["state"] == "error":
            assert user.kills.get(export_id, 0) >= 3, description
        user.said[export_id] = description

    @precondition(lambda self: self.since > 8)
    @rule(how=st.sampled_from(["stop", "kill", "kill and wipe"]), busy=st.booleans())
    def end_the_server(self, how: str, busy: bool) -> None:
        self.end(how, busy)

    def end(self, how: str, busy: bool) -> None:
        """Whether a save is under way, or the last one was acknowledged just now; afterwards nothing may be missing."""
        self.since = 0
        saving: list[Callable[[], None]] = []
        with ThreadPoolExecutor(1) as side:
            if busy and self.any_clips():
                saving.append(self.saved_meanwhile(side))
            elif self.any_clips():
                self.save_once(*self.clip(0, self.counted), 4.0)  # acknowledged in the last moment
            if how == "stop":
                assert self.running.site.stop() == 0
            else:
                self.running.site.kill()
        for user in self.users:
            for export_id, description in user.said.items():
                if description["state"] not in ENDED and how != "stop":
                    user.kills[export_id] = user.kills.get(export_id, 0) + 1
        if how == "kill and wipe":
            shutil.rmtree(self.running.data / "local")
        self.running.site = Site(self.running.data)
        self.connect()
        for look in saving:
            look()
        self.look_at_everything()

    def saved_meanwhile(self, side: ThreadPoolExecutor) -> Callable[[], None]:
        """A save that is under way while the server ends, and the states that it may leave behind."""
        client, _, clip, place = self.clip(0, self.counted)
        name = self.new("save")
        asked = side.submit(client.put, place, json={"name": name, "crop_data": edit(3.0)})

        def look() -> None:
            now = self.clients[0].get(place).json()["version"]
            failed = asked.exception() is not None or asked.result().status_code != 200
            assert now - clip.version in ((0, 1) if failed else (1,))
            if now > clip.version:
                clip.was[now] = (name, 3.0)

        return look

    @invariant()
    def both_say_the_same(self) -> None:
        """Check one project at each step, in turn; check all of them after each end of the server, and at the end."""
        self.since += 1
        if self.users:
            who, turn = self.since % 2, self.since // 2
            self.look_at(who, self.users[who].projects[turn % len(self.users[who].projects)])

    def look_at_everything(self) -> None:
        for who, user in enumerate(self.users):
            projects = self.clients[who].get("/api/projects").json()["projects"]
            assert [each["id"] for each in projects] == [project.id for project in reversed(user.projects)]
            for project in user.projects:
                self.look_at(who, project)

    def look_at(self, who: int, project: Project) -> None:
        self.look_at_clips(self.clients[who], project)
        self.look_at_exports(self.clients[who], self.users[who], project)
        refused(self.clients[1 - who].get(f"/api/projects/{project.id}"), 404, "project_not_found")
        refused(self.clients[1 - who].get(address(project)), 404, "project_not_found")

    def look_at_clips(self, client: httpx.Client, project: Project) -> None:
        shown = client.get(address(project)).json()["clips"]
        assert [(each["id"], each["version"]) for each in shown] == [(clip.id, clip.version) for clip in project.clips]
        for clip in project.clips:
            versions = client.get(f"{address(project)}/{clip.id}/versions").json()["versions"]
            assert {each["version"]: (each["name"], each["crop_data"]) for each in versions} == {
                number: (name, edit(x)) for number, (name, x) in clip.was.items()
            }

    def look_at_exports(self, client: httpx.Client, user: User, project: Project) -> None:
        exports = client.get("/api/export", params={"project_id": project.id}).json()["exports"]
        assert [each["export_id"] for each in exports] == project.exports[::-1]
        for each in exports:
            self.hear(user, each["export_id"], each)
        films = {each["result"]["working_video_id"] for each in exports if each["result"]}
        if all(each["state"] in ENDED for each in exports):
            film = client.get(f"/api/projects/{project.id}").json()["working_video_id"]
            assert film in (films or {None})


def saved_as(clip: Clip, answer: httpx.Response, content: tuple[str, float | None]) -> None:
    assert (answer.status_code, answer.json()["version"]) == (200, clip.version + 1)
    clip.was[clip.version + 1] = content


def address(project: Project) -> str:
    return f"/api/clips/projects/{project.id}/clips"


@pytest.mark.parametrize("part", range(PARTS))
def test_the_server_and_the_model_say_the_same(tmp_path: Path, game: Path, part: int) -> None:
    lives = settings(
        max_examples=-(-LIVES // PARTS),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # shrinking a failure would cost a whole run for each try
        suppress_health_check=[*HealthCheck],
    )
    running = Running(tmp_path)
    try:
        machine = seed(part)(lambda: Machine(running, game))  # each part has its runs, the same every time
        run_state_machine_as_test(machine, settings=lives)  # type: ignore[arg-type]
        assert running.site.stop() == 0
    finally:
        if running.site.process.poll() is None:
            running.site.kill()
