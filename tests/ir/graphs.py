"""Small graphs made by hand."""

from __future__ import annotations

from fractions import Fraction

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.ops import Op, Value
from compiler.timeline.curve import Box
from compiler.timeline.frame_values import FrameValues
from compiler.timeline.instant import SourceTime
from compiler.timeline.path import Path, draw
from compiler.timeline.warp import Pace, Warp
from tests.golden.media import MEDIA

FPS = Fraction(30)


def v(name: str) -> Value:
    return Value(name)


def src(x: Fraction | int | str) -> SourceTime:
    return SourceTime(Fraction(x))


def warp(start: int = 1, end: int = 3, speed: Fraction | int = 1) -> Warp:
    return Warp((Pace(src(start), src(end), Fraction(speed), Fraction(speed)),))


def path(frames: int = 60, box: Box | None = None, *, zoom: bool = False) -> Path:
    still = box or Box(0, 0, 1280, 720)
    boxes = [
        still._replace(width=still.width - n, height=still.height - n / 2) if zoom else still for n in range(frames)
    ]
    return draw(FrameValues(boxes), [0])


def footage(media: str = "silent.mp4", fps: Fraction = FPS, name: str = "a") -> dict[str, Op]:
    """A trimmed and warped picture: `a`, two seconds of 1280x720."""
    return {
        f"{name}.video": ops.Source(MEDIA[media], "video"),
        f"{name}.trim": ops.Trim(v(f"{name}.video"), src(1), src(3)),
        f"{name}.warp": ops.Retime(v(f"{name}.trim"), warp(), fps),
        name: ops.Conform(v(f"{name}.warp")),
    }


def heard(samples: int = 96_000, name: str = "a") -> dict[str, Op]:
    """A stretched sound: `a.sound`."""
    return {
        f"{name}.audio": ops.Source(MEDIA["game.mp4"], "audio"),
        f"{name}.even": ops.Resample(v(f"{name}.audio")),
        f"{name}.sound": ops.Stretch(v(f"{name}.even"), warp(), samples, "rubberband"),
    }


def graph(made: dict[str, Op], video: str = "a", audio: str | None = None) -> Graph:
    """The graph of these definitions, each with a location of its own."""
    defs = tuple(Def(v(name), op, Loc("clip", f"/{name}")) for name, op in made.items())
    return Graph(defs, v(video), v(audio) if audio else None)
