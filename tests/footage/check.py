"""Compares a film with its prediction: every frame and its time, every sample, every click."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.footage import read
from tests.footage.pool import Source
from tests.footage.read import UNREADABLE, Frame, Rectangle
from tests.footage.sound import Sound
from tests.reference.predict import Clip, Prediction

EXACT_MS, FLOATING_MS = 1.0, 50.0
"""The largest offset of a click, in milliseconds: for exact places, and inside a span that keeps its pitch."""
AAC_FRAME = 1024
"""Samples by which decoded sound may be longer than the film: the last AAC frame is always whole."""

DIM = 0.6
"""The darkest frame of a fade must be below this part of the full contrast."""
PLAIN = 0.9
"""A frame without a fade or dissolve keeps this part of the full contrast."""


@dataclass(frozen=True, slots=True)
class WrongFrame:
    """A frame that shows `read` in the two lanes and should show `wanted`."""

    frame: int
    wanted: tuple[tuple[str, int], ...]
    read: tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Report:
    """A film compared with its prediction."""

    wrong_frames: tuple[WrongFrame, ...]
    count: int
    """Number of frames."""
    pts_errors: tuple[int, ...]
    """Frames that are not presented at n / fps exactly."""
    samples: int
    """Number of samples, at the film's rate, from time 0."""
    clicks: int
    """Number of exact clicks: those of full loudness with an exact predicted place."""
    missed: int
    """Exact clicks that are missing."""
    max_error_ms: float
    """The largest offset of an exact click from its place."""
    stray: tuple[float, ...]
    """Seconds of clicks at places where no click of any kind belongs."""
    confused: tuple[str, ...]
    """Clips where clicks on whole seconds are not the loud ones: sound that is off by tenths of a second."""
    floating: int
    """Clicks found inside spans that keep their pitch, at most at 1x (faster, they cannot be distinguished)."""
    max_float_ms: float
    """The largest offset of those from their places."""
    undimmed: tuple[str, ...]
    """Clips that fade in or out without getting darker."""
    expected: Prediction

    def faults(self) -> list[str]:
        """The film's faults as text; empty when it equals its prediction."""
        film = self.expected
        found = {
            f"{self.count} frames, not {film.frames}": self.count != film.frames,
            f"{len(self.wrong_frames)} wrong frames: {self.wrong_frames[:3]}": bool(self.wrong_frames),
            f"{len(self.pts_errors)} frames out of time: {self.pts_errors[:5]}": bool(self.pts_errors),
            f"{self.samples} samples, not {film.samples}": not _as_long(self.samples, film.samples),
            f"{self.missed} of {self.clicks} clicks missing": bool(self.missed),
            f"a click is off by {self.max_error_ms:.2f} ms": self.max_error_ms > EXACT_MS,
            f"a floating click is off by {self.max_float_ms:.1f} ms": self.max_float_ms > FLOATING_MS,
            f"clicks where none belong: {self.stray[:5]}": bool(self.stray),
            f"sound off by tenths of a second in {self.confused}": bool(self.confused),
            f"a fade does not darken {self.undimmed}": bool(self.undimmed),
        }
        return [words for words, wrong in found.items() if wrong]


def check_film(film: Path, prediction: Prediction, sources: Iterable[Source], inner: Rectangle | None = None) -> Report:
    """Read a film back and compare it; `inner` is the place of the sources' pictures when the canvas has bars."""
    lanes = {source.media: source.recipe.lane for source in sources}
    frames = read.frames(film, inner)
    heard, rate = read.samples(film)
    sound = Sound(prediction.clicks, read.clicks(heard, rate))
    return Report(
        wrong_frames=_wrong(frames, prediction, lanes),
        count=len(frames),
        pts_errors=tuple(n for n, frame in enumerate(frames) if frame.pts != n / prediction.fps),
        samples=len(heard),
        clicks=len(sound.exact),
        missed=sum(error is None for error in sound.errors),
        max_error_ms=max((error * 1000 for error in sound.errors if error is not None), default=0.0),
        stray=sound.stray(),
        confused=sound.confused(),
        floating=len(sound.drifts),
        max_float_ms=max((drift * 1000 for drift in sound.drifts), default=0.0),
        undimmed=_undimmed(frames, prediction, lanes),
        expected=prediction,
    )


def _as_long(samples: int, wanted: int) -> bool:
    return wanted <= samples < wanted + AAC_FRAME if wanted else samples == 0


def _wrong(frames: list[Frame], prediction: Prediction, lanes: dict[str, int]) -> tuple[WrongFrame, ...]:
    media = {clip.id: clip.media for clip in prediction.clips}
    darkened, mixed = _darkened(prediction), _mixed(prediction)
    found = []
    for n, (frame, wanted) in enumerate(zip(frames, prediction.source_frames, strict=False)):
        if n in mixed:
            continue
        want: list[int | None] = [None, None]
        for clip, index in wanted:
            want[lanes[media[clip]]] = index
        alone = len(wanted) == 1 and n not in darkened
        if not _agrees(frame.codes, want, alone):
            found.append(WrongFrame(n, wanted, frame.codes))
    return tuple(found)


def _agrees(codes: tuple[int | None, int | None], want: list[int | None], alone: bool) -> bool:
    """Whether a frame shows the expected code; a fading code may be too faint to read, but no other code may appear.

    In a dissolve, one of the two codes can be read at any moment.
    """
    if alone:
        return list(codes) == want
    read_codes = [code for code in codes if code is not None and code != UNREADABLE]
    if None not in want and not read_codes:
        return False
    return all(code in (None, UNREADABLE, wanted) for code, wanted in zip(codes, want, strict=True))


def _mixed(prediction: Prediction) -> set[int]:
    """The frames with codes split by a wipe or a similar transition."""
    torn = [clip for clip in prediction.clips if clip.entered not in ("cut", "fade", "dissolve")]
    return {n for clip in torn for n in range(clip.first_frame, clip.first_frame + clip.overlaps[0])}


def _darkened(prediction: Prediction) -> set[int]:
    return {n for clip in prediction.clips for fade in _fades(clip) for n in fade}


def _fades(clip: Clip) -> tuple[range, range]:
    """The frames of the film over which a clip fades from black, and to black."""
    entering, leaving = clip.darkened
    return (
        range(clip.first_frame, clip.first_frame + entering),
        range(clip.end_frame - leaving, clip.end_frame),
    )


def _undimmed(frames: list[Frame], prediction: Prediction, lanes: dict[str, int]) -> tuple[str, ...]:
    """Clips with fades that leave every frame bright, or with dark frames outside their fades."""
    full = max((contrast for frame in frames for contrast in frame.contrast), default=0.0) or 1.0
    darkened, found = _darkened(prediction), []
    for clip in prediction.clips:
        lane = lanes[clip.media]
        levels = {n: frames[n].contrast[lane] / full for n in range(clip.first_frame, min(clip.end_frame, len(frames)))}
        fades = [[levels[n] for n in fade if n in levels] for fade in _fades(clip)]
        plain = range(clip.first_frame + clip.overlaps[0], clip.end_frame - clip.overlaps[1])
        dark = any(levels.get(n, 1.0) < PLAIN for n in plain if n not in darkened)
        if dark or any(len(fade) > 1 and min(fade) > DIM for fade in fades):
            found.append(clip.id)
    return tuple(found)
