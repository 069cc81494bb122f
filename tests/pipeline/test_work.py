"""The work of a compile follows what an edit holds, and not the length of its film."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from compiler.emit import time
from compiler.pipeline import Compiled, compile_reel
from compiler.pipeline.cuts import EVERY
from compiler.timeline.warp import Pace
from tests.golden.media import MEDIA, NINE
from tests.lower.reels import Stored, key, reel
from tests.work import work

PAN = {"crop_data": [key(0, 0, 0, 960, 540), key(100, 300, 200, 960, 540)]}


def compiled(*clips: Stored, **top: Any) -> Compiled:
    return compile_reel(reel(*clips, **top), MEDIA, NINE)


def frozen(seconds: float, motion: str) -> int:
    """The work of three seconds of a moving crop, with four freezes."""
    freezes = [{"at": at, "freeze": seconds} for at in (0, 1, 1.5, 3)]
    segments = {"version": 2, "trimRange": {"start": 0, "end": 3}, "spans": freezes}
    return work(lambda: compiled({"segments_data": segments, "motion": motion, **PAN}))


def blended(fps: int) -> int:
    """The work of a ramp through real time whose slow half is blended."""
    spans = [{"start": 0, "end": 60, "speed": {"from": 0.5, "to": 2}}]
    clip = {"segments_data": {"version": 2, "spans": spans}, "motion": "blend", "stretch": "mute"}
    return work(lambda: compiled(clip, canvas={"fps": fps}))


@pytest.mark.parametrize("motion", ["repeat", "interpolate"])
def test_a_freeze_of_an_hour_costs_what_one_of_a_second_costs(motion: str) -> None:
    """But for the cuts of four hours, which are some steps each."""
    frozen(1, motion)  # fills the caches
    cuts = 4 * 3600 / EVERY
    assert frozen(3600, motion) < 1.05 * frozen(1, motion) + 100 * cuts


def test_slow_motion_is_found_without_asking_every_frame() -> None:
    assert blended(240) < 1.2 * blended(24)


def ramped(count: int, stretch: str) -> Stored:
    """Ramps of a second between speeds that have little in common, and a moving crop."""
    speeds = [round(0.5 + (k * 0.618034) % 2, 6) for k in range(count + 1)]
    spans = [{"start": k, "end": k + 1, "speed": {"from": speeds[k], "to": speeds[k + 1]}} for k in range(count)]
    return {"segments_data": {"version": 2, "spans": spans}, "stretch": stretch, **PAN}


def test_a_ramps_frames_and_samples_are_counted_from_its_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Pace] = []
    source_offset = Pace.source_offset

    def counting(pace: Pace, t: Fraction) -> Fraction:
        calls.append(pace)
        return source_offset(pace, t)

    monkeypatch.setattr(Pace, "source_offset", counting)
    compiled(ramped(50, "pitch"))
    assert len(calls) <= 2 * 50  # without grids, one for each moving frame and each piece of sound


def test_the_record_time_of_a_clip_is_spelled_once_and_not_for_each_run_of_slow_motion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spelled: list[Pace] = []
    term = time._term

    def counting(pace: Pace, offset: str) -> str:
        spelled.append(pace)
        return term(pace, offset)

    monkeypatch.setattr(time, "_term", counting)
    spans = [{"start": k, "end": k + 1, "speed": 0.5 if k % 2 else 2} for k in range(40)]
    clip = {"segments_data": {"version": 2, "spans": spans}, "motion": "blend", "stretch": "mute"}
    assert len(compiled(clip).legal.defs) > 40
    assert len(spelled) <= 2 * 41
