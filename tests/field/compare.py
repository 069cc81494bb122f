"""Compares a film of one clip with the independent decode of its source: every frame, and what is heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.field.judge import RATE, Decoded
from tests.field.make import Samples

ROUNDING = 0.003
"""Seconds by which a container's clock may round the time of a picture."""
ENDS = 2
"""Frames by which a film to the end of its source may differ: the last picture's length is often not stated."""

WINDOW = RATE // 20
SILENT = 0.02
"""Root mean square below which a window of sound is silent; the tone has 0.2."""
OFF = 0.035
"""Seconds by which the pitch of a window may be off, which says how far its sound is out of its place."""
NEAR_BREAK = 0.12
"""Seconds around a break of the source's own sound within which nothing is compared."""
BREAK = 0.05
"""The least third difference that is a click."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What the film plays: from a source time on, so many seconds, at so many frames a second."""

    start: float
    seconds: float
    fps: float
    to_end: bool
    """Whether the clip ends with its source."""


def wrong_frames(numbers: Sequence[int | None], source: Decoded, clip: Clip) -> list[tuple[int, int | None, set[int]]]:
    """The frames that show what is not on screen in their time: place, number, and what is on screen."""
    found = []
    for place, number in enumerate(numbers):
        at, step = clip.start + place / clip.fps, 1 / clip.fps
        right = source.on_screen(at + step / 2)
        for moment in (at + ROUNDING, at + step - ROUNDING):
            right |= source.on_screen(moment)
        for picture in source.between(at + ROUNDING, at + step - ROUNDING):
            right |= {picture.number} if picture.number is not None else set()
        if place < 2 and (first := source.first_from(clip.start)) and first.at - clip.start < 1.3 * step:
            right |= {first.number} if first.number is not None else set()  # an in point between two pictures
        if right and number not in right:
            found.append((place, number, right))
    return found


def wrong_count(count: int, clip: Clip) -> bool:
    """Whether the film has too many frames or too few."""
    wanted = max(round(clip.seconds * clip.fps), 1)
    return abs(count - wanted) > (ENDS if clip.to_end else 0)


def misplaced(heard: Samples, source: Decoded, clip: Clip) -> list[float]:
    """The seconds of the film at which it is silent and should not be, or the reverse, or plays another place."""
    wanted = source.sound(clip.start, len(heard) / RATE)
    return [
        round(first / RATE, 3)
        for first in range(WINDOW, min(len(heard), round(clip.seconds * RATE)) - 2 * WINDOW, WINDOW)
        if not _near_break(first + WINDOW // 2, source, clip)
        and _differs(heard[first : first + WINDOW], wanted[first : first + WINDOW])
    ]


def clicks(heard: Samples, source: Decoded, clip: Clip) -> list[float]:
    """The seconds of the film at which its sound breaks and the source's does not."""
    film, own = _edges(heard), _edges(source.sound(clip.start - 0.1, len(heard) / RATE + 0.2))
    own = own[: len(own) // 96 * 96].reshape(-1, 96).max(axis=1)
    usual = float(np.median(own)) if len(own) else 0.0
    loud = np.flatnonzero(film > max(BREAK, 8 * usual))
    starts = loud[np.diff(loud, prepend=-RATE) > RATE // 200]
    found = []
    for start in starts:
        around = own[max(int(start + RATE * 0.04) // 96, 0) : int(start + RATE * 0.16) // 96]
        edge = start < RATE // 50 or start > min(len(heard), clip.seconds * RATE) - RATE // 50
        natural = len(around) and film[start] < 4 * float(around.max())
        if not edge and not natural and not _near_break(int(start), source, clip):
            found.append(round(float(start) / RATE, 3))
    return found


def _edges(heard: Samples) -> Samples:
    return np.abs(np.diff(heard, n=3)) if len(heard) > 3 else np.zeros(0)


def _near_break(sample: int, source: Decoded, clip: Clip) -> bool:
    at = clip.start + sample / RATE
    return any(abs(at - edge) < NEAR_BREAK for edge in source.breaks())


def _differs(film: Samples, wanted: Samples) -> bool:
    film_silent, silent = (float(np.sqrt((each**2).mean())) < SILENT for each in (film, wanted))
    if film_silent or silent:
        return film_silent != silent
    return abs(_pitch(film) - _pitch(wanted)) > OFF * 150


def _pitch(heard: Samples) -> float:
    """The pitch of a window in Hz, between the bins of its spectrum."""
    power = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 4 * len(heard)))
    top = int(np.argmax(power[1:-1])) + 1
    low, middle, high = np.log(power[top - 1 : top + 2] + 1e-12)
    return float((top + 0.5 * (low - high) / (low - 2 * middle + high + 1e-12)) * RATE / (4 * len(heard)))
