from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from compiler.supervise.films.film_meter import FilmMeter
from compiler.supervise.films.step import RenderStep
from tests.supervise.test_progress import block

FPS = Fraction(25)


def step(frames: int, weight: float, samples: int | None = None) -> RenderStep:
    return RenderStep(lambda folder, part: [str(Path())], {}, frames, samples=samples, weight=weight)


def film(*steps: RenderStep) -> FilmMeter:
    return FilmMeter(steps, sum(step.frames for step in steps), FPS, started=0)


def test_frames_of_all_steps_at_once_are_counted() -> None:
    meter = film(step(50, 5), step(50, 5), step(0, 0))
    first, second = meter.begin(0, now=0), meter.begin(1, now=0)
    list(second.feed(block(30), now=1))
    list(first.feed(block(10), now=2))
    assert (meter.at(2).frame, meter.at(2).fraction) == (40, 0.4)
    assert (second.frame, first.frame) == (80, 10)


def test_sound_moves_the_bar_and_counts_no_frame() -> None:
    meter = film(step(0, 2, samples=96000), step(50, 8))
    sound = meter.begin(0, now=0)
    list(sound.feed(block(0, time="1000000"), now=1))
    assert (meter.at(1).frame, meter.at(1).fraction) == (0, 0.1)
    assert sound.advanced == 1
    meter.end(0)
    assert meter.at(2).fraction == 0.2


def test_a_step_that_joins_moves_the_bar_by_the_time_it_has_reached() -> None:
    meter = film(step(50, 6), step(0, 2))
    meter.begin(0, now=0)
    meter.end(0)
    joining = meter.begin(1, now=1)
    list(joining.feed(block(7, time="1000000"), now=2))
    assert (meter.at(2).frame, meter.at(2).fraction) == (50, 0.875)


def test_what_came_from_the_cache_is_said_and_makes_no_pace() -> None:
    meter = film(step(60, 6), step(40, 4))
    meter.end(0, taken=True)
    making = meter.begin(1, now=0)
    moments = []
    for now in (1, 2, 3, 4):
        list(making.feed(block(5 * now), now=now))
        moments.append(meter.at(now))
    assert (moments[0].frame, moments[0].kept, moments[0].eta) == (65, 60, None)
    assert (moments[-1].counted, moments[-1].fps, moments[-1].eta) == ("frame 80/100 (60 from the cache)", 5, 4)


def test_a_step_made_again_takes_nothing_back() -> None:
    meter = film(step(50, 5), step(50, 5))
    list(meter.begin(0, now=0).feed(block(40), now=1))
    before = meter.at(1)
    list(meter.begin(0, now=2).feed(block(3), now=3))
    after = meter.at(3)
    assert (after.frame, after.fraction) == (before.frame, before.fraction) == (40, 0.4)


def test_the_sound_of_each_step_is_followed_from_its_own_beginning() -> None:
    """A step that makes sound is alive although the step before it made more."""
    meter = film(step(0, 1, samples=96000), step(0, 1, samples=96000), step(50, 8))
    for number, begun in ((0, 0), (1, 50)):
        sound = meter.begin(number, now=begun)
        assert sound.advanced == begun
        list(sound.feed(block(0, time="2000000" if begun == 0 else "1000000"), now=begun + 9))
        assert (sound.advanced, sound.frame) == (begun + 9, 0)
