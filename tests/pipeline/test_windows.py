"""The law of windows: an edit of a window is the edit of a file that holds just these frames, and ffmpeg makes it as it
makes the edit of the whole file that plays the same frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.model import Clip, Reel, TrimRange
from compiler.pipeline import Compiled, compile_reel, sights
from compiler.steps import steps
from compiler.supervise.films.kept import keys_of
from compiler.timeline.media import Media
from compiler.timeline.window import preceding, window_of
from tests.golden.media import MEDIA, MILLI, NINE, film, heard, picture
from tests.lower.reels import play
from tests.lower.reels import reel as reel_of

Json = dict[str, Any]

UNEVEN = tuple(3003 * k + 700 * (k * 7 % 5) for k in range(1400))
SOURCES: Mapping[str, Media] = {
    "even": MEDIA["match.mp4"],
    "ntsc": MEDIA["game.mp4"],
    "late": heard(film("late.mov", 25, 60, start=Fraction(1, 2), first=Fraction(27, 50)), first=Fraction(1, 2)),
    "uneven": heard(picture(film("uneven.mp4", 30, 60), ticks=UNEVEN)),
    "fields": heard(picture(film("fields.mov", 25, 60, (720, 576)), fields="tff")),
    "turned": picture(heard(film("turned.mp4", 30, 60)), rotation=90, sar=Fraction(4, 3)),
    "milliseconds": heard(film("coarse.mkv", 25, 60, base=MILLI, container="matroska")),
    "straightened": picture(
        heard(film("odd.mp4", 30, 60)),
        ticks=tuple(3000 * k for k in range(1800)),
        straightened=("its clock jumps",),
        entries=tuple((3000 * k, 3000 * k, 1000 * k, k) for k in range(0, 1800, 15)),
    ),
    "silent": film("silent.mp4", 30, 60),
}
BOX = {"x": 10, "y": 0, "width": 300, "height": 400}
RAMP = (3, 5, {"from": 0.5, "to": 2, "ease": "smooth"})
EDITS: Mapping[str, Json] = {
    "untouched": {},
    "trimmed": dict(play(1.5, 9)),
    "fast and slow": dict(play(1.5, 9, RAMP, (6, 8, 3))),
    "long": dict(play(1.5, 22)),
    "mixed": {**play(1.5, 9, (2, 4, 0.5)), "motion": "blend"},
    "moving": {**play(1.5, 9), "crop_data": [{"frame": 0, **BOX}, {"frame": 90, **BOX, "x": 200}]},
}
INSIDE = [name for name in EDITS if name != "untouched"]
"""The edits that play neither the first nor the last second of the window."""

WINDOW = {"start": 20.01, "end": 44.345}


def edit(name: str) -> Reel:
    """Two clips, so that the first is a unit of its own."""
    goal = {"id": "goal", "media": "footage", "window": WINDOW, **EDITS[name]}
    return reel_of(goal, {"id": "next", **play(5, 10)}, canvas={"width": 480, "height": 270})


def made(reel: Reel, media: Media) -> Compiled:
    return compile_reel(reel, {**MEDIA, "footage": media}, NINE, checked=True)


def whole(media: Media) -> Media:
    found = window_of(media, Fraction("20.01"), Fraction("44.345"))
    assert found is not None
    return found


def cut_from(media: Media) -> Media:
    """The file that holds just the window's frames, and its sound."""
    found = whole(media)
    ticks = tuple(tick for tick in found.video.ticks if 0 <= tick * found.video.time_base < found.video.end)
    video = replace(found.video, ticks=ticks, skipped=None, first=Fraction(0), entries=found.video.entries[:1])
    return replace(found, video=video, audio=found.audio and replace(found.audio, first=Fraction(0)), start=Fraction(0))


def by_name(graph: Graph) -> list[tuple[str, ops.Op | str]]:
    """The graph without what tells a window from a file: its sources, and the edges that deinterlacing minds."""
    plain: list[tuple[str, ops.Op | str]] = []
    for name, op in graph.ops.items():
        if isinstance(op, ops.Source):
            plain.append((name, op.stream))
        else:
            plain.append((name, replace(op, within=None) if isinstance(op, ops.Deinterlace) else op))
    return plain


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("source", SOURCES)
def test_a_window_is_edited_as_a_file_of_its_own(source: str, name: str) -> None:
    media, reel = SOURCES[source], edit(name)
    alone = replace(reel, clips=(replace(reel.clips[0], window=None), reel.clips[1]))
    ours, theirs = made(reel, media), made(alone, cut_from(media))
    assert by_name(ours.stages[0].graph) == by_name(theirs.stages[0].graph)
    for frame in range(0, ours.plan.frames, 7):
        pairs = zip(sights(ours.plan, ours.graph, frame), sights(theirs.plan, theirs.graph, frame), strict=True)
        assert all(one.as_json() == other.as_json() for one, other in pairs)


def later(clip: Clip, by: Fraction, rate: Fraction) -> Clip:
    """The edit of the whole file that plays what the clip plays of its window."""
    trim = clip.trim
    assert trim is not None
    assert trim.start is not None
    assert trim.end is not None
    spans = tuple(replace(span, start=span.start + by, end=span.end and span.end + by) for span in clip.spans)
    keys = clip.crop and tuple(replace(key, at=None, time=Fraction(key.at or 0) / rate + by) for key in clip.crop)
    return replace(clip, window=None, trim=TrimRange(trim.start + by, trim.end + by, trim.loc), spans=spans, crop=keys)


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("source", SOURCES)
def test_windows_of_a_file_share_their_units(source: str, name: str) -> None:
    media, reel = SOURCES[source], edit(name)
    moved = later(reel.clips[0], preceding(whole(media)), media.video.rate)
    ours, theirs = (made(replace(reel, clips=(clip, reel.clips[1])), media) for clip in (reel.clips[0], moved))
    assert keys(ours) == keys(theirs)


def keys(compiled: Compiled) -> dict[int, str]:
    return keys_of(steps(compiled), lambda path: f"content of {path}")
