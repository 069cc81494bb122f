"""choose-crops: reframings become legal ops, and values keep their names."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compiler.errors import Loc, ReelError
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import Video, infer
from compiler.ir.ops import Colour, Conform, Crop, Op, Perspective, Reframe, Source, Value
from compiler.passes.crops import choose_crops
from compiler.timeline.curve import Box
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import Media, VideoStream
from compiler.timeline.path import Path
from tests.passes.crops.paths import gliding, still

LOC = Loc("dunk", "/clips/0/crop_data")


def reframed(path: Path, width: int = 1920, height: int = 1080) -> Graph:
    stream = VideoStream(
        0, "h264", width, height, Fraction(30), Fraction(1, 15360), Fraction(0), SourceTime(Fraction(9))
    )
    media = Media("dunk.mp4", "mov", Fraction(0), stream)
    ops: dict[str, Op] = {
        "dunk.src": Source(media, "video"),
        "dunk.colour": Colour(Value("dunk.src")),
        "dunk.frame": Reframe(Value("dunk.colour"), path, 1080, 1920),
        "dunk": Conform(Value("dunk.frame")),
    }
    return Graph(tuple(Def(Value(name), op, LOC) for name, op in ops.items()), Value("dunk"), None)


def test_the_last_step_keeps_the_name() -> None:
    graph = choose_crops(reframed(gliding(Box(0, 0, 607.5, 1080), Box(1312.5, 0, 607.5, 1080))))
    assert " ".join(define.name for define in graph) == (
        "dunk.src dunk.colour dunk.frame.smear dunk.frame.coarse dunk.frame.scale dunk.frame dunk"
    )
    assert all(define.loc == LOC for define in graph)


@pytest.mark.parametrize(
    "path",
    [
        still(0, 0, 1920, 1080),
        still(656, 0, 608, 1080),
        gliding(Box(9, 0, 607.5, 1080), Box(1000, 0, 607.5, 1080)),
        gliding(Box(300, 0, 608, 1080), Box(354, 95.9, 500, 888.2)),
    ],
)
def test_the_shape_is_what_was_asked_for(path: Path) -> None:
    graph = choose_crops(reframed(path))
    assert not any(isinstance(define.op, Reframe) for define in graph)
    shape = infer(graph)[graph.picture]
    assert isinstance(shape, Video)
    assert (shape.width, shape.height) == (1080, 1920)


def test_it_is_idempotent() -> None:
    once = choose_crops(reframed(gliding(Box(300, 0, 608, 1080), Box(354, 95.9, 500, 888.2))))
    assert choose_crops(once) == once


def test_every_step_reads_the_one_before() -> None:
    graph = choose_crops(reframed(gliding(Box(300, 0, 608, 1080), Box(354, 95.9, 500, 888.2))))
    follow, bent = (graph.ops[Value(f"dunk.frame.{step}")] for step in ("follow", "perspective"))
    assert isinstance(follow, Crop)
    assert isinstance(bent, Perspective)
    assert (follow.src, bent.src) == ("dunk.colour", "dunk.frame.follow")


@pytest.mark.parametrize(
    ("path", "size"), [(still(0, 0, 1, 1), (64, 36)), (still(0, 0, 1, 4), (1, 9)), (still(2, 3, 0, 0), (64, 36))]
)
def test_a_box_that_has_no_pixels_is_an_error(path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(ReelError, match="too small") as caught:
        choose_crops(reframed(path, *size))
    assert (caught.value.code, caught.value.loc) == ("RC402", LOC)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 7), (7680, 4320)])
def test_a_whole_picture_of_any_size_is_scaled(size: tuple[int, int]) -> None:
    graph = choose_crops(reframed(still(0, 0, *size), *size))
    assert [define.name for define in graph] == ["dunk.src", "dunk.colour", "dunk.frame", "dunk"]
