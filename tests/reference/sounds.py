"""The sound of a film, mixed slowly and plainly: every sample comes from the place that the law names.

A stretch of a clip begins at the film's sample nearest to its start, with the source sample nearest to its source
start, and continues at its speed, scaled by its clip's gain. Held pictures are silent. Overlaps are weighted sums,
fades sums with silence; both change evenly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tests.reference.edit import Edit
from tests.reference.predict import SAMPLE_RATE, Clip, Prediction
from tests.reference.warp import Course, nearest

Samples = NDArray[np.float64]
"""Left and right, one row per sample."""

UNSURE = Fraction(1, 100)
"""Seconds around the ends of a stretch in which filters are still filling, or joints are softened."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The sound of a media file from source time 0 on."""

    samples: Samples
    rate: int


def film_sound(
    edits: list[Edit], prediction: Prediction, media: Mapping[str, Heard]
) -> tuple[Samples, NDArray[np.bool_]]:
    """The film's samples, and which of them are certain: not those at a kept pitch."""
    mixed, sure = np.zeros((prediction.samples, 2)), np.ones(prediction.samples, bool)
    for edit, clip in zip(edits, prediction.clips, strict=True):
        first, until = (nearest(n * SAMPLE_RATE / prediction.fps) for n in (clip.first_frame, clip.end_frame))
        samples, certain = _clip(edit, until - first, media[edit.media])
        mixed[first:until] += edit.loudness * samples * _level(clip, until - first, first, prediction.fps)[:, None]
        sure[first:until] &= certain
    return mixed, sure


def _clip(edit: Edit, length: int, heard: Heard) -> tuple[Samples, NDArray[np.bool_]]:
    samples, certain = np.zeros((length, 2)), np.ones(length, bool)
    edge = int(UNSURE * SAMPLE_RATE)
    bends = sorted({Fraction(0), *edit.course.bends, edit.course.duration})
    for begin, end in pairwise(bends):
        first, until = (min(length, nearest(at * SAMPLE_RATE)) for at in (begin, end))
        until = length if end == bends[-1] else until
        source, speed = _course(edit.course, begin, end)
        if speed:
            samples[first:until] = _played(source, speed, until - first, heard)
        if speed == 1:
            continue
        floating = speed is None or (speed and edit.stretch == "pitch")
        for left, right in [(first, until)] if floating else [(first, first), (until, until)]:
            certain[max(0, left - edge) : right + edge] = False
    return samples, certain


def _course(course: Course, begin: Fraction, end: Fraction) -> tuple[Fraction, Fraction | None]:
    """The source time at the beginning of a part between two bends, and its speed: 0 for a freeze, None for a ramp,
    whose pieces may be up to a millisecond off."""
    middle = (begin + end) / 2
    source = course.source(middle)
    if course.source((begin + middle) / 2) == source:
        return source, Fraction(0)
    stretch = course.stretch_at(source)
    if not stretch.steady:
        return source, None
    return source - stretch.entry * (middle - begin), stretch.entry


def _played(source: Fraction, speed: Fraction, length: int, heard: Heard) -> Samples:
    """This many samples from a source time on, at one speed."""
    at = nearest(source * SAMPLE_RATE) + np.arange(length) * float(speed)
    places = at / SAMPLE_RATE * heard.rate
    known = np.arange(len(heard.samples))
    return np.stack([np.interp(places, known, heard.samples[:, side], right=0.0) for side in (0, 1)], axis=1)


def _level(clip: Clip, length: int, first: int, fps: Fraction) -> NDArray[np.float64]:
    """The weight of each sample of a clip."""
    level = np.ones(length)
    start, end = clip.first_frame, clip.end_frame
    for steps in (clip.overlaps[0], clip.darkened[0]):
        rising = nearest((start + steps) * SAMPLE_RATE / fps) - first
        level[:rising] *= np.arange(rising) / max(rising, 1)
    for steps in (clip.overlaps[1], clip.darkened[1]):
        falling = length + first - nearest((end - steps) * SAMPLE_RATE / fps)
        level[length - falling :] *= 1 - np.arange(falling) / max(falling, 1)
    return level
