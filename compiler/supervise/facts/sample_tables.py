"""The times of every sample of an mp4 or mov file, read from its tables instead of its packets."""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice, repeat
from operator import add, mul, sub
from typing import BinaryIO

from compiler.supervise.facts.movie_index import Movie, TrackBoxes, read_movie
from compiler.supervise.facts.samples import Budget, Samples, read_samples
from compiler.supervise.media.boxes import NotReadError

FAR = 1 << 60
"""Ticks beyond which no edit lies."""

MOST_CHAPTERS = 1 << 12
"""Bytes of the lists of tracks that hold chapters."""


@dataclass(frozen=True, slots=True)
class Table:
    """The packets of one picture or sound as libavformat's demuxer gives them, one number each in every sequence.

    `index` is the stream's number, times are ticks of `time_base`. A duration is 0 where the file states none.
    `keys` and `discarded` are numbers of packets: those that the file calls key pictures, and those that lie outside
    the edit list. A position with its size may lie after the end of a file that is cut short.
    """

    index: int
    time_base: Fraction
    dts: Sequence[int]
    pts: Sequence[int]
    durations: Sequence[int]
    keys: Sequence[int]
    pos: Sequence[int]
    sizes: Sequence[int]
    discarded: Sequence[int]

    @property
    def kept(self) -> Sequence[int]:
        """The numbers of the packets within the edit list."""
        hidden = set(self.discarded)
        return [n for n in range(len(self.pts)) if n not in hidden] if hidden else range(len(self.pts))


@dataclass(frozen=True, slots=True)
class Edit:
    """What is shown of a track, in its ticks: after `empty`, `duration` from its `time` on."""

    empty: int
    duration: int
    time: int

    @property
    def end(self) -> int:
        """The track's time at which it ends."""
        return self.time + self.duration


def sample_tables(file: BinaryIO, size: int) -> list[Table] | None:
    """The tables of a file's pictures and sounds; None if only its packets tell them.

    A track is left out if it is neither, or if libavformat would not give its samples as the tables state them:
    several edits or an edit of another speed, samples in other files, several descriptions, a codec that it divides.
    """
    try:
        movie = read_movie(file, size)
        _check_advanced(movie)
        chapters = _chapters(movie)
    except NotReadError:
        return None
    tables: list[Table] = []
    budget = Budget()
    for track in movie.tracks:
        if _number(track) in chapters:
            continue
        with suppress(NotReadError):
            tables.append(_table(track, movie.time_scale, budget))
    return tables or None


def farthest_off(ticks: Sequence[int]) -> Fraction:
    """The ticks by which any of the ordered ticks is off the even grid from the first to the last; 0 for none."""
    gaps = len(ticks) - 1
    if gaps < 2:
        return Fraction(0)
    span, first = ticks[-1] - ticks[0], ticks[0] * gaps
    off = list(map(sub, map(mul, ticks, repeat(gaps)), count(first, span)))
    return Fraction(max(max(off), -min(off)), gaps)


def _check_advanced(movie: Movie) -> None:
    """NotReadError if a track without times makes libavformat read edit lists in its older way, or if tracks differ
    in number from streams."""
    for track in movie.tracks:
        timing, description = track.get(b"stts"), track.get(b"stsd")
        if timing is None or not any(timing[4:8]) or description is None or bytes(description[12:16]) == b"iamf":
            raise NotReadError("a track without times")


def _table(track: TrackBoxes, movie_scale: int, budget: Budget) -> Table:
    samples = read_samples(track, budget)
    edit = _edit(track, movie_scale, samples.time_scale)
    if edit is None:
        return _packets(track.index, samples, range(len(samples.dts)), 0, samples.duration, ())
    return _edited(track.index, samples, edit)


def _number(track: TrackBoxes) -> bytes:
    """The track's number, by which others refer to it; empty if it has none."""
    header = bytes(track.get(b"tkhd") or b"")
    at = 20 if header[:1] == b"\1" else 12
    return header[at : at + 4]


def _chapters(movie: Movie) -> set[bytes]:
    """The numbers of the tracks that hold chapters, which libavformat gives otherwise or not at all."""
    lists = [content for track in movie.tracks if (content := track.get(b"chap"))]
    if sum(map(len, lists)) > MOST_CHAPTERS:
        raise NotReadError("too many tracks of chapters")
    return {bytes(content[at : at + 4]) for content in lists for at in range(0, len(content), 4)}


def _edit(track: TrackBoxes, movie_scale: int, scale: int) -> Edit | None:
    """The track's only edit, after at most one empty one; None if it has no edit list."""
    content = track.get(b"elst")
    if content is None or bytes(content[4:]) == bytes(4):
        return None
    if len(content) < 8 or content[0] > 1:
        raise NotReadError("an unknown edit list")
    row = struct.Struct(">Qqi" if content[0] else ">Iii")
    edits = int.from_bytes(content[4:8])
    if not 0 < edits <= 2 or len(content) != 8 + edits * row.size:  # libavformat counts by the size
        raise NotReadError("several edits")
    rows = [row.unpack_from(content, 8 + n * row.size) for n in range(edits)]
    empty = rows.pop(0)[0] if rows[0][1] == -1 else 0
    if len(rows) != 1 or rows[0][1] < 0 or rows[0][2] != 1 << 16:
        raise NotReadError("several edits, or one of another speed")
    edit = Edit(_rescaled(empty, scale, movie_scale), _rescaled(rows[0][0], scale, movie_scale), rows[0][1])
    if max(edit.empty, edit.duration, edit.time) > FAR:
        raise NotReadError("an edit too far")
    return edit


def _rescaled(ticks: int, scale: int, of: int) -> int:
    return (ticks * scale + of // 2) // of


def _edited(index: int, samples: Samples, edit: Edit) -> Table:
    """The packets that libavformat keeps for an edit: those that are shown in it and those that these need."""
    shown = samples.dts if samples.delays is None else array("q", map(add, samples.dts, samples.delays))
    start = _start(samples, shown, edit)
    packets = range(start, _stop(samples, shown, edit, start))
    partial = _partial(samples, edit, start)
    outside = [n for n in _outside(samples, shown, edit, packets) if n != partial]
    kept = set(outside)
    first = next((n for n in packets if n not in kept), None)
    if first is None:
        raise NotReadError("an edit of nothing")
    move = edit.empty - samples.shift - samples.dts[first]
    if partial is not None:
        move -= edit.time - samples.dts[partial]
    if not samples.sound:
        within = shown[start : packets.stop] if not kept else [shown[n] for n in packets if n not in kept]
        move -= max(0, _lowest(within, move) - edit.empty)
    return _packets(index, samples, packets, move, min(samples.duration, edit.empty + edit.duration), outside)


def _outside(samples: Samples, shown: Sequence[int], edit: Edit, packets: range) -> Iterable[int]:
    """The samples that are shown before or after an edit."""
    begin, end = edit.time, edit.end
    if samples.delays is None:
        before, after = bisect_left(shown, begin), bisect_left(shown, end)
        return (*range(packets.start, min(before, packets.stop)), *range(max(after, packets.start), packets.stop))
    within = shown[packets.start : packets.stop]
    if begin <= min(within) and max(within) < end:
        return ()
    return [n for n, at in zip(packets, within, strict=True) if not begin <= at < end]


def _start(samples: Samples, shown: Sequence[int], edit: Edit) -> int:
    """The sample from which libavformat keeps them: the last key picture before an edit, or a second of sound."""
    wanted = edit.time - samples.shift
    if samples.sound:
        wanted = max(edit.time - samples.time_scale, samples.dts[0])
    dts, keys = samples.dts, samples.keys
    latest = _bisected(dts, wanted)
    at = bisect_right(keys, latest) - 1
    if at >= 0:
        at = bisect_left(keys, bisect_left(dts, dts[keys[at]]))
        if samples.delays is None:
            return keys[at]
        return next((keys[n] for n in range(at, -1, -1) if shown[keys[n]] <= edit.time), 0)
    if latest < 0 or samples.delays is not None:
        return 0
    return bisect_left(dts, dts[latest])


def _bisected(ordered: Sequence[int], wanted: int) -> int:
    """The last number that is not after `wanted`, or one of several equal to it as libavformat's search meets it."""
    low, high = -1, len(ordered)
    if ordered[-1] < wanted:
        low = high - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if ordered[middle] >= wanted:
            high = middle
        if ordered[middle] <= wanted:
            low = middle
    return low


def _stop(samples: Samples, shown: Sequence[int], edit: Edit, start: int) -> int:
    """The sample after the last one that libavformat keeps: the first key picture after an edit, or with pictures that
    are shown later than decoded the second, or the sound at its end."""
    dts, keys = samples.dts, samples.keys
    if samples.sound:
        return min(max(start, bisect_left(dts, edit.end) - 1) + 1, len(dts))
    gaps = ((n, dts[n + 1] - dts[n] if n + 1 < len(dts) else edit.duration) for n in _from(keys, start))
    late = (n for n, gap in gaps if shown[n] + gap >= edit.end)
    skipped = int(samples.delays is not None)
    return next(islice(late, skipped, None), len(dts) - 1) + 1


def _from(keys: Sequence[int], start: int) -> Iterable[int]:
    return islice(keys, bisect_left(keys, start), None)


def _partial(samples: Samples, edit: Edit, start: int) -> int | None:
    """The sound in the middle of which an edit begins."""
    if not samples.sound:
        return None
    dts = samples.dts
    at = bisect_left(dts, edit.time) - 1
    after = dts[at + 1] if at + 1 < len(dts) else dts[at] + edit.duration
    return at if at >= start and after > edit.time else None


def _lowest(shown: Sequence[int], move: int) -> int:
    """The first time of all, as libavformat counts it: any time after a negative one takes its place."""
    lowest = min(shown) + move
    if lowest >= 0:
        return lowest
    for at in shown:
        lowest = at + move if lowest < 0 else min(lowest, at + move)
    return lowest


def _packets(index: int, samples: Samples, packets: range, move: int, end: int, outside: Sequence[int]) -> Table:
    """The samples of a range as packets, their times moved."""
    within = slice(packets.start, packets.stop)
    dts = samples.dts[within] if not move else array("q", map(add, samples.dts[within], repeat(move)))
    pts = dts if samples.delays is None else array("q", map(add, dts, samples.delays[within]))
    # without delays libavformat counts stated durations from the track's first sample on, whatever the first packet is
    counted = samples.packed or samples.delays is not None
    durations = samples.durations[within if counted else slice(len(packets))]
    if samples.packed and end > dts[-1]:
        durations[-1] = end - dts[-1]
    keys = samples.keys[bisect_left(samples.keys, packets.start) : bisect_left(samples.keys, packets.stop)]
    return Table(
        index=index,
        time_base=Fraction(1, samples.time_scale),
        dts=dts,
        pts=pts,
        durations=durations,
        keys=keys if not packets.start else array("I", map(sub, keys, repeat(packets.start))),
        pos=samples.pos[within],
        sizes=samples.sizes[within],
        discarded=[n - packets.start for n in outside],
    )
