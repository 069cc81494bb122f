"""The filters of every op of a legal graph; no other module translates ops."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import assert_never

from compiler.emit import colour, pictures, sound, time
from compiler.emit.numbers import decimal
from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import Audio, Inferred, Shapes, Video, as_audio, as_video, infer
from compiler.timeline.instant import RecordTime
from compiler.transitions import BLENDS

Spelling = Mapping[ops.Value, list[str]]
"""The filters of each value."""

NAME_ENDS = re.compile("[@=]")
"""The characters that end a filter's name."""


def filters(define: Def, shapes: Shapes) -> list[str]:
    """The filter chain that makes a definition's value, its main filter named after the value; TypeError for an op that
    a legal graph does not hold."""
    if isinstance(define.op, ops.Meant):
        raise TypeError(f"%{define.name} is not legal: no filter does what {type(define.op).__name__} means")
    return _filters(define.op, shapes, define.name)


def _filters(op: ops.Emitted, shapes: Shapes, name: ops.Value) -> list[str]:
    match op:
        case ops.Source() | ops.Branch():
            return []
        case ops.Split() | ops.Concat() | ops.Fade() | ops.Xfade() | ops.Restamp():
            return _of_either(op, shapes, name)
        case (
            ops.Downmix()
            | ops.Resample()
            | ops.Silence()
            | ops.Made()
            | ops.Excerpt()
            | ops.Tempo()
            | ops.Exact()
            | ops.Volume()
            | ops.Loudness()
            | ops.Measure()
            | ops.Pcm()
        ):
            return _of_sound(op, shapes, name)
        case ops.Deinterlace() | ops.Plate() | ops.Trim() | ops.Retime() | ops.Frames():
            return _in_time(op, shapes, name)
        case _ if isinstance(op, ops.Tinting | ops.Conform | ops.Palette):
            return colour.filters(op, as_video(shapes[op.src]).tint, name)
        case _:
            return _in_space(op, name)


def spell(graph: Graph, like: Inferred | None = None) -> Spelling:
    """Every definition's filter chain. `like` as for `infer`."""
    shapes = infer(graph, like)
    return {define.name: filters(define, shapes) for define in graph}


def needs(graph: Graph, spelling: Spelling) -> dict[str, Loc]:
    """Every filter that a legal graph uses, with the stored field that first needs it."""
    found: dict[str, Loc] = {}
    for define in graph:
        for text in ", ".join(spelling[define.name]).split(", "):
            found.setdefault(NAME_ENDS.split(text, 1)[0], define.loc)
    found.pop("", None)
    return found


def _of_either(
    op: ops.Split | ops.Concat | ops.Fade | ops.Xfade | ops.Restamp, shapes: Shapes, name: ops.Value
) -> list[str]:
    """The filters of an op that has a form for pictures and one for sounds."""
    shape = shapes[name]
    heard = isinstance(shape, Audio)
    match op:
        case ops.Split(_, ways):
            return [f"{'asplit' if heard else 'split'}={ways}"]
        case ops.Concat(srcs):
            return [f"concat@{name}=n={len(srcs)}:{'v=0:a=1' if heard else 'v=1:a=0'}"]
        case ops.Fade(src):
            return sound.fade(op, as_audio(shapes[src])) if heard else _fade(op, as_video(shapes[src]), name)
        case ops.Xfade(left, right):
            return (
                sound.crossfade(op, name)
                if heard
                else _xfade(op, as_video(shapes[left]), as_video(shapes[right]), name)
            )
        case ops.Restamp(src):
            return sound.restamp() if heard else time.restamp(as_video(shapes[src]))
        case _:
            assert_never(op)


def _of_sound(
    op: (
        ops.Downmix
        | ops.Resample
        | ops.Silence
        | ops.Made
        | ops.Excerpt
        | ops.Tempo
        | ops.Exact
        | ops.Volume
        | ops.Loudness
        | ops.Measure
        | ops.Pcm
    ),
    shapes: Shapes,
    name: str,
) -> list[str]:
    match op:
        case ops.Downmix(src):
            return sound.downmixed(as_audio(shapes[src]), name)
        case ops.Resample():
            return sound.resample(name)
        case ops.Silence():
            return sound.silence(op)
        case ops.Made():
            return sound.made()
        case ops.Excerpt(src):
            return sound.excerpt(op, as_audio(shapes[src]), name)
        case ops.Tempo():
            return sound.tempo(op, name)
        case ops.Exact():
            return sound.exact(op)
        case ops.Volume():
            return sound.volume(op, name)
        case ops.Loudness() | ops.Measure() | ops.Pcm():
            return sound.finished(op, name)
        case _:
            assert_never(op)


def _in_time(
    op: ops.Deinterlace | ops.Plate | ops.Trim | ops.Retime | ops.Frames, shapes: Shapes, name: str
) -> list[str]:
    match op:
        case ops.Deinterlace(src):
            return time.deinterlace(op, as_video(shapes[src]), name)
        case ops.Plate():
            return pictures.plate(op, name)
        case ops.Trim(src):
            return time.trim(op, as_video(shapes[src]), name)
        case ops.Retime(src):
            return time.retime(op, as_video(shapes[src]), name)
        case ops.Frames(src):
            return time.frames(op, as_video(shapes[src]), name)
        case _:
            assert_never(op)


def _in_space(
    op: (ops.Turn | ops.Rotate | ops.Crop | ops.Smear | ops.Perspective | ops.Scale | ops.Pad | ops.Blur | ops.Overlay),
    name: str,
) -> list[str]:
    match op:
        case ops.Turn():
            return pictures.turn(op, name)
        case ops.Rotate(_, degrees):
            return [f"rotate@{name}=a='{decimal(-degrees)}*PI/180':ow=iw:oh=ih:c=black"]
        case ops.Crop():
            return [pictures.crop(op, name)]
        case ops.Smear():
            return [pictures.smear(op, name)]
        case ops.Perspective():
            return [pictures.perspective(op, name)]
        case ops.Scale():
            return [pictures.scale(op, name)]
        case ops.Pad():
            return [pictures.pad(op, name)]
        case ops.Blur() | ops.Overlay():
            return [pictures.laid(op, name)]
        case _:
            assert_never(op)


def _fade(op: ops.Fade, shape: Video, name: str) -> list[str]:
    spelled = []
    if op.entering:
        spelled.append(f"fade@{name}.in=t=in:s=0:n={op.entering}")
    if op.leaving:
        spelled.append(f"fade@{name}.out=t=out:s={(shape.frames or 0) - op.leaving}:n={op.leaving}")
    return spelled


def _xfade(op: ops.Xfade, left: Video, right: Video, name: str) -> list[str]:
    assert left.frames is not None
    assert right.frames is not None
    assert left.fps is not None
    offset = RecordTime((left.frames - op.overlap) / left.fps)
    blend = f"xfade@{name}={BLENDS[op.kind].drawn}:duration={decimal(op.overlap / left.fps)}:offset={decimal(offset)}"
    return [blend, f"trim=end_frame={left.frames + right.frames - op.overlap}"]
