"""A plain reading of a stored clip: its source range, speeds, transition and framing.

The reel is a plain dict in the current stored form. Out of scope, and refused: timing_data beyond a trim. Rotation is
ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.reference import crop
from tests.reference.facts import Facts
from tests.reference.warp import Course, Piece, exact, nearest

Stored = Mapping[str, Any]

SHAPES = {"9:16": (1080, 1920), "16:9": (1920, 1080), "1:1": (1080, 1080), "4:5": (1080, 1350), "4:3": (1440, 1080)}
"""Canvas sizes by aspect ratio."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One clip of a reel, and the facts of its media."""

    id: str
    media: str
    facts: Facts
    course: Course
    entered: str
    """cut, fade, or the name of a transition that overlaps."""
    join: int
    """Frames of the film that its transition takes; 0 for a cut."""
    keys: Sequence[Stored]
    canvas: Fraction
    """Width / height of the film."""
    stretch: str
    lying: bool
    """Whether a quarter turn swaps the picture's sides."""
    loudness: float
    """The factor of its samples; 0 for a muted clip."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture that its boxes are in."""
        width, height = self.facts.size
        return (height, width) if self.lying else (width, height)

    def window(self, at: Fraction) -> crop.Box:
        """The crop window at source time `at`; without keyframes the largest centred box of the film's shape."""
        if self.keys:
            return crop.window(self.keys, self.facts.rate, self.size, at)
        return crop.largest(self.canvas, self.size)


def frame_rate(reel: Stored) -> Fraction:
    """The film's frames a second."""
    return exact(reel.get("canvas", {}).get("fps", 30))


def edits(reel: Stored, facts: Mapping[str, Facts]) -> list[Edit]:
    """The reel's clips, in order; `facts` by the reel's names for its media."""
    width, height = _size(reel.get("canvas", {}))
    found = []
    for number, clip in enumerate(reel["clips"], start=1):
        entered, join = _join(reel, clip) if number > 1 else ("cut", 0)
        found.append(
            Edit(
                id=clip.get("id", f"clip{number}"),
                media=clip["media"],
                facts=facts[clip["media"]],
                course=_course(clip, facts[clip["media"]]),
                entered=entered,
                join=join,
                keys=clip.get("crop_data") or (),
                canvas=Fraction(width, height),
                stretch=clip.get("stretch") or reel.get("audio", {}).get("stretch", "pitch"),
                lying=clip.get("turn", 0) in (90, 270),
                loudness=0.0 if clip.get("mute") else 10 ** (clip.get("volume", 0) / 20),
            )
        )
    return found


def _size(canvas: Stored) -> tuple[int, int]:
    width, height = SHAPES[canvas.get("aspect_ratio", "9:16")]
    return canvas.get("width", width), canvas.get("height", height)


def _course(clip: Stored, facts: Facts) -> Course:
    """The clip's in to its out point, clamped to the media, cut where spans begin and end."""
    stored = clip.get("segments_data") or {}
    start, end = _trim(stored, clip.get("timing_data") or {}, facts)
    if end <= start:
        raise ValueError("nothing is left of the clip")
    listed = stored.get("spans", ())
    spans = [span for span in listed if "speed" in span and exact(span["start"]) < end and exact(span["end"]) > start]
    freezes = {exact(span["at"]): exact(span["freeze"]) for span in listed if "freeze" in span}
    edges = {start, end, *(max(start, exact(span["start"])) for span in spans)}
    edges |= {min(end, exact(span["end"])) for span in spans}
    pieces = [_piece(spans, left, right) for left, right in pairwise(sorted(edges))]
    return Course(start, end, pieces, {at: lasts for at, lasts in freezes.items() if start <= at <= end})


def _trim(stored: Stored, timing: Stored, facts: Facts) -> tuple[Fraction, Fraction]:
    if set(timing) - {"trimRange"}:
        raise ValueError("of timing_data only the trim is read")
    trim = stored.get("trimRange") or {}
    if not trim and timing.get("trimRange"):
        trim = dict(zip(("start", "end"), timing["trimRange"], strict=True))
    return max(exact(trim.get("start", 0)), Fraction(0)), min(exact(trim.get("end", facts.end)), facts.end)


def _piece(spans: list[Stored], left: Fraction, right: Fraction) -> Piece:
    """The part of a stretch between two edges; for a ramp that a trim cuts, a part of the ramp."""
    played = Fraction(0), right - left
    for span in spans:
        start, end = exact(span["start"]), exact(span["end"])
        if start <= left and right <= end:
            speed = span.get("speed", 1)
            if not isinstance(speed, Mapping):
                return right - left, exact(speed), exact(speed), "linear", *played
            ease = speed.get("ease", "linear")
            return end - start, exact(speed["from"]), exact(speed["to"]), ease, left - start, right - start
    return right - left, Fraction(1), Fraction(1), "linear", *played


def _join(reel: Stored, clip: Stored) -> tuple[str, int]:
    join = clip.get("transition_data") or reel.get("transition") or {"type": "cut"}
    if join["type"] == "cut":
        return "cut", 0
    return join["type"], max(1, nearest(exact(join["duration"]) * frame_rate(reel)))
