"""The predicted film of a reel: its frames, samples, clicks and crop windows, from the reel and the facts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tests.reference import crop
from tests.reference.edit import Edit, Stored, edits, frame_rate
from tests.reference.facts import Facts
from tests.reference.warp import nearest

SAMPLE_RATE = 48_000

EDGE = Fraction(1, 100)
"""Record seconds on either side of a join or a change of speed within which a click may be faded or smeared."""

POST_ROLL = Fraction(1, 20)
"""Source seconds past the end of a stretch that a pitch-keeping stretcher receives, and may let through."""

CLICK, RINGING = Fraction(3, 2000), Fraction(1, 1000)
"""The duration of a click in seconds, and the time by which resampling may advance its start."""


@dataclass(frozen=True, slots=True)
class Click:
    """A click of a source in the film, at `record` seconds, where the source plays at `speed`.

    `loud`: it is on a whole second of its sound. `clear`: it is in no dissolve or fade, and not next to a join.
    `exact`: its predicted place is exact to the millisecond.
    """

    clip: str
    source: Fraction
    record: Fraction
    speed: Fraction
    loud: bool
    clear: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip in the film: frames are the film's, in and out points source seconds."""

    id: str
    media: str
    first_frame: int
    frames: int
    source_in: Fraction
    source_out: Fraction
    source_frames: tuple[int, ...]
    """The source frame in each of its frames."""
    windows: tuple[crop.Box, ...]
    """The crop window of each of its frames."""
    entered: str
    """cut, fade, or the name of a transition that overlaps."""
    overlaps: tuple[int, int]
    """Frames it shares with the clip before, and with the clip after."""
    darkened: tuple[int, int]
    """Frames of its fade from black, and frames of its fade to black."""
    margin: Fraction
    """The distance, in frames, of the nearest source frame from falling into another slot."""

    @property
    def end_frame(self) -> int:
        """The first frame of the film after it."""
        return self.first_frame + self.frames


@dataclass(frozen=True, slots=True)
class Prediction:
    """One film; `samples` is 0 when it has no sound."""

    fps: Fraction
    clips: tuple[Clip, ...]
    frames: int
    samples: int
    clicks: tuple[Click, ...]

    @property
    def source_frames(self) -> tuple[tuple[tuple[str, int], ...], ...]:
        """The (clip id, source frame) pairs of every frame: two where clips overlap, the leaving one first."""
        film: list[list[tuple[str, int]]] = [[] for _ in range(self.frames)]
        for clip in self.clips:
            for n, k in enumerate(clip.source_frames, start=clip.first_frame):
                film[n].append((clip.id, k))
        return tuple(map(tuple, film))

    @property
    def margin(self) -> Fraction:
        """The least margin of all clips, in frames; ffmpeg's microseconds are safe above 1/10000."""
        return min(clip.margin for clip in self.clips)


def predict(reel: Stored, facts: Mapping[str, Facts]) -> Prediction:
    """The film of a legal reel; `facts` by the reel's names for its media; ValueError for a reel out of scope."""
    fps, found = frame_rate(reel), edits(reel, facts)
    clips: list[Clip] = []
    for i, edit in enumerate(found):
        leaving = found[i + 1] if i + 1 < len(found) else None
        overlaps = (_overlap(edit), _overlap(leaving) if leaving else 0)
        darkened = (_darkness(edit)[1], _darkness(leaving)[0] if leaving else 0)
        clips.append(_clip(edit, fps, clips[-1].end_frame - overlaps[0] if clips else 0, overlaps, darkened))
    frames = clips[-1].end_frame
    if not reel.get("audio", {}).get("include", True):
        return Prediction(fps, tuple(clips), frames, 0, ())
    clicks = [click for edit, clip in zip(found, clips, strict=True) for click in _clicks(edit, clip, fps)]
    return Prediction(fps, tuple(clips), frames, nearest(frames * SAMPLE_RATE / fps), tuple(clicks))


def _overlap(edit: Edit) -> int:
    """The number of frames that the clip shares with the one before."""
    return 0 if edit.entered == "fade" else edit.join


def _darkness(edit: Edit) -> tuple[int, int]:
    """The frames of a fade to black at the end of the clip before, and those from black at the start of this one."""
    return (edit.join // 2, edit.join - edit.join // 2) if edit.entered == "fade" else (0, 0)


def _clip(edit: Edit, fps: Fraction, first: int, overlaps: tuple[int, int], darkened: tuple[int, int]) -> Clip:
    course = edit.course
    frames = max(1, nearest(course.duration * fps))
    slots = _slots(edit, fps)
    entered = min(slots)
    return Clip(
        id=edit.id,
        media=edit.media,
        first_frame=first,
        frames=frames,
        source_in=course.start,
        source_out=course.end,
        source_frames=tuple(max((k for k, at in slots.items() if at < n + 1), default=entered) for n in range(frames)),
        windows=tuple(edit.window(course.source(n / fps)) for n in range(frames)),
        entered=edit.entered,
        overlaps=overlaps,
        darkened=darkened,
        margin=min(min(at - math.floor(at), math.ceil(at) - at) for at in slots.values()),
    )


def _slots(edit: Edit, fps: Fraction) -> dict[int, Fraction]:
    """The place of every source frame of the clip on its frame grid; the whole part is its slot."""
    bias = Fraction(1, 2) + Fraction(1, 1000)
    start, times = edit.course.start, edit.facts.times
    inside = {k: at for k, at in enumerate(times) if start <= at < edit.course.end}
    if edit.facts.uneven:  # it may have begun long before: the frame at the in point is shown until the next
        inside[max(k for k, at in enumerate(times) if at <= start)] = start
    if not inside:
        raise ValueError(f"no source frame begins inside clip {edit.id}")
    return {k: edit.course.record(at) * fps + bias for k, at in inside.items()}


def _clicks(edit: Edit, clip: Clip, fps: Fraction) -> list[Click]:
    """The clip's clicks, and those past its out point that its last frame's rest may let through: never clear."""
    if edit.stretch == "mute" or not edit.loudness:
        return []
    begin, end = clip.first_frame / fps, clip.end_frame / fps
    open_from = (clip.first_frame + max(clip.overlaps[0], clip.darkened[0])) / fps
    open_to = (clip.end_frame - max(clip.overlaps[1], clip.darkened[1])) / fps
    found = []
    for k, at in enumerate(edit.facts.clicks):
        if at + CLICK < edit.course.start:
            continue
        began = max(at, edit.course.start)  # the rest of a click that began before is audible
        stretch, record = edit.course.stretch_at(began), begin + edit.course.record(began)
        rest = end + (RINGING if edit.stretch == "varispeed" else POST_ROLL / min(stretch.entry, stretch.leave))
        if record >= rest:
            continue
        clear = open_from + EDGE <= record <= open_to - EDGE
        clear = clear and not any(abs(record - begin - bend) < EDGE for bend in edit.course.bends)
        promised = edit.stretch == "varispeed" or (stretch.steady and stretch.entry == 1)
        speed = stretch.speed(stretch.record(min(at, stretch.end)))
        found.append(Click(edit.id, at, record, speed, k % 10 == 0, clear, promised))
    return found
