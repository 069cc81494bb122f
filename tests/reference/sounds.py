"""The sound of a film, mixed slowly and plainly: every sample looked up where the law says that it is heard.

A stretch of a clip begins at the film's sample nearest to where it begins, with the source sample nearest to where that
is, and goes on from there at its speed. Overlaps are weighted sums, fades are sums with silence; both change evenly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tests.reference.edit import Edit
from tests.reference.predict import SAMPLE_RATE, Clip, Prediction
from tests.reference.warp import Stretch, nearest

Samples = NDArray[np.float64]
"""Left and right, a row a sample."""

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
    """The film's samples, and for which of them that is certain: not for those of a pitch that was kept."""
    mixed, sure = np.zeros((prediction.samples, 2)), np.ones(prediction.samples, bool)
    for edit, clip in zip(edits, prediction.clips, strict=True):
        first, until = (nearest(n * SAMPLE_RATE / prediction.fps) for n in (clip.first_frame, clip.end_frame))
        samples, certain = _clip(edit, until - first, media[edit.media])
        mixed[first:until] += samples * _level(clip, until - first, first, prediction.fps)[:, None]
        sure[first:until] &= certain
    return mixed, sure


def _clip(edit: Edit, length: int, heard: Heard) -> tuple[Samples, NDArray[np.bool_]]:
    samples, certain = np.zeros((length, 2)), np.ones(length, bool)
    begins = [min(length, nearest(stretch.begin * SAMPLE_RATE)) for stretch in edit.course.stretches]
    for stretch, first, until in zip(edit.course.stretches, begins, [*begins[1:], length], strict=True):
        samples[first:until] = _played(stretch, until - first, heard)
        if stretch.entry == stretch.leave == 1:
            continue
        edge = int(UNSURE * SAMPLE_RATE)
        if edit.stretch == "pitch":
            certain[max(0, first - edge) : until + edge] = False
        for joint in (first, until):
            certain[max(0, joint - edge) : joint + edge] = False
    return samples, certain


def _played(stretch: Stretch, length: int, heard: Heard) -> Samples:
    """A stretch of one speed, so many samples of it."""
    at = nearest(stretch.start * SAMPLE_RATE) + np.arange(length) * float(stretch.entry)
    places = at / SAMPLE_RATE * heard.rate
    known = np.arange(len(heard.samples))
    return np.stack([np.interp(places, known, heard.samples[:, side], right=0.0) for side in (0, 1)], axis=1)


def _level(clip: Clip, length: int, first: int, fps: Fraction) -> NDArray[np.float64]:
    """How loud each sample of a clip is."""
    level = np.ones(length)
    start, end = clip.first_frame, clip.end_frame
    for steps in (clip.overlaps[0], clip.darkened[0]):
        rising = nearest((start + steps) * SAMPLE_RATE / fps) - first
        level[:rising] *= np.arange(rising) / max(rising, 1)
    for steps in (clip.overlaps[1], clip.darkened[1]):
        falling = length + first - nearest((end - steps) * SAMPLE_RATE / fps)
        level[length - falling :] *= 1 - np.arange(falling) / max(falling, 1)
    return level
