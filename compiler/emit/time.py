"""Filters of time: trims, warps, timestamps.

One `setpts` decides a source frame's place on the frame grid: the slot floor(t * fps + 1/2 + 1/1000) of its clip time
t, in a time base of nanoseconds so that neither the trim nor the slot is rounded before (ADR 9).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from compiler.emit.numbers import decimal, rational, signed
from compiler.ir import ops
from compiler.ir.infer import Video
from compiler.timeline.instant import SLOT_BIAS, SourceTime, nearest
from compiler.timeline.warp import Pace, Warp

NANOSECONDS = 10**9
"""Ticks a second of the time base in which pictures are trimmed and warped."""


SLOT_EDGE = decimal(Fraction(1, 2) + SLOT_BIAS)

FINE = 1000
"""Steps of a frame in which mixed frames are placed."""

MINTERPOLATE = {"blend": "mi_mode=blend", "interpolate": "mi_mode=mci:me=umh"}
"""minterpolate's options. The motion search umh uses only the frames at hand; the default search starts from earlier
results, so that a frame would depend on where a part of a film begins."""

WITHIN = "0.4"
"""Fraction of a slot added to timestamps: a frame is still rounded to its slot, and the end of the stream up to the
next one. If both were in one slot, or before the first wanted slot, `fps` would drop the frame. At an even rate the
stream ends a frame's length after its last frame; at uneven times, ffmpeg 5.1 ends it with that frame."""

NEWTON_STEPS = 7
"""One more than any smooth ramp needed in tests."""


def deinterlace(op: ops.Deinterlace, shape: Video, name: str) -> list[str]:
    """`bwdif`, one frame for each frame, including frames without the interlaced flag: the stream is interlaced."""
    if op.fields is None:
        return ["null"]
    within = _between(*op.within, shape, "trim") if op.within else []
    return [*within, f"bwdif@{name}=mode=send_frame:parity={op.fields}:deint=all"]


def trim(op: ops.Trim, shape: Video, name: str) -> list[str]:
    """The frames between two source times, compared in whole ticks."""
    return _between(op.start, op.end, shape, f"trim@{name}")


def _between(start: SourceTime, end: SourceTime, shape: Video, trimming: str) -> list[str]:
    first, until = (nearest((at + shape.zero) * NANOSECONDS) for at in (start, end))
    return [f"settb=1/{NANOSECONDS}", f"{trimming}=start_pts={first}:end_pts={until}"]


def retime(op: ops.Retime, shape: Video, name: str) -> list[str]:
    """Frames placed on the frame grid: exactly `op.frames`, the first and the last repeated where there are none."""
    if op.motion != "repeat":
        return _moving(op, shape, name)
    at = record_time(op.warp, shape.zero)
    slot = f"floor({at if at == 'T' else f'({at})'}*{rational(op.fps)}+{SLOT_EDGE})"
    if op.first:
        slot = f"({slot}-{op.first})"
    end = ""
    if shape.uneven or op.warp.paces[-1].hold:  # fps must pass the last frame on, or tpad could not repeat it
        slot, end = f"(max({slot},0)+{WITHIN})", ":eof_action=pass"
    return [
        f"setpts@{name}='{slot}{_over(op.fps)}/TB'",
        f"fps@{name}={rational(op.fps)}:start_time=0{end}",
        *_filled(op),
    ]


def _filled(op: ops.Retime) -> list[str]:
    return ["tpad=stop=-1:stop_mode=clone", f"trim=end_frame={op.frames}"]


def _moving(op: ops.Retime, shape: Video, name: str) -> list[str]:
    """`retime` for slow motion that makes frames between two frames of the source.

    Frames are placed at thousandths of a frame, the same ones in every part of a film. minterpolate makes a frame only
    when two more source frames follow, so copies of the last frame follow it, at later times.
    """
    ticks = f"floor(({record_time(op.warp, shape.zero, past=True)})*{rational(op.fps * FINE)}+{SLOT_EDGE})"
    if op.first:
        ticks = f"({ticks}-{op.first * FINE})"
    return [
        "tpad=stop=4:stop_mode=clone",
        f"setpts@{name}='{ticks}{_over(op.fps * FINE)}/TB'",
        f"settb={1 / (op.fps * FINE)}",
        f"minterpolate@{name}=fps={rational(op.fps)}:{MINTERPOLATE[op.motion]}",
        f"fps={rational(op.fps)}:start_time=0",
        *_filled(op),
    ]


def restamp(shape: Video) -> list[str]:
    """Frame n at n / fps, in the time base 1 / fps, which joins require to be equal."""
    assert shape.fps is not None
    return [f"settb={1 / shape.fps}", "setpts=N", f"fps={rational(shape.fps)}"]


def frames(op: ops.Frames, shape: Video, name: str) -> list[str]:
    """Frames selected by number, then numbered from 0."""
    return [f"trim@{name}=start_frame={op.first}:end_frame={op.until}", *restamp(shape)]


def _over(fps: Fraction) -> str:
    """The division by the frame rate, as text."""
    return f"/{fps}" if fps.denominator == 1 else f"*{fps.denominator}/{fps.numerator}"


@lru_cache(maxsize=64)
def record_time(warp: Warp, zero: Fraction, *, past: bool = False) -> str:
    """The clip-record time of the current frame, `T` its timestamp: a balanced sum of one term a pace.

    ffmpeg's parser fails on flat sums and nested ifs of about 98 terms; a balanced tree can have thousands. A freeze at
    the end adds nothing: no frame comes after it. With `past`, time goes on at real speed after the out point.

    Kept, since every run of slow motion of a clip has the same text.
    """
    paces = warp.paces[:-1] if warp.paces[-1].hold else warp.paces
    if len(paces) == 1 and paces[0].constant and not past:  # only a constant pace is defined outside its span
        return _term(paces[0], _since(warp.start + zero))
    terms = [
        _held(pace, zero) if pace.hold else _term(pace, f"clip({_since(pace.start + zero)},0,{decimal(pace.length)})")
        for pace in paces
    ]
    if past:
        terms.append(f"max({_since(warp.end + zero)},0)")
    while len(terms) > 1:
        pairs = [terms[k : k + 2] for k in range(0, len(terms), 2)]
        terms = ["+".join(pair) if len(terms) <= 2 else f"({'+'.join(pair)})" for pair in pairs]
    return terms[0]


def _since(start: Fraction) -> str:
    if start == 0:
        return "T"
    return f"T-{decimal(start)}" if start > 0 else f"T+{decimal(-start)}"


def _held(pace: Pace, zero: Fraction) -> str:
    """The seconds that a freeze adds to every frame after its instant; compared in whole ticks, as trims are."""
    return f"gt(PTS,{nearest((pace.start + zero) * NANOSECONDS)})*{decimal(pace.hold)}"


def _term(pace: Pace, offset: str) -> str:
    """Record seconds for a source offset into the pace."""
    if not pace.constant:
        return _linear(pace, offset) if pace.ease == "linear" else _smooth(pace, offset)
    if pace.entry == 1:
        return offset
    grouped = offset if offset == "T" or offset.startswith("clip(") else f"({offset})"
    slower = 1 / pace.entry
    numerator = f"*{slower.numerator}" if slower.numerator != 1 else ""
    denominator = f"/{slower.denominator}" if slower.denominator != 1 else ""
    return f"{grouped}{numerator}{denominator}"


def _linear(pace: Pace, offset: str) -> str:
    """2x / (w + sqrt(w^2 + 2ax)), the root of x = wt + at^2/2 in a form without cancellation, as exact for nearly
    constant speeds as for the steepest ramp; w is the speed at which the part begins, a = (v1^2 - v0^2) / 2L."""
    twice = (pace.exit**2 - pace.entry**2) / pace.whole
    begins = pace.entry**2 + twice * pace.cut[0]
    root = decimal(pace.entry) if not pace.cut[0] else f"sqrt({decimal(begins)})"
    return f"2*st(0,{offset})/({root}+sqrt({decimal(begins)}{signed(twice)}*ld(0)))"


def _smooth(pace: Pace, offset: str) -> str:
    """Du, where x / D = v0 u + (v1 - v0) (u^3 - u^4/2), minus the record time of the ramp before the part.

    Newton's method from the linear ramp's solution, each step kept within 0..1; after 6 steps the steepest ramps (1/10
    to 16 and back) are exact to the last digits of a double.
    """
    entry, rise, lasts = decimal(pace.entry), signed(pace.exit - pace.entry), pace.course
    before = f"{decimal(pace.cut[0])}+" if pace.cut[0] else ""
    share = f"st(0,({before}{offset})/{decimal(lasts)})"
    guess = f"2*{share}/({entry}+sqrt({decimal(pace.entry**2)}{signed(2 * (pace.exit - pace.entry))}*ld(0)))"
    played = f"ld(1)*({entry}{rise}*ld(1)*ld(1)*(1-ld(1)/2))"
    speed = f"({entry}{rise}*ld(1)*ld(1)*(3-2*ld(1)))"
    step = f"st(1,clip(ld(1)-({played}-ld(0))/{speed},0,1));st(2,ld(2)+1)"
    steps = f"st(1,{guess});st(2,0);while(lt(ld(2),{NEWTON_STEPS}),{step})"
    return f"({steps};ld(1)*{decimal(lasts)}{signed(-pace.begins)})"
