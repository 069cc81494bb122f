"""The independent decode of a file from its start, by PyAV: which picture and which sound it has at which source time.

It follows docs/semantics.md and nothing of reelc: source time 0, lengths, clocks that jump, what is held. It never
seeks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import dropwhile, groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Any

import av
import av.error
import numpy as np

from tests.field.make import Samples
from tests.footage import read

RATE = 48_000
JUMP = 10.0
"""Seconds ahead beyond which the clock of a transport or program stream has jumped; back is a jump anywhere."""
BACK = 0.2
"""Seconds back that are a jump and no jitter."""
APART = 0.5
"""Seconds that a picture may start after the sound, or a sound go on after the picture, and change nothing."""
STRAY = 0.04
"""Seconds by which a packet of sound may be off its running place without moving."""
DRIFTED = 0.02
"""Seconds by which the stamps of a whole run must drift to be followed."""
RESTARTING = ("mpegts", "mpeg")


@dataclass(slots=True)
class Stamped:
    """One decoded frame of either kind: its stamped time if any, its duration, and what is in it."""

    at: float | None
    lasts: float
    content: Any
    sure: bool = True
    """Whether the decoder found nothing wrong."""
    untold: bool = False
    """Whether a picture is unreadable, and the decoder found nothing wrong."""

    @property
    def time(self) -> float:
        """The time, once every frame has one."""
        assert self.at is not None
        return self.at


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the source time at which it begins, and its number (None: damaged)."""

    at: float
    number: int | None
    sure: bool = True
    """Whether it decoded without errors: otherwise the one before it may be held instead."""
    untold: bool = False
    """Whether it is unreadable and the decoder found nothing wrong: every player shows it so."""


@dataclass(frozen=True, slots=True)
class Run:
    """Sound without a break: the source time of its first sample, and its samples at 48 kHz."""

    at: float
    samples: Samples

    @property
    def end(self) -> float:
        return self.at + len(self.samples) / RATE


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file: its pictures and sounds in source time, its length, and the seconds at which something failed."""

    pictures: list[Picture]
    runs: list[Run]
    length: float
    failed: list[float] = field(default_factory=list)

    def on_screen(self, at: float) -> set[int]:
        """The numbers that may be on screen at a source time: where pictures are damaged, the one held before, and an
        unreadable one where the decoder does not say that it is damaged."""
        place = max(bisect_right([picture.at for picture in self.pictures], at) - 1, 0)
        first = place
        while first and not self.pictures[first].sure:
            first -= 1
        shown = self.pictures[first : place + 1]
        unseen = {read.UNREADABLE} if shown and shown[-1].untold else set()
        return {number for picture in shown if (number := picture.number) is not None} | unseen

    def between(self, start: float, end: float) -> list[Picture]:
        """The pictures that begin within a range of source time."""
        return [picture for picture in self.pictures if start < picture.at < end]

    def first_from(self, start: float) -> Picture | None:
        """The first picture that begins at a source time or later."""
        return next((picture for picture in self.pictures if picture.at >= start - 1e-6), None)

    def sound(self, start: float, seconds: float) -> Samples:
        """What is heard from a source time on; silence where there is none."""
        heard = np.zeros(round(seconds * RATE))
        for run in self.runs:
            first = round((run.at - start) * RATE)
            low, high = max(first, 0), min(first + len(run.samples), len(heard))
            if low < high:
                heard[low:high] = run.samples[low - first : high - first]
        return heard

    def breaks(self) -> list[float]:
        """The source times at which the sound begins, ends or jumps."""
        return [*(edge for run in self.runs for edge in (run.at, run.end)), *self.failed]


def decode(path: Path, see: Callable[[Any], int | None] | None = None) -> Decoded:
    """Decode a file from its start to where it can be read; `see` tells the number of a picture."""
    see = see or number
    with av.open(str(path)) as container:
        picture = next(stream for stream in container.streams.video if not stream.disposition & ART)
        sound = _sound(container)
        seen: dict[int, list[Stamped]] = {stream.index: [] for stream in (picture, sound) if stream}
        place, other = picture.index, sound.index if sound else None  # a closed file's streams are gone
        ticks: list[float] = []
        failed = list(_decoded(container, [stream for stream in (picture, sound) if stream], seen, ticks, see))
        restarting = container.format.name.split(",")[0] in RESTARTING
        unstamped = container.format.name == "avi"
        rate = float(picture.average_rate or picture.guessed_rate or 25)
    shown = [frame for frame in seen[place] if frame.at is not None or unstamped]
    if unstamped:
        ticks = sorted(ticks) if len(ticks) == len(shown) else [count / rate for count in range(len(shown))]
        for tick, frame in zip(ticks, shown, strict=True):  # AVI stamps packets in the order of the file
            frame.at, frame.lasts = tick, 1 / rate
    moves = _straighten(shown, restarting)
    heard = [] if other is None else seen[other]
    _straighten(heard, restarting, moves)
    return _laid(shown, heard, failed, [*ticks, *failed])


ART = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails


def _sound(container: Any) -> Any:
    """The default sound that can be decoded, else the first that can."""
    able = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return next((stream for stream in able if stream.disposition & av.stream.Disposition.default), None) or next(
        iter(able), None
    )


def _decoded(
    container: Any,
    streams: list[Any],
    seen: dict[int, list[Stamped]],
    ticks: list[float],
    see: Callable[[Any], int | None],
) -> Iterable[float]:
    """Decode every packet in the order of the file; yield the stamped times at which decoding failed.

    `ticks` takes the decoding times of the first stream's packets.
    """
    for stream in streams:
        stream.thread_count = 1
    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            if packet.pts is not None:
                yield float(packet.pts * packet.time_base)
            continue
        if packet.size and packet.dts is not None and packet.stream is streams[0]:
            ticks.append(float(packet.dts * packet.time_base))
        for frame in frames:
            seen[packet.stream.index].append(_stamped(frame, see))


def _stamped(frame: Any, see: Callable[[Any], int | None]) -> Stamped:
    at = None if frame.pts is None else float(frame.pts * frame.time_base)
    if isinstance(frame, av.AudioFrame):
        return Stamped(at, frame.samples / frame.sample_rate, frame)
    lasts = float((frame.duration or 0) * frame.time_base)
    found = see(frame)
    unread = found is None
    return Stamped(at, lasts, found, not unread and not frame.is_corrupt, unread and not frame.is_corrupt)


def number(frame: Any) -> int | None:
    """The number in a picture; None where it cannot be read."""
    plain = frame.reformat(format="yuv420p") if frame.format.name != "yuv420p" else frame
    plane = plain.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    found = read.codes(rows[:, : plane.width])[0]
    return None if found == read.UNREADABLE else found


def _straighten(frames: list[Stamped], restarting: bool, given: list[float] | None = None) -> list[float]:
    """Take jumps of the clock out of the times; return each move. Sound takes the picture's moves where they fit."""
    moves, move, expected, before = [0.0], 0.0, None, None
    for frame in frames:
        stamped = frame.at
        if stamped is None:
            frame.at = expected or 0.0
        else:
            off = 0.0 if expected is None else stamped + move - expected
            if expected is not None and (off < -max(BACK, frame.lasts) or (restarting and off > JUMP)):
                move = _fitting(given or [], expected - stamped)
                moves.append(move)
            frame.at = stamped + move
        if before and frame.at < before.time:  # presented later than one with a later time: either may be shown
            frame.at, frame.sure, before.sure = before.time, False, False
        expected, before = frame.at + frame.lasts, frame
    return moves


def _fitting(moves: list[float], wanted: float) -> float:
    """The move of the picture's clock that is nearest to the wanted one, if it is near; else the wanted one."""
    near = [move for move in moves if abs(move - wanted) < APART + STRAY]
    return min(near, key=lambda move: abs(move - wanted), default=wanted)


def _laid(shown: list[Stamped], heard: list[Stamped], failed: list[float], due: list[float]) -> Decoded:
    """Pictures and sounds in source time, from the first picture called whole; `due` has the times of all packets."""
    shown = list(dropwhile(lambda frame: not frame.sure and not frame.untold, shown))
    if not shown:
        return Decoded([], [], 0.0, failed)
    first = shown[0].time
    begins = min((frame.time for frame in heard), default=first)
    zero = begins if min(first, *due) - begins > APART else first  # a recording joined in mid-GOP has no late picture
    starts = [frame.time - zero for frame in shown]
    usual = median(later - sooner for sooner, later in pairwise(starts)) if starts[1:] else 0.04
    ends = starts[-1] + (shown[-1].lasts or usual)
    runs = _runs(heard, zero)
    last = max((run.end for run in runs), default=0.0)
    pictures = [Picture(at, frame.content, frame.sure, frame.untold) for at, frame in zip(starts, shown, strict=True)]
    return Decoded(pictures, runs, last if last - ends > APART else ends, [at - zero for at in failed])


def _runs(heard: list[Stamped], zero: float) -> list[Run]:
    """The sound without breaks: a packet less than 40 ms off its running place stays in place."""
    groups: list[list[Stamped]] = []
    place = 0.0
    for frame in heard:
        if groups and abs(frame.time - place) <= STRAY:
            groups[-1].append(frame)
            behind = frame.time - place
            place += frame.lasts + behind * 0.05  # follows a drift and no jitter
        else:
            groups.append([frame])
            place = frame.time + frame.lasts
    return [Run(group[0].time - zero, _drifted(group)) for group in groups]


def _drifted(group: list[Stamped]) -> Samples:
    """The samples of a run, stretched where its stamps say that its clock was off."""
    parts = []
    for _, alike in groupby((frame.content for frame in group), lambda heard: (heard.sample_rate, heard.layout.name)):
        mixed = av.AudioResampler("fltp", "mono", RATE)
        for heard in alike:
            heard.pts = None
            parts += [made.to_ndarray()[0] for made in mixed.resample(heard)]
        parts += [made.to_ndarray()[0] for made in mixed.resample(None)]
    samples = np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)
    stamps = np.array([frame.time - group[0].time for frame in group])
    lengths = np.cumsum([0.0, *(frame.lasts for frame in group)])
    if len(group) < 20:
        return samples
    slope = float(np.polyfit(lengths[:-1], stamps, 1)[0])
    if abs(slope - 1) * lengths[-2] <= DRIFTED:
        return samples
    stretched: Samples = np.interp(np.arange(round(len(samples) * slope)) / slope, np.arange(len(samples)), samples)
    return stretched
