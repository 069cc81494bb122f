"""Spelling what happens to time: trims, warps, timestamps.

A source frame's place on the frame grid is settled in one `setpts`: the slot floor(t * fps + 1/2 + 1/1000) of its clip
time t, in a time base of nanoseconds so that neither the trim nor the slot is rounded on the way (ADR 9).
"""

from __future__ import annotations

from fractions import Fraction

from compiler.emit.numbers import decimal, rational
from compiler.ir import ops
from compiler.ir.infer import Video
from compiler.timeline.instant import SLOT_BIAS, nearest
from compiler.timeline.warp import Pace, Warp

NANOSECONDS = 10**9
"""Ticks a second of the time base in which footage is trimmed and warped."""


def deinterlace(op: ops.Deinterlace, name: str) -> list[str]:
    """`bwdif`, a frame for each frame, whether it says that it is interlaced or not: the stream is."""
    if op.fields is None:
        return ["null"]
    return [f"bwdif@{name}=mode=send_frame:parity={op.fields}:deint=all"]


def trim(op: ops.Trim, shape: Video, name: str) -> list[str]:
    """Footage between two source times, compared tick by tick."""
    start, end = (nearest((at + shape.zero) * NANOSECONDS) for at in (op.start, op.end))
    return [f"settb=1/{NANOSECONDS}", f"trim@{name}=start_pts={start}:end_pts={end}"]


def retime(op: ops.Retime, shape: Video, name: str) -> list[str]:
    """Footage laid on the frame grid: exactly `frames` frames, the first and the last held where there are none."""
    at = record_time(op.warp, shape.zero)
    slot = f"floor({at if at == 'T' else f'({at})'}*{rational(op.fps)}+{decimal(Fraction(1, 2) + SLOT_BIAS)})"
    if op.first:
        slot = f"({slot}-{op.first})"
    return [
        f"setpts@{name}='{slot}{_over(op.fps)}/TB'",
        f"fps@{name}={rational(op.fps)}:start_time=0",
        "tpad=stop=-1:stop_mode=clone",
        f"trim=end_frame={op.frames}",
    ]


def restamp(shape: Video) -> list[str]:
    """Frame n at n / fps, in the time base that joins compare."""
    assert shape.fps is not None
    return [f"settb={1 / shape.fps}", "setpts=N", f"fps={rational(shape.fps)}"]


def frames(op: ops.Frames, shape: Video, name: str) -> list[str]:
    """Frames by their numbers, counted anew."""
    return [f"trim@{name}=start_frame={op.first}:end_frame={op.until}", *restamp(shape)]


def _over(fps: Fraction) -> str:
    """Divided by the frame rate."""
    return f"/{fps}" if fps.denominator == 1 else f"*{fps.denominator}/{fps.numerator}"


def record_time(warp: Warp, zero: Fraction) -> str:
    """The clip-record time of the frame at hand, `T` its timestamp: a balanced sum of one term a pace.

    Flat sums and nested ifs die near 98 terms in ffmpeg's parser; a balanced tree takes thousands.
    """
    if len(warp.paces) == 1:
        return _term(warp.paces[0], _since(warp.start + zero))
    terms = [_term(pace, f"clip({_since(pace.start + zero)},0,{decimal(pace.length)})") for pace in warp.paces]
    while len(terms) > 1:
        pairs = [terms[k : k + 2] for k in range(0, len(terms), 2)]
        terms = ["+".join(pair) if len(terms) <= 2 else f"({'+'.join(pair)})" for pair in pairs]
    return terms[0]


def _since(start: Fraction) -> str:
    if start == 0:
        return "T"
    return f"T-{decimal(start)}" if start > 0 else f"T+{decimal(-start)}"


def _term(pace: Pace, offset: str) -> str:
    """Record seconds for a source offset into the pace."""
    if pace.entry == 1:
        return offset
    grouped = offset if offset == "T" or offset.startswith("clip(") else f"({offset})"
    slower = 1 / pace.entry
    numerator = f"*{slower.numerator}" if slower.numerator != 1 else ""
    denominator = f"/{slower.denominator}" if slower.denominator != 1 else ""
    return f"{grouped}{numerator}{denominator}"
