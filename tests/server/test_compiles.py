"""Compiles: small ones in threads, others in children that are killed at their limits, with their client and with the
server; a user's wait for that user's alone."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import FrameType
from typing import IO, Any

import pytest

from compiler.model import Reel, read_reel
from compiler.model.limits import FILM
from compiler.pipeline import Compiled
from compiler.supervise.children.fork_server import ForkServer
from compiler.supervise.children.sandbox import Answer, Child
from compiler.timeline.instant import SourceTime
from server.edits import effort
from server.edits.children import OUT_OF_MEMORY, ClientGone, CompileChildren, client_gone, load
from server.edits.compiled import Compiler, compile_read, read_stored
from server.edits.effort import COMPILE, TooMuch
from server.problem import Problem
from server.settings import Settings
from tests.golden.compiling import compile_case
from tests.golden.media import MEDIA, NINE
from tests.server.editing import RENDER, SMALL, add_clip, new_export, one_clip, trim
from tests.server.site import Site, add_user, serving
from tests.server.test_http import project, refused, uploaded
from tests.server.waiting import until
from tests.supervise.test_sandbox import gone

GAME = MEDIA["game.mp4"]
END = SourceTime(Fraction(4 * 3600))
MATCH = {
    "match": replace(GAME, video=replace(GAME.video, end=END), audio=GAME.audio and replace(GAME.audio, end=END)),
}
RAMP = {"speed": {"from": 0.5, "to": 2}}
BOX = {"y": 0, "width": 200, "height": 350}


def reel(seconds: float = 2, spans: int = 0, keys: int = 0, clips: int = 1, **fields: Any) -> Reel:
    """Clips of this many seconds of source time, the first with ramps and keyframes."""
    ramps = [{"start": seconds * k / spans, "end": seconds * (k + 1) / spans, **RAMP} for k in range(spans)]
    boxes = [{"frame": 7 * k, "x": k * k % 100, **BOX} for k in range(keys)]
    edit = {"segments_data": trim(0, seconds, *ramps), **({"crop_data": boxes} if keys else {}), **fields}
    others = [{"media": "match", "segments_data": trim(0, 1)}] * (clips - 1)
    return read_reel(json.dumps({"reel": 1, "canvas": {"fps": 60}, "clips": [{"media": "match", **edit}, *others]}))


PROJECT: Any = {"id": "p", "name": "p", "aspect_ratio": "9:16", "settings": {}}
ROW: Any = {"clip_key": "c", "raw_clip_id": "match", "name": "c", "edit": {"crop_data": "[]"}}

LARGE = reel(130)
HEAVY = reel(13_000, 1, stretch="pitch")
"""A reel of hours of changing speed, which compiles for half a minute."""


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A fork server for the children of all tests."""
    server = CompileChildren(Settings())._server
    yield server
    server.close()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """The children that were started."""
    begun, start = list[Child](), ForkServer.start

    async def noted(*given: Any) -> Child:
        begun.append(await start(*given))
        return begun[-1]

    monkeypatch.setattr(ForkServer, "start", noted)
    return begun


def compiler_of(server: ForkServer, **settings: Any) -> Compiler:
    compiler = Compiler(Settings(**settings))
    compiler._children._server = server
    return compiler


async def compiled(compiler: Compiler, given: Reel, uid: str = "ann") -> Compiled:
    return await compiler.run(uid, COMPILE, compile_read, given, MATCH, NINE, FILM)


def test_small_edits_compile_here_and_others_in_a_child_with_the_same_result(
    server: ForkServer, begun: list[Child]
) -> None:
    compiler = compiler_of(server)
    small, large = reel(60, 20, 20), LARGE
    assert asyncio.run(compiled(compiler, small)) == compile_read(None, small, MATCH, NINE, FILM)
    assert begun == []
    assert asyncio.run(compiled(compiler, large)) == compile_read(None, large, MATCH, NINE, FILM)
    assert len(begun) == 1


def calls(work: Callable[[], object]) -> int:
    """The number of functions of Python that a call enters."""
    count = 0

    def entered(frame: FrameType, event: str, _: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(entered)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "largest",
    [
        reel(8, 111, stretch="pitch"),
        reel(140, 1, stretch="pitch"),
        reel(120, 1, 16, motion="blend", stretch="pitch"),
        reel(4, 1, 114),
        reel(1, clips=60),
    ],
    ids=["ramps", "a long ramp", "blended", "keyframes", "clips"],
)
def test_the_bound_of_small_edits_bounds_their_work(largest: Reel) -> None:
    assert COMPILE * 0.95 <= effort.effort(largest, MATCH) <= COMPILE
    assert calls(lambda: compile_read(COMPILE, largest, MATCH, NINE, FILM)) < 500_000


def test_long_texts_and_long_films_are_no_work_for_a_thread() -> None:
    long: Any = {**ROW, "name": "x" * effort.TEXT}
    with pytest.raises(TooMuch):
        read_stored(effort.TEXT, PROJECT, [long])
    for large in (LARGE, reel(4, 1, 130), reel(4, 130), reel(1, clips=70)):
        with pytest.raises(TooMuch):
            compile_read(COMPILE, large, MATCH, NINE, FILM)


def heavy_problem(error: Problem, message: str) -> None:
    assert (error.status, error.error, error.members["code"]) == (422, "edit_too_heavy", "RC211")
    assert message in error.message


def test_a_compile_is_killed_when_its_time_is_over(server: ForkServer, begun: list[Child]) -> None:
    with pytest.raises(Problem) as raised:
        asyncio.run(compiled(compiler_of(server, compile_within=0.3), HEAVY))
    heavy_problem(raised.value, "takes longer than 0.3 s")
    assert [child.returncode for child in begun] == [-9]


def test_a_compile_has_no_more_memory_than_is_set(server: ForkServer, begun: list[Child]) -> None:
    row: Any = {**ROW, "edit": {"crop_data": "x" * (30 << 20)}}
    with pytest.raises(Problem) as raised:
        asyncio.run(compiler_of(server, compile_memory=100 << 20).run("ann", 0, read_stored, PROJECT, [row]))
    heavy_problem(raised.value, "more than 100 MiB")
    assert [child.returncode for child in begun] == [OUT_OF_MEMORY]


def test_a_compile_ends_with_its_client_and_with_the_server(server: ForkServer, begun: list[Child]) -> None:
    async def ended(end: Callable[[Compiler, asyncio.Event], None]) -> None:
        compiler, gone = compiler_of(server), asyncio.Event()
        client_gone.set(gone.wait)
        compiling = asyncio.ensure_future(compiled(compiler, HEAVY))
        count = len(begun)
        while len(begun) == count:
            await asyncio.sleep(0)
        end(compiler, gone)
        await compiling

    with pytest.raises(ClientGone):
        asyncio.run(ended(lambda _, gone: gone.set()))
    with pytest.raises(Problem, match="shutting down"):
        asyncio.run(ended(lambda compiler, _: compiler.stop()))
    assert [child.returncode for child in begun] == [-9, -9]


def test_a_users_compiles_wait_for_that_users_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = list[str](), asyncio.Event()

    async def answered(_: CompileChildren, request: IO[bytes]) -> Answer:
        asked.append(pickle.load(request)[1][0])
        await answer.wait()
        return Answer(0, pickle.dumps(("result", None)), "")

    monkeypatch.setattr(CompileChildren, "_answer", answered)

    async def order() -> None:
        compiles = CompileChildren(Settings(compiles_at_once=2))
        waits = [asyncio.ensure_future(compiles.run(uid, len, f"{uid}{k}")) for uid in ("ann", "bob") for k in range(3)]
        while len(asked) < 2:
            await asyncio.sleep(0)
        assert asked == ["ann0", "bob0"]
        answer.set()
        await asyncio.gather(*waits)
        assert sorted(asked[:4]) == ["ann0", "ann1", "bob0", "bob1"]

    asyncio.run(order())


def test_a_child_answers_nothing_but_values_of_a_compiled_edit() -> None:
    case = compile_case("every_ease")
    assert load(pickle.dumps(("result", case))) == ("result", case)
    for other in (os.system, compile_read, Path("x").open, ForkServer, Settings()):
        with pytest.raises(pickle.UnpicklingError):
            load(pickle.dumps(("result", other)))


def test_a_bug_in_a_child_is_no_error_of_the_edit(server: ForkServer) -> None:
    with pytest.raises(RuntimeError, match="is not work of this child"):
        asyncio.run(compiler_of(server)._children.run("ann", os.getpid))


def test_errors_of_the_edit_are_those_of_the_child(server: ForkServer) -> None:
    wrong = reel(130, crop_data=[{"frame": 0, "x": 9000, **BOX}])
    with pytest.raises(Problem) as raised:
        asyncio.run(compiled(compiler_of(server), wrong))
    with pytest.raises(Problem) as here:
        compile_read(None, wrong, MATCH, NINE, FILM)
    assert raised.value.body() == here.value.body()


TINY = [{"start": k / 1024, "end": (k + 1) / 1024, **RAMP} for k in range(2048)]
"""Two seconds of ramps, too many for a thread."""


def heavy_clip(ann: Any, game: Path) -> str:
    """A project whose compile takes some seconds."""
    project_id = project(ann, settings={**SMALL, "audio": {"stretch": "pitch"}})
    raw = uploaded(ann, game)
    for _ in range(5):
        add_clip(ann, project_id, raw, segments_data=trim(0, 2, *TINY))
    return project_id


@pytest.mark.fault
def test_a_heavy_edit_is_refused_in_time_and_holds_up_neither_others_nor_the_servers_end(
    tmp_path: Path, game: Path
) -> None:
    with serving(tmp_path / "first", compile_within="0.5") as site, site.client(add_user(site.data, "ann")) as ann:
        project_id = heavy_clip(ann, game)
        for path in ("/api/export/framing/explain", RENDER):
            asked = {"project_id": project_id, **({"export_id": new_export()} if path == RENDER else {})}
            refused(ann.post(path, json=asked), 422, "edit_too_heavy")
    with Site(tmp_path / "second", compile_within="600") as site, ThreadPoolExecutor(3) as side:
        tokens = [add_user(site.data, name) for name in ("ann", "bob", "cem")]
        with site.client(tokens[0]) as ann, site.client(tokens[1]) as bob, site.client(tokens[2]) as cem:
            small, heavy = one_clip(cem, game), [(each, heavy_clip(each, game)) for each in (ann, bob)]
            explains = [side.submit(user.get, f"/projects/{one}/explain.json") for user, one in heavy]
            children = until(lambda: stopped_compiles(site, 2), "nothing compiles")
            assert cem.get(f"/projects/{small}/explain.json").status_code == 200
            assert compiles_of(site) == children
            assert site.stop() == 0
            assert all(gone(child) for child in children)
            assert [each.result().status_code for each in explains] == [503, 503]


def stopped_compiles(site: Site, count: int) -> list[int] | None:
    """A server's compiles, once there are so many. They stand still from now on: none ends by itself."""
    children = compiles_of(site)
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGSTOP)
    return children if len(children) == count else None


def compiles_of(site: Site) -> list[int]:
    """The process numbers of a server's compiles."""
    servers = children_of(site.process.pid)
    return [child for each in servers for child in children_of(each) if b"compile_child" in command_of(each)]


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def children_of(pid: int) -> list[int]:
    """The child processes of a process. (`/proc/PID/task/*/children` may leave some out while others end.)"""
    every = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    return [each for each in every if parent_of(each) == pid]


def parent_of(pid: int) -> int | None:
    """The parent of a process; None if it has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(state.rpartition(")")[2].split()[1])
