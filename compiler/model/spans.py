"""The parts shared by all stored shapes of trim and speed: times, ranges, speeds, and the rules between spans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Protocol, TypeVar

from compiler.errors import Loc
from compiler.model.limits import FREEZE, RAMP_EASES, SPEED, TIME, RampEase
from compiler.model.reel import Freeze, MediaWindow, Ramp, Speed, SpeedSpan, TrimRange
from compiler.model.stored import Report, Stored, show

RANGE = frozenset({"start", "end"})
SPAN = RANGE | {"speed"}
FROZEN = frozenset({"at", "freeze"})
RAMP = frozenset({"from", "to", "ease"})
_DEFAULT_EASE: RampEase = "linear"


@dataclass(frozen=True, slots=True)
class StoredTiming:
    """The trim, the speeds and the freezes of a stored field, in the current form."""

    trim: TrimRange | None = None
    spans: tuple[SpeedSpan, ...] = ()
    freezes: tuple[Freeze, ...] = ()


class Range(Protocol):
    """Source time `[start, end)`, with its stored field."""

    @property
    def start(self) -> Fraction:
        """Seconds."""

    @property
    def end(self) -> Fraction | None:
        """Seconds; None is the end of the media."""

    @property
    def loc(self) -> Loc:
        """The stored field."""


S = TypeVar("S", bound=Range)


def read_trim(stored: Stored) -> TrimRange | None:
    """The trim of an object: its `trimRange`, or its `trim_start` and `trim_end`; None if it has neither."""
    whole, start, end = stored.field("trimRange"), stored.field("trim_start"), stored.field("trim_end")
    if whole.given and (start.given or end.given):
        whole.fault("RC107", "says the same as trim_start and trim_end, which are given too", hint="keep trimRange")
        return None
    return _trim_range(whole) if whole.given else _between(start, end, stored)


def read_window(stored: Stored) -> MediaWindow | None:
    """A window `{"start", "end"}` of the media, either of which may be left out; None if both are."""
    found = _between(stored.field("start"), stored.field("end"), stored) if stored.is_object(RANGE) else None
    return None if found is None else MediaWindow(found.start or Fraction(0), found.end, found.loc)


def _trim_range(stored: Stored) -> TrimRange | None:
    if isinstance(stored.value, list):
        ends = stored.items()
        if len(ends) == 2:
            return _between(ends[0], ends[1], stored)
        stored.fault("RC107", "is not a pair", detail=f"it has {len(ends)} items", hint="it is [start, end]")
        return None
    return _between(stored.field("start"), stored.field("end"), stored) if stored.is_object(RANGE) else None


def _between(start: Stored, end: Stored, range_: Stored) -> TrimRange | None:
    """The trim between two times, either of which may be open; None if both are open."""
    first, last = (edge.number(TIME) if edge.given else None for edge in (start, end))
    _forwards(range_, first or Fraction(0), last)
    return None if first is None and last is None else TrimRange(first, last, range_.loc)


def read_span(stored: Stored) -> SpeedSpan | None:
    """A span `{"start", "end", "speed"}`; an end of null is the end of the media."""
    if not stored.is_object(SPAN):
        return None
    between, speed = read_range(stored), read_speed(stored.field("speed"))
    return None if between is None or speed is None else SpeedSpan(*between, speed, stored.loc)


def read_freeze(stored: Stored) -> Freeze | None:
    """A freeze `{"at", "freeze"}`, seconds of source time and seconds of record time."""
    if not stored.is_object(FROZEN):
        return None
    at, seconds = stored.field("at").number(TIME), stored.field("freeze").number(FREEZE)
    return None if at is None or seconds is None else Freeze(at, seconds, stored.loc)


def read_range(stored: Stored) -> tuple[Fraction, Fraction | None] | None:
    """The `start` and `end` of an object that must have both; an end of null is the end of the media."""
    start, end = stored.field("start").number(TIME), stored.field("end")
    open_ended = stored.has("end") and not end.given
    last = None if open_ended else end.number(TIME)
    if start is None or (last is None and not open_ended) or not _forwards(stored, start, last):
        return None
    return start, last


def read_speed(stored: Stored) -> Speed | None:
    """A constant speed, or a ramp `{"from", "to", "ease"}`, linear by default."""
    if not isinstance(stored.value, dict):
        return _constant(stored)
    stored.check_fields(RAMP)
    first, last = stored.field("from").number(SPEED), stored.field("to").number(SPEED)
    ease = stored.field_or("ease", _DEFAULT_EASE, lambda word: word.word(RAMP_EASES))
    return None if first is None or last is None else Ramp(first, last, ease)


def _constant(stored: Stored) -> Fraction | None:
    if isinstance(stored.value, int | float | Fraction) and not isinstance(stored.value, bool) and stored.value == 0:
        hint = 'to hold a picture, write {"at": source seconds, "freeze": record seconds} among the spans'
        stored.fault("RC106", "is out of range", detail="it is 0: the span would never end", hint=hint)
        return None
    return stored.number(SPEED)


def _forwards(stored: Stored, start: Fraction, end: Fraction | None) -> bool:
    if end is None or start < end:
        return True
    detail = f"it starts at {show(start)} s and ends at {show(end)} s"
    stored.fault("RC111", "does not end after its start", detail=detail)
    return False


def disjoint(found: Iterable[S], report: Report) -> tuple[S, ...]:
    """The ranges in order of start; a range that starts before all earlier ones have ended is RC112."""
    ordered = tuple(sorted(found, key=lambda each: each.start))
    for longest, after in zip(accumulate(ordered, _later), ordered[1:], strict=False):
        if longest.end is None or after.start < longest.end:
            until = "the end of the media" if longest.end is None else f"{show(longest.end)} s"
            detail = f"it starts at {show(after.start)} s; {longest.loc.pointer} lasts until {until}"
            report.error("RC112", after.loc, "two spans overlap", detail=detail, hint="end one where the other starts")
    return ordered


def apart(found: Iterable[Freeze], report: Report) -> tuple[Freeze, ...]:
    """The freezes in order; a second one at the same instant is RC112."""
    ordered = tuple(sorted(found, key=lambda each: each.at))
    for before, after in pairwise(ordered):
        if before.at == after.at:
            detail = f"{before.loc.pointer} holds {show(after.at)} s too"
            report.error("RC112", after.loc, "two freezes at one instant", detail=detail, hint="add up their seconds")
    return ordered


def _later(one: S, other: S) -> S:
    """The range that ends last."""
    return one if one.end is None or (other.end is not None and other.end <= one.end) else other
