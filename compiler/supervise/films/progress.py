"""Progress from ffmpeg's `-progress` blocks: frames done, pace, and time left."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

WINDOW = 15.0
"""Seconds over which the pace is averaged: long enough to be steady, short enough to follow a slow passage."""

TELLING = 2.0
"""Seconds of measured pace below which there is no estimate of the time left."""

PASSED = "frame:"
"""Begins the line that a graph of a GIF or WebP film prints for each frame, with the frame's number from 0."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a render. `frame` and `fraction` never decrease; `eta` is seconds, None while there is no
    estimate."""

    stage: str
    frame: int
    frames: int
    """The predicted total of frames."""
    elapsed: float
    """Seconds since the start."""
    fps: float | None = None
    """Recent frames a second, by our own clock."""
    speed: float | None = None
    """ffmpeg's speed: 2 is twice as fast as the film plays."""
    eta: float | None = None
    work: float | None = None
    """The fraction of the work that is done, from 0 to 1, sound included; None where only frames are counted."""
    kept: int = 0
    """The number of frames that were taken from the cache."""

    @property
    def counted(self) -> str:
        """The frames that are done, as text."""
        kept = f" ({self.kept} from the cache)" if self.kept else ""
        return f"frame {self.frame}/{self.frames}{kept}"

    @property
    def fraction(self) -> float:
        """The fraction that is done, from 0 to 1: of the work, or else of the frames."""
        if self.work is not None:
            return min(1.0, self.work)
        return min(1.0, self.frame / self.frames) if self.frames else 1.0


LONGEST = 4096
"""Bytes of a line that are kept until its end comes; the longest of ffmpeg's has some 200."""


class ProgressMeter:
    """Reads one ffmpeg's `-progress` output in pieces of any size; times are of a monotonic clock and passed in.

    Several ffmpegs may make one film; `before` is the number of frames that stand before those of this one.
    """

    def __init__(self, frames: int, started: float, stage: str = "rendering") -> None:
        self.frames, self.started, self.stage = frames, started, stage
        self.frame = 0
        self.before = 0
        self.listening: Fraction | None = None
        """Where sound is followed: the frames a second by which it is counted, else None."""
        self.advanced = started
        """The time at which `frame` last grew, from which a stall is measured."""
        self.counting = True
        """Whether the sound is the film's, and not only measured."""
        self.speed: float | None = None
        """ffmpeg's speed: 2 is twice as fast as the film plays."""
        self._heard = 0
        self._rest = b""
        self._seen: deque[tuple[float, int]] = deque()

    @property
    def heard(self) -> int:
        """The number of frames that the sound of this step covers so far, where its sound is not the film's."""
        return self._heard

    def has_made(self, frames: int, heard: int) -> bool:
        """Whether ffmpeg made this many frames after those before it, and sound of this length where it is followed."""
        return self.heard >= heard and (not frames or self.frame >= self.before + frames)

    def move(self, frame: int, heard: int, speed: float | None) -> None:
        """Follow another meter of the same step."""
        self.frame, self._heard, self.speed = frame, heard, speed

    def feed(self, output: bytes, now: float) -> Iterator[Progress]:
        """A progress for every block that `output` completes."""
        *lines, rest = (self._rest + output).split(b"\n")
        self._rest = rest[-LONGEST:]  # of an ffmpeg that a hostile file has taken over, and that writes no lines
        for line in lines:
            key, _, value = line.decode(errors="replace").strip().partition("=")
            if key.startswith(PASSED):
                self._advance(_passed(key), now)
            elif key == "frame":
                self._advance(_count(value), now)
            elif key == "out_time_us" and self.listening:
                self._listen(_heard(value, self.listening), now)
            elif key == "speed":
                self.speed = _number(value.removesuffix("x"))
            elif key == "progress":
                yield self.at(now)

    def at(self, now: float) -> Progress:
        """The known progress at time `now`."""
        pace = self._pace()
        left = max(0, self.frames - self.frame)
        return Progress(
            stage=self.stage,
            frame=self.frame,
            frames=self.frames,
            elapsed=now - self.started,
            fps=pace,
            speed=self.speed,
            eta=left / pace if pace else None,
        )

    def _listen(self, frame: int | None, now: float) -> None:
        if self.counting:
            self._advance(frame, now)
        elif frame is not None and frame > self._heard:
            self._heard, self.advanced = frame, now

    def _advance(self, frame: int | None, now: float) -> None:
        if frame is None:
            return
        frame += self.before
        if frame > self.frame:
            self.frame, self.advanced = frame, now
        if self.frame:  # before the first frame ffmpeg opens and seeks, which says nothing of its pace
            self._seen.append((now, self.frame))
        while self._seen and self._seen[0][0] < now - WINDOW:
            self._seen.popleft()

    def _pace(self) -> float | None:
        if not self._seen:
            return None
        (since, begun), (until, reached) = self._seen[0], self._seen[-1]
        return (reached - begun) / (until - since) if until - since >= TELLING else None


def _count(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None


def _passed(line: str) -> int | None:
    """The number of frames that have passed through the graph, from the line of the last one."""
    words = line.removeprefix(PASSED).split()
    number = _count(words[0]) if words else None
    return None if number is None else number + 1


def _heard(microseconds: str, fps: Fraction) -> int | None:
    """The number of frames that a length of sound covers; ffmpeg states it in whole microseconds, up to one too few."""
    count = _count(microseconds)
    return None if count is None else floor(Fraction(count + 1, 1_000_000) * fps)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # N/A
        return None
