"""One record time traced back to the visible source frames, compared with the definition, frame by frame."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.errors import ReelError
from compiler.pipeline import Compiled, Sight, compile_reel, frame_at, record_time, sights
from compiler.timeline.instant import RecordTime, SourceTime, slot
from tests.golden.media import MEDIA, NINE
from tests.lower.reels import Stored, into, key, play, reel


def compiled(*clips: Stored, **top: object) -> Compiled:
    return compile_reel(reel(*clips, **top), MEDIA, NINE)


def seen(film: Compiled, frame: int) -> list[Sight]:
    return sights(film.plan, film.graph, frame)


JOINED = compiled(
    {"id": "a", **play(1, 3)},
    {"id": "a.b", **play(5, 6, (5, 6, 0.5)), **into("dissolve", 0.5)},
    {"id": "a", **play(8, 9), **into("fade", 0.5)} | {"id": "c"},
)


@pytest.mark.parametrize(
    ("at", "frame"),
    [("0", 0), ("0.0333", 0), ("1/30", 1), ("1", 30), ("4.4999", 134), ("2.999999999", 89)],
)
def test_a_record_time_shows_the_frame_it_falls_in(at: str, frame: int) -> None:
    assert frame_at(JOINED.plan, Fraction(at)) == frame


@pytest.mark.parametrize("at", ["-0.001", "4.5", "99"])
def test_outside_the_reel_nothing_is_shown(at: str) -> None:
    assert JOINED.plan.duration == Fraction(9, 2)
    with pytest.raises(ReelError, match="outside the reel") as caught:
        frame_at(JOINED.plan, Fraction(at))
    assert caught.value.code == "RC206"


def test_within_an_overlap_both_clips_are_seen_by_their_weights() -> None:
    for frame in range(135):
        found = [(sight.placed.clip.id, sight.frame, sight.weight) for sight in seen(JOINED, frame)]
        share = Fraction(frame - 45, 15)
        if frame < 45:
            assert found == [("a", frame, Fraction(1))]
        elif frame < 60:
            assert found == [("a", frame, 1 - share), ("a.b", frame - 45, share)]
        elif frame < 105:
            assert found == [("a.b", frame - 45, Fraction(1))]
        else:
            assert found == [("c", frame - 105, Fraction(1))]


def test_a_sight_names_its_own_definitions() -> None:
    values = {sight.placed.clip.id: sight.values for sight in seen(JOINED, 50)}
    assert values["a"][0] == "a.video"
    assert values["a.b"][-1].startswith("a_b.")
    assert all(name == "a" or name.startswith("a.") for name in values["a"])


def test_a_sight_is_the_curve_and_the_warp_at_its_frame() -> None:
    keys = [key(0, 0, 0, 1280, 720, ease="linear"), key(60, 600, 0, 1280, 720)]
    film = compiled({**play(1, 2, (1, 2, 0.5)), "crop_data": keys})
    (sight,) = seen(film, 30)
    assert (sight.source, sight.speed) == (Fraction(3, 2), Fraction(1, 2))
    assert sight.box.x == pytest.approx(10 * 1.5 * 30_000 / 1001, abs=0.01)
    assert sight.as_json() == {
        "clip": "clip1",
        "clip_frame": 30,
        "source_time": "1.5",
        "source_frame": 45,
        "motion": "repeat",
        "crop": {"x": pytest.approx(449.55, abs=0.01), "y": 0, "width": 1280, "height": 720},
        "speed": "0.5",
        "weight": "1",
        "values": list(sight.values),
    }


def defined(sight: Sight, fps: Fraction, n: int) -> int:
    """The last source frame whose slot is at or before n, searched one by one; the first if there is none."""
    placed = sight.placed
    warp, rate = placed.timing.warp, placed.media.video.rate
    frames = [k for k in range(int(warp.end * rate) + 2) if placed.timing.read_from <= k / rate < warp.end]
    found = [k for k in frames if slot(_record(warp, k / rate), fps) <= n]
    return max(found, default=frames[0])


def _record(warp: object, at: Fraction) -> RecordTime:
    start = warp.start  # type: ignore[attr-defined]
    return warp.record_of(SourceTime(max(at, start)))  # type: ignore[attr-defined, no-any-return]


SPANS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from([0.1, 0.37, 0.5, 1.5, 2, 3.3, 16])), max_size=3)


@given(
    st.sampled_from(["silent.mp4", "game.mp4", "action.mp4", "film24.mkv"]),
    st.sampled_from(["24", "30", "30000/1001", "60"]),
    st.integers(0, 3000),
    st.integers(10, 900),
    SPANS,
)
def test_the_source_frame_shown_is_the_one_the_law_names(
    media: str, fps: str, start: int, length: int, spans: list[tuple[int, float]]
) -> None:
    first, last = start / 1000, (start + length) / 1000
    edges = sorted({first, *(round(first + length * tenth / 10_000, 4) for tenth, _ in spans), last})
    stored = [(a, b, speed) for (a, b), (_, speed) in zip(pairwise(edges), spans, strict=False)]
    film = compiled({"media": media, **play(first, last, *stored)}, canvas={"fps": fps})
    for frame in {0, 1, film.plan.frames // 3, film.plan.frames // 2, film.plan.frames - 1}:
        if frame < film.plan.frames:
            (sight,) = seen(film, frame)
            assert sight.source_frame == defined(sight, Fraction(fps), frame)


def test_between_two_frames_the_held_frame_is_shown() -> None:
    (sight,) = seen(compiled({"media": "silent.mp4", **play(1.01, 1.03)}), 0)
    assert (sight.source_frame, sight.source) == (25, Fraction(101, 100))


def test_frames_at_uneven_times_are_counted_too() -> None:
    """Frame 30 at 30 frames a second begins at 1 s, and is the 29th in the file, because one before it is missing."""
    film = compiled({"media": "screen.mp4", **play(1.18, 3)})
    assert [seen(film, frame)[0].source_frame for frame in (0, 1, 2)] == [32, 33, 34]


def test_a_source_time_is_traced_forward() -> None:
    for clip, source, record in (
        ("a", 1, 0),
        ("a", "5/2", "3/2"),
        ("a.b", 5, "3/2"),
        ("a.b", "11/2", "5/2"),
        ("c", 8, "7/2"),
    ):
        assert record_time(JOINED.plan, clip, SourceTime(Fraction(source))) == Fraction(record)


@given(st.integers(0, 134))
def test_forward_is_back_again(frame: int) -> None:
    for sight in seen(JOINED, frame):
        assert record_time(JOINED.plan, sight.placed.clip.id, sight.source) == Fraction(frame, 30)


@pytest.mark.parametrize(("clip", "at"), [("a", "0.999"), ("a", "3"), ("a.b", "6"), ("nobody", "1")])
def test_what_is_not_in_the_film_has_no_record_time(clip: str, at: str) -> None:
    with pytest.raises(ReelError) as caught:
        record_time(JOINED.plan, clip, SourceTime(Fraction(at)))
    assert caught.value.code == "RC206"


def test_a_film_that_is_rounded_down_shows_less_than_its_clip() -> None:
    """1.01 s is 30 frames at 30 a second: the last hundredth of a second is not visible."""
    plan = compiled({"id": "a", **play(0, 1.01)}).plan
    assert record_time(plan, "a", SourceTime(Fraction(999, 1000))) == Fraction(999, 1000)
    with pytest.raises(ReelError, match="not in the film") as caught:
        record_time(plan, "a", SourceTime(Fraction(1)))
    assert caught.value.detail == "the clip shows 0 s up to, not including, 1 s"


def test_a_freeze_shows_one_frame_at_no_speed() -> None:
    frozen = play(1, 2)
    frozen["segments_data"]["spans"].append({"at": 1.5, "freeze": 0.2})
    film = compiled({"id": "a", **frozen})
    found = [seen(film, frame)[0] for frame in range(14, 24)]
    assert [sight.source_frame for sight in found] == [*[44] * 7, 45, 46, 47]
    assert [sight.speed for sight in found] == [1, *[0] * 6, 1, 1, 1]
    assert {sight.source for sight in found[1:7]} == {Fraction(3, 2)}
    assert record_time(film.plan, "a", SourceTime(Fraction(3, 2))) == Fraction(1, 2)


def test_a_ramp_is_traced_at_its_speed() -> None:
    film = compiled({"id": "a", **play(1, 3, (1, 3, {"from": 1, "to": 3}))})
    (middle,) = seen(film, 15)
    assert (middle.speed, middle.source) == (Fraction(2), Fraction(7, 4))


def test_slow_motion_that_is_mixed_names_the_earlier_frame() -> None:
    film = compiled({"id": "a", "motion": "blend", **play(1, 3, (2, 3, 0.25))})
    assert [(sight.source_frame, sight.motion) for frame in (29, 33, 35) for sight in seen(film, frame)] == [
        *((59, "repeat"), (60, "blend"), (61, "blend"))
    ]
    plan = film.plan.clips[0]
    assert (plan.mixed, plan.as_json(Fraction(30))["motion"]) == (
        *(120, {"kind": "blend", "mixed_frames": 120, "processor_s": 0.7}),
    )
