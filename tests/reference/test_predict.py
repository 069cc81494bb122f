"""The reference compared with cases computed by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.reference.facts import Facts
from tests.reference.predict import Prediction, predict
from tests.reference.warp import exact

THIRTY = Fraction(30)
NTSC = Fraction(30_000, 1001)
TENTHS = tuple(Fraction(k, 10) for k in range(40))


def media(rate: Fraction = THIRTY, seconds: int = 4) -> Facts:
    """A 1920 x 1080 source at a constant rate, with a click on every tenth of a second."""
    frames = int(rate * seconds)
    return Facts(rate, tuple(k / rate for k in range(frames)), frames / rate, (1920, 1080), TENTHS)


def film(*clips: dict[str, Any], fps: str = "30", facts: Facts | None = None, **reel: Any) -> Prediction:
    """The prediction for clips of one source."""
    canvas = {"aspect_ratio": "9:16", "fps": fps}
    stored = [{"media": "a.mp4", **clip} for clip in clips]
    return predict({"reel": 1, "canvas": canvas, "clips": stored, **reel}, {"a.mp4": facts or media()})


def cut(start: float, end: float, *spans: tuple[float, float, Any]) -> dict[str, Any]:
    """The stored edit: a trim, and spans as (start, end, speed)."""
    stored = [{"start": left, "end": right, "speed": speed} for left, right, speed in spans]
    return {"segments_data": {"version": 2, "trimRange": {"start": start, "end": end}, "spans": stored}}


def frozen(edit: dict[str, Any], at: float, seconds: float) -> dict[str, Any]:
    """The edit with a held picture."""
    edit["segments_data"]["spans"].append({"at": at, "freeze": seconds})
    return edit


def entered(kind: str, seconds: float) -> dict[str, Any]:
    return {"transition_data": {"type": kind, "duration": seconds}}


def test_an_untouched_clip_is_shown_frame_by_frame() -> None:
    whole = film({})
    assert whole.frames == 120
    assert whole.samples == 192_000
    assert whole.source_frames == tuple((("clip1", n),) for n in range(120))
    assert whole.margin == Fraction(499, 1000)


def test_numbers_have_their_decimal_value() -> None:
    assert exact(0.1) == Fraction(1, 10)
    assert exact("30000/1001") == NTSC
    with pytest.raises(TypeError):
        exact(True)


def test_half_speed_shows_every_frame_twice() -> None:
    # Frame 30 + k falls on slot floor(2k + 0.501).
    assert film(cut(1, 1.2, (1, 2, 0.5))).clips[0].source_frames == (30, 30, 31, 31, 32, 32, 33, 33, 34, 34, 35, 35)


def test_double_speed_breaks_ties_upwards() -> None:
    # Frame 30 + k falls on slot floor(k / 2 + 0.501): 30 on 0; 31, 32 on 1; 33, 34 on 2.
    assert film(cut(1, 1.2, (1, 2, 2))).clips[0].source_frames == (30, 32, 34)


def test_between_frames_the_first_one_inside_is_shown_from_the_start() -> None:
    # In at 1.01 between frame 30 (1.0) and 31 (1.0333): at speed 1/4, 31 falls on slot floor(2.8 + 0.501) = 3.
    clip = film(cut(1.01, 1.11, (1, 2, 0.25))).clips[0]
    assert clip.frames == 12
    assert clip.source_frames == (31, 31, 31, 31, 31, 31, 31, 32, 32, 32, 32, 33)


def test_lengths_are_rounded_clip_by_clip() -> None:
    # 0.45 s are 13.5 frames, rounded up to 14; 0.44 s are 13.2.
    clips = film(cut(0, 0.45), cut(1, 1.44), cut(2, 2.001)).clips
    assert [(clip.first_frame, clip.frames) for clip in clips] == [(0, 14), (14, 13), (27, 1)]


def test_the_trim_is_clamped_to_the_media() -> None:
    clip = film(cut(3.5, 9)).clips[0]
    assert [clip.source_in, clip.source_out, clip.frames] == [3.5, 4, 15]
    with pytest.raises(ValueError, match="nothing is left"):
        film(cut(5, 9))


def test_a_trim_may_stand_in_the_timing() -> None:
    clip = film({"timing_data": {"trimRange": [1, 2]}}).clips[0]
    assert [clip.source_in, clip.source_out] == [1, 2]
    with pytest.raises(ValueError, match="only the trim"):
        film({"timing_data": {"playbackRate": 2}})


def test_a_dissolve_overlaps_and_shortens() -> None:
    both = film(cut(0, 1), cut(2, 3) | entered("dissolve", 0.2))
    assert both.frames == 54
    assert both.samples == 86_400
    assert both.source_frames[23:31] == (
        (("clip1", 23),),
        *((("clip1", n), ("clip2", 36 + n)) for n in range(24, 30)),
        (("clip2", 66),),
    )


def test_a_fade_darkens_and_does_not_shorten() -> None:
    both = film(cut(0, 1), cut(2, 3) | entered("fade", 0.1666))
    assert both.frames == 60
    assert [clip.darkened for clip in both.clips] == [(0, 2), (3, 0)]
    assert [clip.overlaps for clip in both.clips] == [(0, 0), (0, 0)]


def test_the_first_clips_transition_is_ignored_and_the_reels_is_the_default() -> None:
    dissolve = {"type": "dissolve", "duration": 0.001}
    clips = film(cut(0, 1) | entered("fade", 1), cut(0, 1), cut(0, 1) | entered("cut", 3), transition=dissolve).clips
    assert [clip.first_frame for clip in clips] == [0, 29, 59]
    assert clips[0].darkened == (0, 0)


def test_samples_never_drift_from_frames() -> None:
    # 300 frames of 1001/30 ms are 480480 samples; one frame is 1601.6 of them.
    assert film({}, fps="30000/1001", facts=media(NTSC, 11)).samples == round(329 * 1601.6)
    assert film({}, audio={"include": False}).samples == 0


@pytest.mark.further
def test_a_linear_ramp_lasts_twice_its_length_over_the_sum_of_speeds() -> None:
    # From 1 to 3 over 2 s of source: D = 1 s, and s = t + t^2; s(1/2) = 3/4.
    ramp = {"from": 1, "to": 3, "ease": "linear"}
    keys = [{"frame": 0, "x": 0, "y": 0, "width": 90, "height": 160, "ease": "linear"}]
    keys += [{"frame": 90, "x": 900, "y": 0, "width": 90, "height": 160}]
    clip = film({"crop_data": keys} | cut(1, 3, (1, 3, ramp))).clips[0]
    assert clip.frames == 30
    assert clip.windows[15][0] == 900 * Fraction(7, 4) / 3
    # On slot floor(30 t + 0.501): frame 53 (s = 23/30, t = 0.5083) on 15, 54 (0.5247) and 55 (0.5408) on 16, 56 on 17.
    assert clip.source_frames[15:17] == (53, 55)


@pytest.mark.further
def test_a_smooth_ramp_covers_half_its_gain_by_three_eighths() -> None:
    # From 1 to 3, D = 1: s = t + 2 (t^3 - t^4 / 2); s(1/2) = 1/2 + 3/16.
    ramp = {"from": 1, "to": 3, "ease": "smooth"}
    sound = film(
        cut(1, 3, (1, 3, ramp)),
        facts=Facts(THIRTY, media().times, Fraction(4), (1920, 1080), (1 + Fraction(11, 16),)),
        audio={"stretch": "varispeed"},
    )
    (click,) = sound.clicks
    assert abs(click.record - Fraction(1, 2)) < Fraction(1, 10**12)
    assert abs(click.speed - 2) < Fraction(1, 10**9)


@pytest.mark.further
def test_what_a_trim_leaves_of_a_ramp_keeps_its_course() -> None:
    # From 1 to 3 over 2 s: s = t + t^2. From s = 3/4 (t = 1/2) to s = 2 (t = 1) half a second is left.
    part = film(cut(1.75, 3, (1, 3, {"from": 1, "to": 3}))).clips[0]
    whole = film(cut(1, 3, (1, 3, {"from": 1, "to": 3}))).clips[0]
    assert part.frames == 15
    assert part.source_frames[1:] == whole.source_frames[16:]


def test_a_freeze_holds_what_is_on_screen_and_is_silent() -> None:
    # Frame 30 is at 1 s: it is shown for 3 frames more. Between 36 and 37, frame 36 is shown.
    on, between = (film(frozen(cut(0.9, 1.3), at, 0.1)).clips[0] for at in (1, 1.21))
    assert on.source_frames == (27, 28, 29, 30, 30, 30, 30, *range(31, 39))
    assert between.source_frames == (*range(27, 37), 36, 36, 36, 37, 38)
    sound = film(frozen(cut(0.95, 1.35), 1.15, 0.2), audio={"stretch": "varispeed"})
    assert [click.record for click in sound.clicks] == [Fraction(k, 100) for k in (5, 15, 45, 55)]


def test_clicks_follow_the_speed() -> None:
    sound = film(cut(0.95, 1.35, (1.05, 1.25, 0.5)), audio={"stretch": "varispeed"})
    # 1.0 at 0.05; then 1.05 at 0.1, 1.1 at 0.2, 1.2 at 0.4; 1.25 at 0.5, 1.3 at 0.55.
    assert [click.record for click in sound.clicks] == [Fraction(k, 100) for k in (5, 20, 40, 55)]
    assert [click.loud for click in sound.clicks] == [True, False, False, False]
    assert all(click.clear and click.exact for click in sound.clicks)


def test_what_a_click_promises() -> None:
    edit = cut(0.95, 1.35, (1.05, 1.25, 0.5))
    assert [click.exact for click in film(edit).clicks] == [True, False, False, True]
    assert film(edit, audio={"stretch": "mute"}).clicks == ()
    faded = film(cut(0.95, 1.35), cut(0.95, 1.35) | entered("fade", 0.2), audio={"stretch": "varispeed"})
    assert [click.clear for click in faded.clicks] == [True, True, True, False, False, True, True, True]
    dissolved = film(cut(0.95, 1.35), cut(0.95, 1.35) | entered("dissolve", 0.1), audio={"stretch": "varispeed"})
    assert [click.clear for click in dissolved.clicks] == [True, True, True, False, False, True, True, True]


def test_clicks_past_the_out_point_are_known_but_not_asked_for() -> None:
    # 0.44 s are 13 frames, 0.4333 s; a stretcher's 50 ms of post-roll reach to 0.4833 s.
    sound = film(cut(0.95, 1.39))
    assert [(click.source, click.clear) for click in sound.clicks][-1] == (Fraction(7, 5), False)
    assert [click.source for click in film(cut(0.95, 1.39), audio={"stretch": "varispeed"}).clicks][-1] == Fraction(
        13, 10
    )


def test_a_clip_between_two_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="no source frame"):
        film(cut(1.01, 1.02))
