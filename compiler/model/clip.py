"""One clip: a row of the database or an object of the reel file, which have the same fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from compiler.errors import Loc, raise_all
from compiler.model.crop import read_crop
from compiler.model.limits import (
    DURATION,
    ID_LENGTH,
    MOTIONS,
    NO_ROTATION,
    ROTATION,
    STRETCHES,
    TEXT_LENGTH,
    TIME,
    Motion,
    Stretch,
)
from compiler.model.reel import Clip, Transition
from compiler.model.stored import Report, Stored, show
from compiler.model.upgrade import read_timing
from compiler.transitions import CURVES, TRANSITIONS

FIELDS = frozenset(
    {"id", "name", "media", "crop_data", "segments_data", "timing_data", "rotation", "transition_data"}
    | {"stretch", "motion"}
)
_TRANSITION = frozenset({"type", "duration", "colour", "audio_curve"})
_COLOUR = re.compile(r"#[0-9a-f]{6}")
DEFAULT_MOTION: Motion = "repeat"
CUT = Transition("cut", Fraction(0), Loc(None, "/transition"), inherited=True)


def read_clip(
    row: Mapping[str, object], index: int = 0, *, transition: Transition = CUT, stretch: Stretch = "pitch"
) -> Clip:
    """The clip that the fields of `row` describe; `index` is its place in the reel, the others are the reel's defaults.

    The stored fields may be JSON values or JSON text. Raises every error of the clip at once.
    """
    report = Report()
    clip = clip_from(Stored(dict(row), report, Loc(None, f"/clips/{index}")), index, transition, stretch)
    raise_all(report.errors)
    assert clip is not None, "a clip that cannot be read has an error"
    return clip


def clip_from(stored: Stored, index: int, transition: Transition, stretch: Stretch) -> Clip | None:
    """The clip, its notices and only its own; None, and a report that says why, when there is no telling what it is."""
    name = f"clip{index + 1}"
    id_ = stored.field_or("id", name, clip_id)
    report = Report(stored.report.errors)
    clip = Stored(stored.value, report, Loc(id_, stored.loc.pointer))
    if not clip.is_object(FIELDS):
        return None
    media = clip.field("media").text(TEXT_LENGTH)
    timing = read_timing(clip.field("segments_data"), clip.field("timing_data"))
    return Clip(
        id=id_,
        name=clip.field_or("name", id_, lambda field: field.text(TEXT_LENGTH)),
        media=media or "",
        crop=read_crop(clip.field("crop_data")),
        trim=timing.trim,
        spans=timing.spans,
        freezes=timing.freezes,
        rotation=clip.field_or("rotation", Fraction(0), read_rotation),
        transition=read_transition(clip.field("transition_data"), transition),
        stretch=clip.field_or("stretch", stretch, lambda field: field.word(STRETCHES)),
        motion=clip.field_or("motion", DEFAULT_MOTION, lambda field: field.word(MOTIONS)),
        loc=clip.loc,
        notices=tuple(report.notices),
    )


def clip_id(stored: Stored) -> str | None:
    """A clip's id: 1 to 64 characters, all of which can be seen."""
    text = stored.text(ID_LENGTH)
    if text is not None and not text.isprintable():
        stored.fault("RC106", "holds a character that cannot be seen")
        return None
    return text


def read_rotation(stored: Stored) -> Fraction | None:
    """Degrees, counter-clockwise; below 1e-6 it is none."""
    degrees = stored.number(ROTATION)
    return degrees if degrees is None or abs(degrees) >= NO_ROTATION else Fraction(0)


def read_transition(stored: Stored, default: Transition) -> Transition:
    """The transition a clip or a reel stores, or `default` at this place when it stores none."""
    stored = stored.unwrapped()
    inherited = replace(default, loc=Loc(stored.loc.clip, default.loc.pointer), inherited=True)
    if not stored.given or not stored.is_object(_TRANSITION):
        return inherited
    kind, duration = _kind(stored.field("type")), stored.field("duration")
    if kind == "cut":
        _ = duration.given and duration.number(TIME)
    lasts = Fraction(0) if kind == "cut" else duration.number(DURATION)
    colour = stored.field_or("colour", CUT.colour, read_colour)
    curve = stored.field_or("audio_curve", CUT.curve, lambda field: field.word(CURVES))
    for name in _without_effect(stored, kind):
        stored.field(name).fault("RC106", f"has no effect on a {kind}", hint="take it out")
    return inherited if kind is None or lasts is None else Transition(kind, lasts, stored.loc, False, colour, curve)


def _kind(stored: Stored) -> str | None:
    if stored.value == "custom":
        hint = "name one of those that reelc schema lists"
        stored.fault("RC113", "is not taken", detail="custom draws by an expression of ffmpeg's", hint=hint)
        return None
    return stored.word(TRANSITIONS, "RC113")


def _without_effect(stored: Stored, kind: str | None) -> Iterator[str]:
    """The fields given that a transition of this kind has no use for."""
    if kind not in (None, "fade") and stored.field("colour").given:
        yield "colour"
    if kind == "cut" and stored.field("audio_curve").given:
        yield "audio_curve"


def read_colour(stored: Stored) -> str | None:
    """A colour as CSS writes it, `#rrggbb`, in lower case."""
    text = stored.value
    if isinstance(text, str) and _COLOUR.fullmatch(text.lower()):
        return text.lower()
    if isinstance(text, str):
        stored.fault("RC106", "is not a colour", detail=f"it is {show(text)}", hint='write "#rrggbb"')
    else:
        stored.wrong_type('a colour such as "#ff8800"')
    return None
