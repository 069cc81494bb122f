"""Bounds of renders: films refused for their forecast, and the limits that the children of a render get."""

from __future__ import annotations

import asyncio
import shutil
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import compiler.previews
import server.footage.previews
from compiler.errors import ReelError
from compiler.model import Encode
from compiler.pipeline.plan import Plan
from compiler.previews import Patience
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.side_by_side import Side, usual_jobs
from compiler.supervise.films.verdict import UNKNOWN
from server import checkup
from server.exports import limits
from server.exports.limits import check_forecast, limits_of, side_of
from server.footage.previews import Making, Previews
from server.problem import Problem
from server.settings import Settings
from tests.golden.media import NINE, film
from tests.server.editing import RENDER, SMALL, add_clip, new_export
from tests.server.site import add_user, serving
from tests.server.test_http import project, refused, uploaded

MIB = 1 << 20


def settings(**given: Any) -> Settings:
    return Settings(**given)


def plan(memory: int) -> Plan:
    return cast(Plan, SimpleNamespace(memory=memory))


def test_a_film_beyond_the_memory_of_a_render_is_refused_with_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "machine_memory", lambda: 64_000 * MIB)
    asked = settings(render_memory=12_000 * MIB)
    check_forecast(plan(12_000), asked)
    with pytest.raises(Problem) as caught:
        check_forecast(plan(16_130), asked)
    assert (caught.value.status, caught.value.error) == (422, "too_much_memory")
    assert "16130 MiB" in caught.value.message
    monkeypatch.setattr(limits, "machine_memory", lambda: 4_000 * MIB)
    with pytest.raises(Problem):
        check_forecast(plan(12_000), asked)


def test_a_render_has_the_ffmpegs_and_the_memory_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "machine_memory", lambda: 4_000 * MIB)
    assert side_of(settings(render_jobs=3, render_memory=6_000 * MIB)) == Side(3, 4_000 * MIB)
    assert side_of(settings(render_memory=2_000 * MIB)) == Side(usual_jobs(), 2_000 * MIB)


def test_a_canvas_of_the_largest_size_is_beyond_the_default() -> None:
    """Its forecast is 16 GB, with which an export was once accepted."""
    encode = SimpleNamespace(codec="h264", preset="medium")
    largest = Plan(90, Fraction(30), 8192, 8192, None, (), 1, ((0, 90),), (), cast(Encode, encode), None)
    assert largest.memory * MIB > settings().render_memory


def test_the_children_of_a_render_get_the_memory_and_half_of_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000 * MIB))
    found = limits_of(settings(render_memory=700 * MIB, room_kept=100 * MIB), tmp_path)
    assert (found.data, found.file) == (700 * MIB, 450 * MIB)
    with pytest.raises(ReelError) as caught:
        limits_of(settings(room_kept=1000 * MIB), tmp_path)
    assert caught.value.code == "RC611"


@pytest.mark.fault
def test_an_export_beyond_the_memory_of_a_render_is_not_accepted(tmp_path: Path, game: Path) -> None:
    with (
        serving(tmp_path / "data", render_memory=str(50 * MIB)) as site,
        site.client(add_user(site.data, "ann")) as ann,
    ):
        project_id = project(ann, settings=SMALL)
        add_clip(ann, project_id, uploaded(ann, game))
        asked = {"project_id": project_id, "export_id": new_export()}
        problem = refused(ann.post(RENDER, json=asked), 422, "too_much_memory")
        assert (problem["code"], problem["pointer"]) == ("RC210", "/canvas")
        assert "50 MiB are allowed" in problem["errors"][0]["detail"]


def test_doctor_says_which_bounds_of_renders_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "machine_memory", lambda: 8_000 * MIB)
    given = {"data": tmp_path, "render_memory": 7_000 * MIB}
    assert [checkup._memory(settings(**given)).state, checkup._cgroup(settings(**given)).state] == ["ok", "ok"]
    unfit = settings(data=tmp_path, render_memory=9_000 * MIB, render_cgroup=tmp_path)
    memory, cgroup = checkup._memory(unfit), checkup._cgroup(unfit)
    assert (memory.state, memory.value) == ("warn", "9000 MiB; the machine has 8000 MiB")
    assert (cgroup.state, cgroup.value) == (
        "fail",
        f"renders cannot have a cgroup: {tmp_path}: No such file or directory",
    )


def test_previews_have_the_memory_of_a_render(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[ChildLimits] = []

    async def ran(*_: Any, limits: ChildLimits, **options: Any) -> None:
        found.append(limits)

    monkeypatch.setattr(compiler.previews, "run", ran)
    own = cast(Previews, SimpleNamespace(_settings=settings(render_memory=700 * MIB)))
    patience = Previews._patience(own, 5)
    asyncio.run(compiler.previews._watched(["ffmpeg"], 1, tmp_path, Reach(()), UNKNOWN, patience))
    assert [limits.data for limits in found] == [700 * MIB]


def test_a_proxy_may_have_half_of_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[ChildLimits] = []

    async def ran(*_: Any, limits: ChildLimits, **options: Any) -> None:
        found.append(limits)

    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000 * MIB))
    monkeypatch.setattr(compiler.previews, "run", ran)
    monkeypatch.setattr(server.footage.previews, "find_build", lambda: NINE)
    making, media = Making("users/ann/media/r.proxy.mp4", "proxy", ""), film("film.mp4", 25, 1, (64, 48))
    for number, room_kept in enumerate((100, 1000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        own = cast(Previews, SimpleNamespace(_settings=settings(room_kept=room_kept * MIB)))
        with pytest.raises(ReelError) as ended:
            asyncio.run(Previews._proxy(own, making, media, folder, Patience(memory=700 * MIB)))
    assert [(limits.file, limits.data) for limits in found] == [(450 * MIB, 700 * MIB)]
    assert ended.value.code == "RC611"
