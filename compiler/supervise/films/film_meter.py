"""Progress of a whole film: the frames and the work of all its steps, however many run at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Protocol

from compiler.supervise.films.progress import TELLING, WINDOW, Progress, ProgressMeter
from compiler.timeline.instant import SAMPLE_RATE


class Weighed(Protocol):
    """What is asked of a step of a render: as `RenderStep`."""

    @property
    def frames(self) -> int:
        """The frames of the film that it makes."""

    @property
    def samples(self) -> int | None:
        """The samples of sound that it makes, where it makes sound alone."""

    @property
    def sound_alone(self) -> bool:
        """Whether it makes no picture."""

    @property
    def weight(self) -> float:
        """Its work in seconds, by the forecast."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """Frames and work that were made up to a time, without those from the cache."""

    at: float
    frames: int
    work: float


class FilmMeter:
    """Adds up the progress of a film's steps; times are of a monotonic clock and passed in."""

    def __init__(self, steps: Sequence[Weighed], frames: int, fps: Fraction, started: float) -> None:
        self.frames, self.started = frames, started
        self.kept = 0
        """The number of frames that were taken from the cache."""
        self._steps, self._fps = steps, fps
        self._whole = sum(step.weight for step in steps)
        self._running: dict[int, ProgressMeter] = {}
        self._ended = self._taken = 0.0
        """Work of the steps that have ended, and of those among them that were taken from the cache."""
        self._frames = 0
        """Frames of the steps that have ended."""
        self._frame, self._work = 0, 0.0
        self._seen: deque[_Moment] = deque()

    def begin(self, number: int, now: float) -> ProgressMeter:
        """The meter of a step that begins."""
        step, meter = self._steps[number], ProgressMeter(self.frames, self.started)
        before = sum(each.frames for each in self._steps[:number])
        meter.frame, meter.advanced = before, now
        meter.before = before if step.frames else 0
        meter.listening = self._fps if step.sound_alone or not step.frames else None
        meter.counting = bool(step.frames)
        self._running[number] = meter
        return meter

    def end(self, number: int, *, taken: bool = False) -> None:
        """Count a step as done, or as taken from the cache, which says nothing of the pace."""
        step = self._steps[number]
        self._running.pop(number, None)
        self._frames += step.frames
        self._ended += step.weight
        if taken:
            self.kept += step.frames
            self._taken += step.weight

    def take_film(self) -> None:
        """Count the whole film as taken from the cache."""
        for number in range(len(self._steps)):
            self.end(number, taken=True)

    def at(self, now: float) -> Progress:
        """The known progress at time `now`."""
        parts = [(self._steps[number], self._part(number)) for number in self._running]
        self._frame = max(self._frame, self._frames + sum(floor(part * step.frames) for step, part in parts))
        self._work = max(self._work, self._ended + sum(float(part) * step.weight for step, part in parts))
        first = self._since(_Moment(now, self._frame - self.kept, self._work - self._taken))
        span = now - first.at
        told = span >= TELLING
        pace = (self._work - self._taken - first.work) / span if told else 0
        return Progress(
            *("rendering", self._frame, self.frames, now - self.started),
            fps=(self._frame - self.kept - first.frames) / span if told else None,
            speed=self._speed(),
            eta=max(0.0, self._whole - self._work) / pace if pace else None,
            work=self._work / self._whole if self._whole else 0.0,
            kept=self.kept,
        )

    def _since(self, made: _Moment) -> _Moment:
        """The moment from which the pace is measured."""
        if not made.work:  # before the first frame ffmpeg opens and seeks, which says nothing of its pace
            self._seen.clear()
        self._seen.append(made)
        while self._seen[0].at < made.at - WINDOW:
            self._seen.popleft()
        return self._seen[0]

    def _part(self, number: int) -> Fraction:
        """The fraction of a running step that is done, from 0 to 1."""
        step, meter = self._steps[number], self._running[number]
        if step.frames:
            return min(Fraction(1), Fraction(meter.frame - meter.before, step.frames))
        length = self.frames if step.samples is None else floor(Fraction(step.samples, SAMPLE_RATE) * self._fps)
        return min(Fraction(1), Fraction(meter.heard, length)) if length else Fraction(0)

    def _speed(self) -> float | None:
        """The film's seconds a second, of all pictures that are being made."""
        speeds = [meter.speed for meter in self._running.values() if meter.counting and meter.speed is not None]
        return sum(speeds) if speeds else None
