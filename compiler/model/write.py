"""Writes the parts of a clip as stored JSON in the current form. Numbers are the nearest doubles."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TypeAlias

from compiler.colours import BLACK
from compiler.model.reel import Clip, Freeze, Keyframe, Ramp, Speed, SpeedSpan, Transition
from compiler.model.upgrade import VERSION
from compiler.transitions import LINEAR

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def plain(exact: Fraction) -> int | float:
    """A number for JSON: an integer as it is, any other as the nearest double."""
    return exact.numerator if exact.denominator == 1 else float(exact)


def write_crop(crop: tuple[Keyframe, ...] | None, rate: Fraction | None) -> Json:
    """`crop_data`: keyframes by frame. ValueError for a keyframe stored by time if the media's `rate` is not given."""
    if crop is None:
        return None
    by_frame = {_frame(key, rate): key for key in crop}
    return [_keyframe(frame, by_frame[frame]) for frame in sorted(by_frame)]


def _frame(key: Keyframe, rate: Fraction | None) -> int:
    if key.at is not None:
        return key.at
    if key.time is None or rate is None:
        raise ValueError(f"{key.loc.pointer} is stored by time: its frame depends on the media's rate")
    return math.floor(key.time * rate + Fraction(1, 2))


def _keyframe(frame: int, key: Keyframe) -> Json:
    box = {"x": plain(key.x), "y": plain(key.y), "width": plain(key.width), "height": plain(key.height)}
    ease = {} if key.ease == "spline" else {"ease": key.ease}
    origin = {} if key.origin is None else {"origin": key.origin}
    return {"frame": frame, **box, **origin, **ease}


def write_segments(clip: Clip, duration: Fraction | None) -> Json:
    """`segments_data`: trim, speeds and freezes; `duration`, the media's seconds, replaces open ends."""
    trim, left = clip.trim, [span for span in clip.spans if duration is None or span.start < duration]
    if trim is None and not left and not clip.freezes:
        return None
    timed: list[tuple[Fraction, Json]] = [(span.start, _span(span, duration)) for span in left]
    timed += [(freeze.at, _freeze(freeze)) for freeze in clip.freezes]
    return {
        "version": VERSION,
        "trimRange": None if trim is None else _range(trim.start or Fraction(0), trim.end, duration),
        "spans": [stored for _, stored in sorted(timed, key=lambda each: each[0])],
    }


def _span(span: SpeedSpan, duration: Fraction | None) -> Json:
    return {**_range(span.start, span.end, duration), "speed": _speed(span.speed)}


def _freeze(freeze: Freeze) -> Json:
    return {"at": plain(freeze.at), "freeze": plain(freeze.seconds)}


def _range(start: Fraction, end: Fraction | None, duration: Fraction | None) -> dict[str, Json]:
    if end is None and duration is not None and start < duration:
        end = duration
    return {"start": plain(start), "end": None if end is None else plain(end)}


def _speed(speed: Speed) -> Json:
    if isinstance(speed, Ramp):
        return {"from": plain(speed.start_speed), "to": plain(speed.end_speed), "ease": speed.ease}
    return plain(speed)


def write_transition(transition: Transition) -> Json:
    """`transition_data`; null for the reel's default."""
    if transition.inherited:
        return None
    if transition.type == "cut":
        return {"type": "cut"}
    colour = {} if transition.colour == BLACK else {"colour": transition.colour}
    curve = {} if transition.curve == LINEAR else {"audio_curve": transition.curve}
    return {"type": transition.type, "duration": plain(transition.duration), **colour, **curve}
