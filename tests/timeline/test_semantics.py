"""The examples of docs/semantics.md, computed by the compiler: the page must agree with it."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler.errors import ReelError
from compiler.lower import Placed
from compiler.timeline.colour import reading
from compiler.timeline.curve import Box, Curve, Key, KeyEase
from compiler.timeline.instant import RecordTime, SourceTime, frame_count, sample_at, slot
from compiler.timeline.layout import CUT, Join, first_frames, longest
from compiler.timeline.media import Media
from compiler.timeline.warp import Ease, Pace, Warp
from tests.golden.media import MEDIA, film
from tests.lower.reels import placed

PAGE = (Path(__file__).parents[2] / "docs" / "semantics.md").read_text(encoding="utf-8")
SECTIONS = ["Source time", "Speed", "Which source frame is shown", "Crop", "Sound", "Joining", "Picture", "Running"]


def table(*head: str) -> list[list[str]]:
    """The rows of the table with these column titles, each a list of cells."""
    _, found, rest = PAGE.partition(f"| {' | '.join(head)} |\n")
    assert found, head
    lines = rest.partition("\n\n")[0].splitlines()[1:]
    assert lines
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]


def decimal(x: Fraction | float, places: int = 4) -> str:
    """A number in the page's notation."""
    return f"{float(x):.{places}f}".rstrip("0").rstrip(".")


def clip(trim: Any = None, spans: list[Any] | None = None, media: Media | None = None, **more: Any) -> Placed:
    """The clip of a reel at 30 frames a second, from a source of 10 s by default."""
    segments = {"version": 2, "trimRange": trim, "spans": spans or []}
    source = media or film("ten.mp4", 30, 10)
    return placed({"media": "ten.mp4", "segments_data": segments, **more}, media={**MEDIA, "ten.mp4": source})


def test_the_sections_are_these() -> None:
    assert [line[3:] for line in PAGE.splitlines() if line.startswith("## ")] == SECTIONS


def test_keyframes_count_frames_of_the_source() -> None:
    for rate, frame, time in table("source, frames a second", "keyframe's `frame`", "source time, s"):
        box = {"frame": int(frame), "x": 0, "y": 0, "width": 1920, "height": 1080}
        made = clip(media=film("ten.mp4", Fraction(rate), 10), crop_data=[box])
        assert decimal(made.framing.curve.instants[0]) == time


def played(trim: Any) -> str:
    """The source range after a trim, in the page's notation."""
    try:
        made = clip(trim)
    except ReelError as error:
        return f"nothing: [{error.code}](errors.md#{error.code.lower()}-{error.name})"
    notice = ", with a notice" if made.notices else ""
    return f"{decimal(made.timing.warp.start)} to {decimal(made.timing.warp.end)}{notice}"


def test_trims_are_held_against_the_media() -> None:
    for trim, plays in table("trim of a source of 10 s", "plays, s"):
        assert played(json.loads(trim)) == plays


def test_lengths_are_sums_of_spans() -> None:
    for trim, spans, seconds, frames in table("trim", "spans", "lasts, s", "frames at 30"):
        made = clip(json.loads(trim), json.loads(spans))
        assert (decimal(made.timing.warp.total), str(made.frames)) == (seconds, frames)


def test_both_ramps_last_as_long() -> None:
    eases: tuple[Ease, Ease] = ("linear", "smooth")
    ramps = [Pace(SourceTime(Fraction(0)), SourceTime(Fraction(4)), Fraction(1), Fraction(2), ease) for ease in eases]
    for record, *sources in table("record time, s", "`linear`: source time, s", "`smooth`: source time, s"):
        assert [decimal(Warp((ramp,)).source_of(RecordTime(Fraction(record))), 3) for ramp in ramps] == sources


def source_frame(rate: int, speed: Fraction, n: int) -> int:
    """The frame of a source at this rate that frame `n` of a film at 30 frames a second shows, by the law itself."""
    warp = Warp((Pace(SourceTime(Fraction(0)), SourceTime(Fraction(1)), speed, speed),))
    slots = [slot(warp.record_of(SourceTime(Fraction(k, rate))), Fraction(30)) for k in range(rate)]
    return max(k for k, at in enumerate(slots) if at <= n)


def test_a_frame_of_the_film_shows_the_last_that_has_its_slot() -> None:
    cases = [(24, Fraction(1)), (30, Fraction(1, 2)), (30, Fraction(2))]
    rows = table("frame of the film", "24 a second, speed 1", "30 a second, speed 0.5", "30 a second, speed 2")
    for n, *frames in rows:
        assert [str(source_frame(rate, speed, int(n))) for rate, speed in cases] == frames


def test_a_clip_between_two_frames_shows_the_one_on_screen() -> None:
    made = clip({"start": 1.01, "end": 1.03}, media=film("ten.mp4", 25, 10))
    assert "from 1.01 s to 1.03 s" in PAGE
    assert made.timing.alone
    assert (decimal(made.timing.read_from), made.frames) == ("1", 1)


def test_eases_lead_from_keyframe_to_keyframe() -> None:
    eases: tuple[KeyEase, ...] = ("spline", "linear", "smooth", "hold")
    for frame, *values in table("source frame", *(f"`{ease}`" for ease in eases)):
        for ease, value in zip(eases, values, strict=True):
            keys = [
                Key(SourceTime(Fraction(at, 30)), Box(x, 0, 400, 700), ease) for at, x in ((0, 0), (10, 100), (20, 400))
            ]
            assert decimal(Curve(tuple(keys)).at(SourceTime(Fraction(frame) / 30)).x, 2) == value


@pytest.mark.parametrize("fit", ["contain", "cover"])
def test_boxes_are_fitted_to_the_canvas(fit: str) -> None:
    rows = [row for row in table("box", "`fit`", "visible part", "drawn as", "at") if row[1] == fit]
    assert rows
    for box, _, seen, drawn, at in rows:
        width, height = map(int, box.split("x"))
        key = {"frame": 0, "x": 0, "y": 0, "width": width, "height": height}
        framing = placed(
            {"media": "silent.mp4", "crop_data": [key]}, canvas={"aspect_ratio": "9:16", "fit": fit}
        ).framing
        part = framing.path.at(0)
        assert f"{part.width:g}x{part.height:g}" == seen
        assert (f"{framing.width}x{framing.height}", f"{framing.x}, {framing.y}") == (drawn, at)


def test_frames_begin_on_one_sample_grid() -> None:
    rates = [Fraction(30), Fraction(30_000, 1001)]
    for frame, *samples in table("frame of the film", "its first sample at 30", "its first sample at 30000/1001"):
        assert [str(sample_at(int(frame), rate)) for rate in rates] == samples


def test_overlaps_shorten_the_film_and_fades_do_not() -> None:
    rows = table(
        "clips, frames", "transition", "d", "the second starts at", "the film has", "of the first", "of the second"
    )
    for clips, words, d, second, whole, leaving, entering in rows:
        lengths = [int(word) for word in clips.split(" and ")]
        kind, seconds = words.removesuffix(" s").split(" of ")
        join = Join(kind, frame_count(RecordTime(Fraction(seconds)), Fraction(30)))
        firsts = first_frames(lengths, [CUT, join])
        assert (str(join.frames), str(firsts[1]), str(firsts[1] + lengths[1])) == (d, second, whole)
        assert (str(join.leaving), str(join.entering)) == (leaving, entering)


def test_a_transition_has_no_more_than_its_clips() -> None:
    for clips, into_third, most in table(
        "clips, frames", "dissolve into the third", "longest dissolve into the second"
    ):
        joins = [CUT, Join("dissolve", 1), Join("dissolve", int(into_third))]
        assert str(longest([int(word) for word in clips.split(", ")], joins, 1)) == most


def test_untagged_pictures_are_read_by_their_size() -> None:
    for size, name in table("untagged picture", "read as"):
        width, height = map(int, size.split("x"))
        assert reading(film("x.mp4", 30, 1, (width, height)).video) == f"untagged: read as {name}"


CORNERS = {(0, 0): "top left", (1, 0): "top right", (0, 1): "bottom left", (1, 1): "bottom right"}
"""By column and row of four pixels."""


def test_turns_and_mirrors() -> None:
    video = replace(MEDIA["game.mp4"].video, width=1920, height=1080)
    rows = table("`turn`", "`mirror`", "a source of 1920x1080 is", "its top left corner is at the")
    for turn, mirror, size, corner in rows:
        shown = video.oriented(int(turn), mirror == "true")
        assert "{}x{}".format(*shown.displayed) == size
        at = complex(-1 if not shown.mirrored else 1, -1) * 1j ** (shown.rotation // 90)  # y downwards: clockwise
        assert CORNERS[int(at.real > 0), int(at.imag > 0)] == corner
    assert len(rows) == 4
