"""choose-crops: a moving crop box becomes crops, scales and perspectives that move without jumps.

static   crop, scale                                 or a vernier with its places worked out
pan      vernier: crop, scale, crop                  sub-pixel places from whole pixels
zoom     crop that follows, perspective, scale       sub-pixel places and sizes, ten times the work
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from compiler.errors import ReelError
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.infer import Inferred, Video, infer
from compiler.ir.ops import Reframe, Value
from compiler.passes.crops.pan import vernier_plan
from compiler.passes.crops.plan import Axis, CropPlan
from compiler.passes.crops.still import is_whole, whole_plan
from compiler.passes.crops.zoom import perspective_plan
from compiler.timeline.path import Path

__all__ = ["CropPlan", "choose_crops", "plan_crop"]

SMALLEST = 2
"""Source pixels: 4:2:0 has no smaller picture, and neither has a crop of it."""


def choose_crops(graph: Graph, like: Inferred | None = None) -> Graph:
    """reframe(x, path) = the cheapest crops, scales and perspectives that show path within a stated error of a pixel"""
    shapes = infer(graph, like)

    def change(define: Def) -> Iterator[Def] | None:
        op = define.op
        if not isinstance(op, Reframe):
            return None
        src = shapes[op.src]
        assert isinstance(src, Video)
        _check(define, op.path, src)
        return _defs(define, op, plan_crop(op.path, src.width, src.height, op.width, op.height))

    return rewrite(graph, change)


@lru_cache(maxsize=2048)
def plan_crop(path: Path, src_width: int, src_height: int, width: int, height: int) -> CropPlan:
    """The plan that shows the box of `path`, in a picture of `src_width` x `src_height`, at `width` x `height`."""
    x, y = _axes(path, src_width, src_height, width, height)
    if path.zooms:
        return perspective_plan(path, x, y, "zoom")
    if not path.still:
        return vernier_plan(x, y, "pan") or perspective_plan(path, x, y, "pan")
    whole = whole_plan(x, y)
    between = None if whole.error == 0 else vernier_plan(x, y, "static")
    return between if between and between.error < whole.error else whole


def _defs(define: Def, op: Reframe, plan: CropPlan) -> Iterator[Def]:
    src = op.src
    for name, step in plan.steps[:-1]:
        value = Value(f"{define.name}.{name}")
        yield Def(value, replace(step, src=src), define.loc)
        src = value
    yield Def(define.name, replace(plan.steps[-1][1], src=src), define.loc)


def _check(define: Def, path: Path, picture: Video) -> None:
    """Raise RC402 for a crop too small for 4:2:0; a whole picture may have any size."""
    x, y = _axes(path, picture.width, picture.height, 2, 2)
    if path.still and is_whole(x) and is_whole(y):
        return
    if min(*x.sizes, *y.sizes, picture.width, picture.height) < SMALLEST:
        raise ReelError(
            "RC402",
            define.loc,
            "the crop box is too small to show",
            detail=f"{x.sizes[0]:g}x{y.sizes[0]:g} px of a {picture.width}x{picture.height} picture",
            hint=f"make it at least {SMALLEST} pixels wide and high",
        )


def _axes(path: Path, src_width: int, src_height: int, width: int, height: int) -> tuple[Axis, Axis]:
    return (
        Axis(path.x, path.width, path.frames, src_width, width),
        Axis(path.y, path.height, path.frames, src_height, height),
    )
