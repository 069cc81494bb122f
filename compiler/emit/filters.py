"""One op, its filters: every op of a legal graph is spelled here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
"""What stands behind a filter's name."""


def filters(define: Def, shapes: Shapes) -> list[str]:
    """The filter chain that makes a definition's value, its decisive filter named after it."""
    op, name, shape = define.op, define.name, shapes[define.name]
    match op:
        case ops.Source() | ops.Branch():
            return []
        case ops.Split(_, ways):
            return [f"{'asplit' if isinstance(shape, Audio) else 'split'}={ways}"]
        case ops.Concat(srcs):
            streams = "v=0:a=1" if isinstance(shape, Audio) else "v=1:a=0"
            return [f"concat@{name}=n={len(srcs)}:{streams}"]
        case _ if isinstance(shape, Audio):
            return _of_sound(op, shapes, name)
        case _:
            return _of_picture(op, shapes, name)


def spell(graph: Graph, like: Inferred | None = None) -> Spelling:
    """Every definition's filter chain. `like` as for `infer`."""
    shapes = infer(graph, like)
    return {define.name: filters(define, shapes) for define in graph}


def needs(graph: Graph, spelling: Spelling) -> dict[str, Loc]:
    """Every filter that a legal graph is spelled with, and what it is first needed for."""
    found: dict[str, Loc] = {}
    for define in graph:
        for text in ", ".join(spelling[define.name]).split(", "):
            found.setdefault(NAME_ENDS.split(text, 1)[0], define.loc)
    found.pop("", None)
    return found


def _of_sound(op: ops.Op, shapes: Shapes, name: str) -> list[str]:
    match op:
        case ops.Downmix(src):
            return sound.downmixed(as_audio(shapes[src]), name)
        case ops.Resample():
            return sound.resample(name)
        case ops.Silence():
            return sound.silence(op)
        case ops.Excerpt(src):
            return sound.excerpt(op, as_audio(shapes[src]), name)
        case ops.Tempo():
            return sound.tempo(op, name)
        case ops.Exact():
            return sound.exact(op)
        case ops.Loudness() | ops.Measure() | ops.Pcm():
            return sound.finished(op, name)
        case ops.Fade(src):
            return sound.fade(op, as_audio(shapes[src]))
        case ops.Xfade():
            return sound.crossfade(op, name)
        case ops.Restamp():
            return sound.restamp()
        case _:
            raise TypeError(f"{type(op).__name__} makes no sound that ffmpeg has a filter for")


def _of_picture(op: ops.Op, shapes: Shapes, name: str) -> list[str]:
    match op:
        case ops.Deinterlace():
            return time.deinterlace(op, name)
        case ops.Plate():
            return pictures.plate(op, name)
        case ops.Trim(src):
            return time.trim(op, as_video(shapes[src]), name)
        case ops.Retime(src):
            return time.retime(op, as_video(shapes[src]), name)
        case ops.Restamp(src):
            return time.restamp(as_video(shapes[src]))
        case ops.Frames(src):
            return time.frames(op, as_video(shapes[src]), name)
        case ops.Fade(src):
            return _fade(op, as_video(shapes[src]), name)
        case _ if isinstance(op, ops.Tinting | ops.Conform | ops.Palette):
            return colour.filters(op, as_video(shapes[op.src]).tint, name)
        case ops.Xfade(left, right):
            return _xfade(op, as_video(shapes[left]), as_video(shapes[right]), name)
        case _:
            return _in_space(op, shapes, name)


def _in_space(op: ops.Op, shapes: Shapes, name: str) -> list[str]:
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
            raise TypeError(f"{type(op).__name__} makes no picture that ffmpeg has a filter for")


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
