"""Reads `segments_data` and `timing_data`: one function for each stored shape upgrades it to `StoredTiming`."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

from compiler.model.keeps import upgrade_keeps
from compiler.model.limits import FIRST_EDGE, SPEED, TIME
from compiler.model.reel import SpeedSpan, TrimRange
from compiler.model.spans import StoredTiming, apart, disjoint, read_freeze, read_span, read_speed, read_trim
from compiler.model.stored import Stored, show

VERSION = 2
_TRIM = frozenset({"trimRange", "trim_start", "trim_end"})
_CURRENT = frozenset({"version", "trimRange", "spans"})
_LISTED = _TRIM | {"segments"}
_INDEXED = _TRIM | {"boundaries", "userSplits", "segmentSpeeds", "speeds"}
_CLIPWIDE = _TRIM | {"speed", "playbackRate"}
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_START = Fraction(0)

Edges = list[Fraction | None]
"""The boundaries of intervals, seconds; None is the end of the media."""


def read_timing(segments: Stored, timing: Stored) -> StoredTiming:
    """The timing of both fields; where they contradict each other `segments_data` counts, with a notice."""
    spans, clip = upgrade_segments(segments.unwrapped()), upgrade_timing(timing.unwrapped())
    if spans.trim and clip.trim and _times(spans.trim) != _times(clip.trim):
        timing.report.notice(clip.trim.loc, f"the trim differs from {spans.trim.loc.pointer}, which counts")
    if spans.spans and clip.spans:
        timing.report.notice(clip.spans[0].loc, f"the speed differs from {segments.loc.pointer}, which counts")
    return StoredTiming(spans.trim or clip.trim, spans.spans or clip.spans, spans.freezes)


def _times(trim: TrimRange) -> tuple[Fraction, Fraction | None]:
    return trim.start or _START, trim.end


def upgrade_segments(stored: Stored) -> StoredTiming:
    """The timing of `segments_data` in any shape; null is an unedited clip."""
    match stored.value:
        case None:
            return StoredTiming()
        case list():
            return upgrade_keeps(stored)
        case {"version": _} | {"spans": _}:
            return _from_current(stored)
        case {"segments": _}:
            return _from_listed(stored)
        case dict():
            return _from_indexed(stored)
    stored.wrong_type("an object", "RC107")
    return StoredTiming()


def upgrade_timing(stored: Stored) -> StoredTiming:
    """The timing of `timing_data`: a trim, and one speed (also named `playbackRate`) for the whole clip."""
    if not stored.given or not stored.is_object(_CLIPWIDE, "RC107"):
        return StoredTiming()
    rate = stored.one_of("speed", "playbackRate")
    speed = rate.number(SPEED) if rate.given else None
    spans = () if speed is None or speed == 1 else (SpeedSpan(_START, None, speed, rate.loc),)
    return StoredTiming(read_trim(stored), spans)


def _from_current(stored: Stored) -> StoredTiming:
    """`{"version": 2, "trimRange", "spans"}`: the current form, with freezes among the spans."""
    if not stored.field("version").is_version(VERSION):
        return StoredTiming()
    stored.check_fields(_CURRENT)
    items = stored.field("spans").items() if stored.field("spans").given else []
    spans = [read_span(item) for item in items if not _freezes(item)]
    freezes = [read_freeze(item) for item in items if _freezes(item)]
    return StoredTiming(
        read_trim(stored),
        disjoint((span for span in spans if span), stored.report),
        apart((freeze for freeze in freezes if freeze), stored.report),
    )


def _freezes(item: Stored) -> bool:
    return item.has("freeze") or item.has("at")


def _from_listed(stored: Stored) -> StoredTiming:
    """`{"trim_start", "trim_end", "segments": [{"start", "end", "speed"}]}`."""
    stored.check_fields(_LISTED)
    spans = stored.field("segments")
    found = [read_span(item) for item in spans.items()] if spans.given else []
    return StoredTiming(read_trim(stored), disjoint((span for span in found if span), stored.report))


def _from_indexed(stored: Stored) -> StoredTiming:
    """`{"boundaries", "segmentSpeeds": {"1": 0.5}, "trimRange"}`: speeds keyed by the intervals between boundaries."""
    stored.check_fields(_INDEXED)
    edges = _edges(stored)
    speeds = stored.one_of("segmentSpeeds", "speeds")
    spans = _indexed_spans(speeds, edges) if speeds.given else []
    return StoredTiming(read_trim(stored), disjoint(spans, stored.report))


def _edges(stored: Stored) -> Edges | None:
    """`[0, …splits, end]`; None if they cannot be read.

    `boundaries` is this full list or holds only the splits; `userSplits` always holds only the splits.
    """
    boundaries, splits = (_ascending(stored.field(name)) for name in ("boundaries", "userSplits"))
    if boundaries is None or splits is None:
        return None
    full = bool(boundaries) and boundaries[0] <= FIRST_EDGE
    if boundaries and splits and (boundaries[1:-1] if full else boundaries) != splits:
        stored.field("userSplits").fault("RC107", "and boundaries disagree", hint="keep boundaries")
        return None
    if full and len(boundaries) > 1:
        return [_START, *boundaries[1:]]
    return [_START, *([] if full else boundaries or splits), None]


def _ascending(stored: Stored) -> list[Fraction] | None:
    if not stored.given:
        return []
    if not isinstance(stored.value, list):
        stored.wrong_type("a list")
        return None
    items = stored.items()
    times = [time for item in items if (time := item.number(TIME)) is not None]
    if len(times) < len(items):
        return None
    for item, (before, after) in zip(items[1:], pairwise(times), strict=True):
        if after < before:
            detail = f"{show(after)} s follows {show(before)} s"
            item.fault("RC111", "comes before the boundary it follows", detail=detail, hint="sort the boundaries")
    return times if times == sorted(times) else None


def _indexed_spans(speeds: Stored, edges: Edges | None) -> list[SpeedSpan]:
    """The intervals that have a speed, without those of no length, which play nothing."""
    if not isinstance(speeds.value, dict):
        speeds.wrong_type("an object of interval index to speed")
        return []
    speeds.check_fields(speeds.value)
    spans = []
    for key in speeds.value:
        entry = speeds.field(key)
        start, end = _interval(entry, key, edges)
        speed = read_speed(entry)
        if start is not None and speed is not None and start != end:
            spans.append(SpeedSpan(start, end, speed, entry.loc))
    return spans


def _interval(entry: Stored, key: str, edges: Edges | None) -> tuple[Fraction | None, Fraction | None]:
    """The start and the end of the interval of index `key`; a start of None if there is no such interval."""
    if not _INDEX.fullmatch(key):
        entry.fault("RC107", "is not the index of an interval", hint='write "0" for the first, "1" for the next')
    elif edges is not None and int(key) + 1 < len(edges):
        return edges[int(key)], edges[int(key) + 1]
    elif edges is not None:
        detail = f"there are {len(edges) - 1}, counted from 0"
        entry.fault("RC106", "is the index of no interval", detail=detail, hint="drop the speed, or add the boundary")
    return None, None
