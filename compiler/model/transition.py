"""Reads `transition_data`, the transition into a clip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from compiler.errors import Loc
from compiler.model.limits import DURATION, TIME
from compiler.model.reel import Transition
from compiler.model.stored import Stored, show
from compiler.transitions import CURVES, TRANSITIONS

CUT = Transition("cut", Fraction(0), Loc(None, "/transition"), inherited=True)
_TRANSITION = frozenset({"type", "duration", "colour", "audio_curve"})
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def read_transition(stored: Stored, default: Transition) -> Transition:
    """The transition that a clip or a reel stores, or `default` for this clip if it stores none."""
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
        stored.fault("RC113", "is not allowed", detail="custom draws by an expression of ffmpeg's", hint=hint)
        return None
    return stored.word(TRANSITIONS, "RC113")


def _without_effect(stored: Stored, kind: str | None) -> Iterator[str]:
    """The given fields that have no effect on a transition of this kind."""
    if kind not in (None, "fade") and stored.field("colour").given:
        yield "colour"
    if kind == "cut" and stored.field("audio_curve").given:
        yield "audio_curve"


def read_colour(stored: Stored) -> str | None:
    """A colour in CSS's form `#rrggbb`, in lower case."""
    text = stored.value
    if isinstance(text, str) and _COLOUR.fullmatch(text.lower()):
        return text.lower()
    if isinstance(text, str):
        stored.fault("RC106", "is not a colour", detail=f"it is {show(text)}", hint='write "#rrggbb"')
    else:
        stored.wrong_type('a colour such as "#ff8800"')
    return None
