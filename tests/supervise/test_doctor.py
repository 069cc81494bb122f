from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.ir.build import Build
from compiler.supervise import doctor
from compiler.supervise.doctor import Checkup, Row, examine


def rows(checkup: Checkup) -> dict[str, Row]:
    return {row.name: row for row in checkup.rows}


def test_this_machine_will_do() -> None:
    checkup = examine()
    assert checkup.state in ("ok", "warn")
    seen = rows(checkup)
    assert seen["ffmpeg"].value.startswith("n9.")
    assert "libx264" in seen["encoders"].value
    assert seen["av"].state == "ok"
    assert all(row.remedy for row in checkup.rows if row.state != "ok")


def test_the_sandbox_is_asked_and_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(examine())["sandbox"].state == "ok"
    names = ("children end with reelc", "children gain no privileges", "children's resources are limited")
    assert [rows(examine())[name].state for name in names] == ["ok", "ok", "ok"]
    monkeypatch.setattr(doctor, "launcher", lambda command, limits, reach: command)
    assert [rows(examine())[name].state for name in names] == ["warn", "warn", "warn"]
    assert rows(examine())["sandbox"].state == "fail"


def test_a_missing_ffmpeg_is_a_row(tmp_path: Path) -> None:
    checkup = examine(str(tmp_path / "ffmpeg"))
    assert checkup.state == "fail"
    assert rows(checkup)["ffmpeg"].state == "fail"


def test_wishes_that_are_not_met_are_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Build("ffmpeg", (5, 1), "5.1", frozenset({"crop"}), frozenset({"libx264"}))
    monkeypatch.setattr(doctor, "find_build", lambda override: bare)
    seen = rows(examine())
    assert seen["filter rubberband"].state == "warn"
    assert seen["encoders"].value == "libx264"


def test_little_room_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=1 << 20))
    assert rows(examine())["temporary files"].state == "warn"
