"""Reads `crop_data` in every stored shape as keyframes: sorted, one per instant, all by frame or all by time."""

from __future__ import annotations

from fractions import Fraction

from compiler.model.limits import EASES, EXTENT, FRAME, ORIGINS, POSITION, TIME, Ease
from compiler.model.reel import Keyframe
from compiler.model.stored import Stored, show

BOX = frozenset({"x", "y", "width", "height"})
KEYFRAME = BOX | {"frame", "time", "origin", "ease"}
_DEFAULT_EASE: Ease = "spline"


def read_crop(stored: Stored) -> tuple[Keyframe, ...] | None:
    """The keyframes; None for null, empty text and an empty list, which all mean that the clip has no crop."""
    crop = stored.unwrapped()
    match crop.value:
        case None | []:
            return None
        case dict():
            found = [_bare_box(crop)]
        case list():
            found = [_keyframe(item) for item in crop.items()]
        case _:
            crop.wrong_type("a list of keyframes", "RC107")
            return None
    return _one_per_instant(crop, [key for key in found if key is not None])


def _bare_box(box: Stored) -> Keyframe | None:
    """A box without a frame or a time, as one keyframe at frame 0."""
    return _boxed(box, at=0, time=None) if box.is_object(BOX) else None


def _keyframe(key: Stored) -> Keyframe | None:
    if not key.is_object(KEYFRAME):
        return None
    frame, time = key.field("frame"), key.field("time")
    if frame.given and time.given:
        time.fault("RC107", "and frame are both given", hint="keep frame")
        return None
    if time.given:
        return _boxed(key, at=None, time=time.number(TIME))
    return _boxed(key, at=frame.whole(FRAME), time=None)


def _boxed(key: Stored, at: int | None, time: Fraction | None) -> Keyframe | None:
    x, y = key.field("x").number(POSITION), key.field("y").number(POSITION)
    width, height = key.field("width").number(EXTENT), key.field("height").number(EXTENT)
    ease = key.field_or("ease", _DEFAULT_EASE, lambda word: word.word(EASES))
    origin = key.field("origin")
    made_by = origin.word(ORIGINS) if origin.given else None
    if x is None or y is None or width is None or height is None or (at is None and time is None):
        return None
    return Keyframe(at, time, x, y, width, height, ease, made_by, key.loc)


def _one_per_instant(crop: Stored, keys: list[Keyframe]) -> tuple[Keyframe, ...]:
    """The keyframes sorted by instant; of several at one instant the last stored counts, with a notice."""
    instants: dict[int | Fraction, Keyframe] = {}
    for key in keys:
        if (key.at is None) != (keys[0].at is None):
            message = "keyframes by frame and by time are mixed"
            crop.report.error("RC107", key.loc, message, hint="give every keyframe a frame")
            break
        instant = instant_of(key)
        if instant in instants:
            place = f"frame {instant}" if key.time is None else f"{show(instant)} s"
            crop.report.notice(key.loc, f"replaces an earlier keyframe at {place}")
        instants[instant] = key
    return tuple(instants[instant] for instant in sorted(instants))


def instant_of(key: Keyframe) -> int | Fraction:
    """A keyframe's frame or, for keyframes by time, its second, by which keyframes of one crop are sorted."""
    return key.time if key.time is not None else key.at or 0
