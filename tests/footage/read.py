"""Reads films back, with PyAV alone: the source frame in every picture, and the time of every click."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.footage.coded import CELLS, GUARD, INDEX_BITS, LANES, Luma, bits_of

Samples = NDArray[np.float64]
Rectangle = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

UNREADABLE = -1
"""A lane with a code whose check is wrong."""
FAINTEST = 8.0
"""Contrast, in steps of 8-bit luma, below which a lane counts as blank."""
GAP = 0.002
"""Seconds between packets of sound beyond which the gap counts as silence: Matroska rounds to 1 ms."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame: its exact time, and of both lanes the index (None when blank) and the guard's contrast."""

    pts: Fraction
    codes: tuple[int | None, int | None]
    contrast: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Click:
    """A click in the sound: its start in seconds, and its peak."""

    at: float
    peak: float


def frames(path: Path, inner: Rectangle | None = None) -> list[Frame]:
    """Every frame in order of presentation; `inner` is the place of the source's picture within bars."""
    return [_read(picture, pts, inner) for pts, picture in _decoded(path)]


def codes(picture: Luma, inner: Rectangle | None = None) -> tuple[int | None, int | None]:
    """The indices in the two lanes of one picture, or of a rectangle of it."""
    return _read(picture, Fraction(0), inner).codes


def luma(path: Path) -> Iterator[Luma]:
    """The luma plane of every frame, 8 bits."""
    return (picture for _, picture in _decoded(path))


def frame_times(path: Path) -> tuple[tuple[Fraction, ...], Fraction]:
    """Seconds of every frame, and of the last one's end, from the first one: from the container, undecoded."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None and not packet.is_discard]
        base = stream.time_base
    ticks = sorted((packet.pts or 0, packet.duration or 0) for packet in packets)
    first, (last, length) = ticks[0][0], ticks[-1]
    if base is None or not length:
        raise ValueError(f"{path.name} does not say how long its last frame lasts")
    return tuple((tick - first) * base for tick, _ in ticks), (last + length - first) * base


def samples(path: Path) -> tuple[Samples, int]:
    """The sound, channels averaged, sample 0 at time 0 of the container, and its rate; empty when there is none."""
    pieces: list[tuple[int, Samples]] = []
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros(0), 48_000
        rate, end = container.streams.audio[0].rate, 0
        for frame in container.decode(audio=0):
            piece = _mono(frame)
            start = round(_seconds(frame) * rate)
            start = end if pieces and abs(start - end) <= GAP * rate else start
            pieces.append((start, piece))
            end = start + len(piece)
    heard = np.zeros(max((start + len(piece) for start, piece in pieces), default=0))
    for start, piece in pieces:
        cut = max(0, -start)
        heard[start + cut : start + len(piece)] = piece[cut:]
    return heard, rate


def clicks(heard: Samples, rate: int, quiet: float = 0.005) -> list[Click]:
    """Every click, to a tenth of a millisecond: a burst after at least `quiet` seconds of near silence."""
    level = np.abs(heard)
    if not len(level) or level.max() < 0.02:
        return []
    loud = np.flatnonzero(level > max(0.02, 0.12 * float(level.max())))
    starts = loud[np.diff(loud, prepend=-rate) > quiet * rate]
    return [_click(level, int(start), rate) for start in starts]


def _click(level: Samples, start: int, rate: int) -> Click:
    """The burst that begins near `start`: its onset is the first sample that reaches 3/10 of its peak."""
    first = max(0, start - rate // 2000)
    burst = level[first : start + rate // 500]
    peak = float(burst.max())
    return Click((first + int(np.argmax(burst > 0.3 * peak))) / rate, peak)


def _decoded(path: Path) -> Iterator[tuple[Fraction, Luma]]:
    with av.open(str(path)) as container:
        if not container.streams.video:
            return
        # One thread: a film that is closed before its end can wait for ever for threads that decode ahead, since they
        # wait for the interpreter, which the closing thread holds.
        container.streams.video[0].thread_count = 1
        for frame in container.decode(video=0):
            at = _seconds(frame)
            if frame.format.components[0].bits != 8 or frame.format.is_rgb:
                frame = frame.reformat(format="yuv420p")
            plane = frame.planes[0]
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            yield at, rows[:, : plane.width].copy()


def _seconds(frame: av.VideoFrame | av.AudioFrame) -> Fraction:
    if frame.pts is None or frame.time_base is None:
        raise ValueError("a frame without a time")
    return frame.pts * frame.time_base


def _read(picture: Luma, pts: Fraction, inner: Rectangle | None) -> Frame:
    rectangle = inner or (0.0, 0.0, float(picture.shape[1]), float(picture.shape[0]))
    (top, top_contrast), (low, low_contrast) = (_lane(_cells(picture, rectangle, lane)) for lane in (0, 1))
    return Frame(pts, (top, low), (top_contrast, low_contrast))


def _cells(picture: Luma, rectangle: Rectangle, lane: int) -> Samples:
    """The mean luma of the middle half of every cell of a lane."""
    left, top, width, height = rectangle
    first, last = (round(top + height * (lane + share) / LANES) for share in (0.25, 0.75))
    columns = picture[first : max(last, first + 1)].mean(axis=0)
    edges = [
        (int(left + width * (cell + 0.25) / CELLS), int(left + width * (cell + 0.75) / CELLS)) for cell in range(CELLS)
    ]
    return np.array([columns[start : max(end, start + 1)].mean() for start, end in edges])


def _lane(cells: Samples) -> tuple[int | None, float]:
    light, dark = float(cells[0]), float(cells[1])
    if light - dark < FAINTEST:
        return None, light - dark
    bits = tuple(int(cell > (light + dark) / 2) for cell in cells)
    index = int("".join(map(str, bits[len(GUARD) : len(GUARD) + INDEX_BITS])), 2)
    return (index if bits == bits_of(index) else UNREADABLE), light - dark


def _mono(frame: av.AudioFrame) -> Samples:
    """The mean of the channels, -1 to 1."""
    sound = frame.to_ndarray()
    full = 1.0 if sound.dtype.kind == "f" else 2.0 ** (8 * sound.dtype.itemsize - 1)
    channels = sound if frame.format.is_planar else sound.reshape(-1, frame.layout.nb_channels).T
    return np.asarray(channels.mean(axis=0) / full, np.float64)
