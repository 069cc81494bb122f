"""The invariant between passes: every value has a shape that its readers accept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn, assert_never

from compiler.errors import Loc, ReelError
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import CANVAS, OPAQUE, WIDE, Audio, Inferred, Shape, Shapes, Video, infer
from compiler.ir.ops import operands
from compiler.timeline.downmix import STEREO
from compiler.timeline.instant import sample_at


def verify(graph: Graph, like: Inferred | None = None) -> Inferred:
    """The graph's shapes; raises RC301 at the first definition that is not well formed or has operands of a wrong
    shape. `like` as for `infer`."""
    made: set[ops.Value] = set()
    for define in graph:
        if define.name in made:
            _refuse(define.loc, f"%{define.name} is defined twice")
        for operand in operands(define.op):
            if operand not in made:
                _refuse(define.loc, f"%{define.name} reads %{operand}, which nothing before it makes")
        made.add(define.name)
    try:
        shapes = infer(graph, like)
    except TypeError as mistake:
        _refuse(Loc(), str(mistake))
    for define in graph:
        for fault in _faults(define, shapes):
            _refuse(define.loc, f"%{define.name}: {fault}")
    for fault in _root_faults(graph, shapes):
        _refuse(Loc(), fault)
    return shapes


def verify_legal(graph: Graph, like: Inferred | None = None) -> Inferred:
    """The graph's shapes; raises RC301 unless every op has filters and every value is read once, a split once for each
    of its ways. `like` as for `infer`."""
    shapes = verify(graph, like)
    for define in graph:
        if isinstance(define.op, ops.Meant):
            _refuse(define.loc, f"%{define.name} is not legal yet: {type(define.op).__name__.lower()}")
        if isinstance(define.op, ops.Xfade) and not all(_stamped(shapes[src]) for src in operands(define.op)):
            _refuse(define.loc, f"%{define.name} blends values that are not stamped on the frame grid")
        if isinstance(define.op, ops.Xfade) and isinstance(shape := shapes[define.name], Video) and shape.tint != WIDE:
            _refuse(define.loc, f"%{define.name} blends pictures that xfade would convert: {shape.tint.pix_fmt}")
        reads, due = graph.readers[define.name], define.op.ways if isinstance(define.op, ops.Split) else 1
        if reads != due:
            _refuse(define.loc, f"%{define.name} is read {reads} times and not {due}")
    if graph.video and not _stamped(shapes[graph.video]):
        _refuse(Loc(), f"the film's picture %{graph.video} is not stamped on the frame grid")
    return shapes


def _stamped(shape: Shape) -> bool:
    return isinstance(shape, Audio) or shape.stamped


def _refuse(loc: Loc, fault: str) -> NoReturn:
    raise ReelError("RC301", loc, fault, hint="this is a mistake in reelc, not in the reel: please report it")


UNDEMANDING = (
    *(ops.Source, ops.Plate, ops.Silence, ops.Made, ops.Split, ops.Branch, ops.Deinterlace, ops.Restamp),
    *(ops.Tonemap, ops.Turn, ops.Rotate, ops.Reframe, ops.Smear, ops.Scale, ops.Blur, ops.Opaque, ops.Conform),
    *(ops.Restate, ops.Flatten, ops.Widen, ops.Narrow, ops.Rgb, ops.Deepen, ops.Palette, ops.Paint),
    *(ops.Downmix, ops.Stretch, ops.Excerpt, ops.Tempo, ops.Exact, ops.Volume, ops.Loudness, ops.Measure, ops.Pcm),
)
"""Ops that take any operand that is a picture or a sound as theirs is."""


def _faults(define: Def, shapes: Shapes) -> Iterator[str]:
    """The faults of an op and its operands."""
    match define.op:
        case ops.Trim() | ops.Frames() | ops.Fade() | ops.Resample():
            yield from _part_faults(define.op, shapes[define.op.src])
        case ops.Crop() | ops.Pad() | ops.Backdrop() | ops.Colour() | ops.Perspective() | ops.Retime():
            if isinstance(seen := shapes[define.op.src], Video):
                yield from _picture_faults(define.op, seen)
        case ops.Concat() | ops.Xfade() | ops.Overlay():
            yield from _several_faults(define.op, shapes)
        case _ if isinstance(define.op, UNDEMANDING):
            pass
        case _:
            assert_never(define.op)


def _part_faults(op: ops.Trim | ops.Frames | ops.Fade | ops.Resample, src: Shape) -> Iterator[str]:
    """What is wrong with an op that works on a part of its operand, or on some of its channels."""
    match op:
        case ops.Trim(_, start, end) if start >= end:
            yield f"trims to nothing: [{start}, {end})"
        case ops.Frames(_, first, until) if not 0 <= first < until <= _steps(src):
            yield f"takes frames {first} to {until} of {_steps(src)}"
        case ops.Fade(_, entering, leaving) if entering + leaving > _steps(src):
            yield f"fades {entering} + {leaving} of {_steps(src)}"
        case ops.Resample() if isinstance(src, Audio) and src.speakers != STEREO:
            yield f"resamples {len(src.speakers)} channels as if they were stereo"
        case _:
            pass


def _several_faults(op: ops.Concat | ops.Xfade | ops.Overlay, shapes: Shapes) -> Iterator[str]:
    """The faults of the operands of an op with several."""
    match op:
        case ops.Overlay(below, above, x, y):
            yield from _overlay_faults(shapes[below], shapes[above], x, y)
        case ops.Concat(srcs):
            yield from _join_faults([shapes[src] for src in srcs])
        case ops.Xfade(left, right, _, overlap):
            yield from _join_faults([shapes[left], shapes[right]])
            for src in (left, right):
                if not 0 < overlap <= _steps(shapes[src]):
                    yield f"overlaps {overlap} of %{src}'s {_steps(shapes[src])}"


def _picture_faults(
    op: ops.Crop | ops.Pad | ops.Backdrop | ops.Colour | ops.Perspective | ops.Retime, src: Video
) -> Iterator[str]:
    match op:
        case ops.Crop():
            yield from _crop_faults(src, op)
        case ops.Pad(_, width, height, x, y) | ops.Backdrop(_, width, height, x, y) if (
            x + src.width > width or y + src.height > height
        ):
            yield f"pads {src.width}x{src.height} at ({x}, {y}) to {width}x{height}"
        case ops.Colour() if src.tint.transfer != CANVAS.transfer:
            yield "converts the colours of HDR as if they were the canvas's"
        case ops.Perspective() if src.tint != CANVAS:
            yield "perspective reads 8-bit 4:2:0 only"
        case ops.Retime() if op.motion != "repeat" and src.tint != CANVAS:
            yield "retime mixes 8-bit 4:2:0 only"
        case _:
            pass


def _crop_faults(src: Video, op: ops.Crop) -> Iterator[str]:
    for place, size, limit in ((op.x, op.width, src.width), (op.y, op.height, src.height)):
        if size > limit or (isinstance(place, int) and not 0 <= place <= limit - size):
            yield f"crops {size} of {limit} pixels"
        if isinstance(place, int) and place % 2 and not op.exact:
            yield f"crops at the odd place {place}, where 4:2:0 has no chroma"


def _overlay_faults(below: Shape, above: Shape, x: int, y: int) -> Iterator[str]:
    if not isinstance(below, Video) or not isinstance(above, Video):
        return
    if (below.frames, below.fps) != (above.frames, above.fps):
        yield f"lays {above.frames} frames over {below.frames}"
    if x + above.width > below.width or y + above.height > below.height or x % 2 or y % 2:
        yield f"lays {above.width}x{above.height} at ({x}, {y}) of {below.width}x{below.height}"
    if (below.tint, above.tint) != (CANVAS, OPAQUE):
        yield f"lays {above.tint.pix_fmt} over {below.tint.pix_fmt}"


def _join_faults(shapes: list[Shape]) -> Iterator[str]:
    if all(isinstance(shape, Audio) for shape in shapes):
        if any(isinstance(shape, Audio) and shape.samples is None for shape in shapes):
            yield "joins a sound of unknown length"
        return
    kinds = set()
    for shape in shapes:
        if not isinstance(shape, Video) or shape.frames is None:
            yield "joins a picture that is not on the frame grid"
            return
        kinds.add(replace(shape, frames=None, stamped=False))
    if len(kinds) > 1:
        yield f"joins pictures that differ: {' and '.join(sorted(str(kind) for kind in kinds))}"


def _steps(shape: Shape) -> int:
    return (shape.frames if isinstance(shape, Video) else shape.samples) or 0


def _root_faults(graph: Graph, shapes: Shapes) -> Iterator[str]:
    samples: int | None = None
    if graph.video:
        picture = shapes[graph.video]
        if not isinstance(picture, Video) or picture.frames is None or picture.fps is None:
            yield f"the film's picture %{graph.video} is not on a frame grid"
            return
        if picture.width % 2 or picture.height % 2 or picture.tint != CANVAS or not picture.square:
            yield f"the film's picture %{graph.video} is not what the encoder takes: {picture}"
        samples = sample_at(picture.frames, picture.fps)
    if graph.audio:
        sound = shapes[graph.audio]
        if not isinstance(sound, Audio) or sound.samples != (samples or sound.samples):
            yield f"the film's sound %{graph.audio} is not the {samples or ''} samples of its picture: {sound}"
