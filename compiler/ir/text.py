"""The graph as text: one definition a line, aligned, its shape after `:`, the stored field of its origin after `//`.

Print-only (ADR 5). Names begin with %, times are seconds, spans are half open.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import PurePath
from typing import assert_never

from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.ir.infer import CANVAS, Audio, Shape, Tint, infer
from compiler.timeline.downmix import STEREO
from compiler.timeline.path import Path
from compiler.timeline.warp import Pace, Warp
from compiler.transitions import LINEAR


def show(graph: Graph) -> str:
    """The whole graph; ends with a newline."""
    shapes = infer(graph)
    rows = [
        (f"%{define.name}", phrase(define.op), describe(shapes[define.name]), define.loc.pointer) for define in graph
    ]
    name, op, shape = (_column(row[k] for row in rows) for k in range(3))
    lines = (
        f"{a:<{name}} = {b:<{op}} : {c:<{shape}}  // {d}" if d else f"{a:<{name}} = {b:<{op}} : {c}"
        for a, b, c, d in rows
    )
    roots = ", ".join(f"%{root}" for root in graph.roots)
    return "\n".join([*(line.rstrip() for line in lines), f"film {roots}", ""])


def _column(cells: Iterable[str], widest: int = 72) -> int:
    """The width that most cells of a column fit into; a few long ones may exceed it."""
    return max((len(cell) for cell in cells if len(cell) <= widest), default=0)


def describe(shape: Shape) -> str:
    """A shape as text: `165f 1080x1920`, `264000 samples`."""
    if isinstance(shape, Audio):
        placed = "" if shape.speakers == STEREO else f" {' '.join(shape.speakers)}"
        return ("sound" if shape.samples is None else f"{shape.samples} samples") + placed
    tint = "" if shape.tint == CANVAS else f" {tinted(shape.tint)}"
    frames = "" if shape.frames is None else f"{shape.frames}f "
    return f"{frames}{shape.width}x{shape.height}{tint}"


def tinted(tint: Tint) -> str:
    """A picture's colours as text: pixel format, range, matrix, and for HDR the transfer."""
    hdr = () if tint.transfer == CANVAS.transfer else (tint.transfer,)
    return " ".join((tint.pix_fmt, tint.range, tint.matrix, *hdr))


def phrase(op: ops.Op) -> str:
    """An op as text, its operands first: `trim %dunk.video [1.5 .. 6)`."""
    return " ".join(filter(None, (_verb(op), ", ".join(f"%{value}" for value in ops.operands(op)), _details(op))))


PLAIN = (
    *(ops.Concat, ops.Restate, ops.Tonemap, ops.Colour, ops.Conform, ops.Opaque, ops.Widen, ops.Narrow),
    *(ops.Deepen, ops.Palette, ops.Paint, ops.Downmix, ops.Resample, ops.Pcm, ops.Measure),
)
"""Ops without fields other than their operands."""


def _verb(op: ops.Op) -> str:
    return type(op).__name__.lower()


def _details(op: ops.Op) -> str:
    match op:
        case ops.Source() | ops.Deinterlace() | ops.Trim() | ops.Retime() | ops.Frames() | ops.Restamp():
            return _in_time(op)
        case ops.Pad() | ops.Backdrop() | ops.Blur() | ops.Overlay() | ops.Flatten():
            return _laid(op)
        case _ if isinstance(op, HEARD):
            return _of_sound(op)
        case ops.Fade(_, entering, leaving, curves):
            by = "" if curves == (LINEAR, LINEAR) else f" by {' and '.join(dict.fromkeys(curves))}"
            return f"in {entering} out {leaving}{by}"
        case ops.Plate(colour, width, height, fps, frames):
            return f"{colour} {width}x{height} {frames} at {number(fps)} fps"
        case ops.Xfade(_, _, kind, overlap):
            return f"{kind} overlap {overlap}"
        case ops.Split(_, ways):
            return f"{ways} ways"
        case ops.Branch(_, index):
            return f"#{index}"
        case ops.Loudness(_, target, peak):
            return f"to {number(target)} LUFS below {number(peak)} dBTP"
        case ops.Rgb(_, pix_fmt):
            return "" if pix_fmt == "rgb24" else pix_fmt
        case _ if isinstance(op, PLAIN):
            return ""
        case _:
            return _in_space(op)


def _in_time(op: ops.Source | ops.Deinterlace | ops.Trim | ops.Retime | ops.Frames | ops.Restamp) -> str:
    match op:
        case ops.Source(media, stream, seek):
            read = media.video if stream == "video" or media.audio is None else media.audio
            begin = f" from {number(seek)}" if seek else ""
            begin += f" window at {number(skipped.seconds)}" if (skipped := media.video.skipped) else ""
            return f"{_quoted(PurePath(media.path).name)} {stream}{begin}{' straightened' * bool(read.straightened)}"
        case ops.Deinterlace(_, fields, within):
            return f"{fields or 'progressive'}{f' within {interval(*within)}' if within else ''}"
        case ops.Trim(_, start, end):
            return interval(start, end)
        case ops.Retime(_, warp, fps):
            part = "" if (op.first, op.until) == (0, None) else f" frames {interval(*map(Fraction, _part(op)))}"
            motion = "" if op.motion == "repeat" else f" {op.motion}"
            return f"{warped(warp)} at {number(fps)} fps{part}{motion}"
        case ops.Frames(_, first, until):
            return interval(Fraction(first), Fraction(until))
        case ops.Restamp():
            return ""
        case _:
            assert_never(op)


def _part(op: ops.Retime) -> tuple[int, int]:
    return op.first, op.first + op.frames


def _quoted(name: str) -> str:
    """A file's name in quotes, on one line, with quotes and control characters escaped."""
    marks = {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(marks.get(c, c if c.isprintable() else ascii(c)[1:-1]) for c in name) + '"'


HEARD = ops.Silence | ops.Made | ops.Stretch | ops.Excerpt | ops.Tempo | ops.Exact | ops.Volume


def _of_sound(op: HEARD) -> str:
    match op:
        case ops.Silence(samples) | ops.Made(samples) | ops.Exact(_, samples):
            return f"{samples}"
        case ops.Stretch(_, warp, samples, engine):
            return f"{warped(warp)} to {samples} by {engine}"
        case ops.Excerpt(_, start, length):
            return f"{length} from {number(start)}"
        case ops.Tempo(_, speed, engine):
            return f"{number(speed)}x by {engine}"
        case ops.Volume(_, decibels):
            return f"{number(decibels)} dB"
        case _:
            assert_never(op)


def _in_space(
    op: ops.Turn | ops.Rotate | ops.Reframe | ops.Crop | ops.Smear | ops.Perspective | ops.Scale,
) -> str:
    match op:
        case ops.Turn(_, degrees, mirrored):
            return f"{'mirrored ' if mirrored else ''}{degrees} degrees"
        case ops.Rotate(_, degrees):
            return f"{number(degrees)} degrees"
        case ops.Reframe(_, path, width, height):
            return f"{traced(path)} to {width}x{height}"
        case ops.Crop(_, width, height, x, y):
            return f"{width}x{height} x={place(x)} y={place(y)}"
        case ops.Smear(_, left, right, top, bottom):
            return f"left {left} right {right} top {top} bottom {bottom}"
        case ops.Perspective(_, path, _, _, first, until):
            return f"{traced(path)} frames {interval(Fraction(first), Fraction(until))}"
        case ops.Scale(_, width, height):
            return f"{width}x{height}"
        case _:
            assert_never(op)


def _laid(op: ops.Pad | ops.Backdrop | ops.Blur | ops.Overlay | ops.Flatten) -> str:
    match op:
        case ops.Flatten(_, colour):
            return f"over {colour}"
        case ops.Pad(_, width, height, x, y):
            return f"{width}x{height} at {x},{y}"
        case ops.Backdrop(_, width, height, x, y, fill):
            return f"{width}x{height} at {x},{y} on {fill}"
        case ops.Blur(_, radius):
            return f"radius {radius}"
        case ops.Overlay(_, _, x, y):
            return f"at {x},{y}"
        case _:
            assert_never(op)


def number(x: Fraction) -> str:
    """A rational as a decimal if that has at most nine places, else as a fraction."""
    scaled = x * 10**9
    if scaled.denominator != 1:
        return f"{x.numerator}/{x.denominator}"
    whole, rest = divmod(abs(scaled.numerator), 10**9)
    decimals = f"{rest:09}".rstrip("0")
    return f"{'-' if x < 0 else ''}{whole}{'.' + decimals if decimals else ''}"


def interval(start: Fraction, end: Fraction) -> str:
    """A half-open span: `[1.5 .. 6)`."""
    return f"[{number(start)} .. {number(end)})"


def warped(warp: Warp) -> str:
    """A warp by its changes of speed: `1x until 3, 0.5x until 4, 1x`."""
    spans = [_speed(pace) if pace.hold else f"{_speed(pace)} until {number(pace.end)}" for pace in warp.paces[:-1]]
    return ", ".join([*spans, _speed(warp.paces[-1])])


def _speed(pace: Pace) -> str:
    if pace.hold:
        return f"held {number(pace.hold)}"
    if pace.constant:
        return f"{number(pace.entry)}x"
    before, after = pace.cut
    part = f" over {interval(pace.start - before, pace.end + after)}" if before or after else ""
    return f"{number(pace.entry)}x->{number(pace.exit)}x {pace.ease}{part}"


def traced(path: Path) -> str:
    """A path as text: its first box, its last box and its number of pieces."""
    first, last = path.at(0), path.at(path.frames - 1)
    start = f"{first.width:g}x{first.height:g} at {first.x:.2f},{first.y:.2f}"
    if path.still:
        return start
    end = f"{last.x:.2f},{last.y:.2f}"
    if path.zooms:
        end = f"{last.width:g}x{last.height:g} at {end}"
    pieces = max(len(track.pieces) for track in path.tracks)
    return f"{start} -> {end} in {pieces}"


def place(place: ops.Place) -> str:
    """A crop's place as text: a number, or its way of following a track."""
    match place:
        case int():
            return str(place)
        case ops.Coarse(_, lead, p, q):
            return f"coarse({p}/{q} lead {lead})"
        case ops.Fine(_, _, p, q):
            return f"fine({p}/{q})"
        case ops.Follow(_, margin, room):
            return f"follow(margin {margin} within {room})"
        case _:
            assert_never(place)
