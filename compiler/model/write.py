"""A clip back to stored JSON, in the one current form."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TypeAlias

from compiler.colours import BLACK
from compiler.model.reel import Clip, Freeze, Keyframe, Ramp, Speed, SpeedSpan, Transition
from compiler.model.upgrade import VERSION
from compiler.transitions import LINEAR

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def canonical(clip: Clip, *, rate: Fraction | None = None, duration: Fraction | None = None) -> dict[str, Json]:
    """The clip's stored fields, JSON-ready; reading them again gives the same edit.

    `rate` is the media's frames a second: keyframes stored by time need it, and ValueError says when it is lacking.
    `duration`, the media's seconds, takes the place of open ends. Numbers are the nearest doubles.
    """
    return {
        "crop_data": _crop(clip.crop, rate),
        "segments_data": _segments(clip, duration),
        "timing_data": None,
        "transition_data": _transition(clip.transition),
        "rotation": plain(clip.rotation),
    }


def plain(exact: Fraction) -> int | float:
    """The number JSON holds: an integer as it is, anything else as the nearest double."""
    return exact.numerator if exact.denominator == 1 else float(exact)


def _crop(crop: tuple[Keyframe, ...] | None, rate: Fraction | None) -> Json:
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


def _segments(clip: Clip, duration: Fraction | None) -> Json:
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


def _transition(transition: Transition) -> Json:
    if transition.inherited:
        return None
    if transition.type == "cut":
        return {"type": "cut"}
    colour = {} if transition.colour == BLACK else {"colour": transition.colour}
    curve = {} if transition.curve == LINEAR else {"audio_curve": transition.curve}
    return {"type": transition.type, "duration": plain(transition.duration), **colour, **curve}
