"""The graph as JSON: exact, versioned, complete."""

import json
from fractions import Fraction
from typing import Any

from hypothesis import given

from compiler.ir.drawing import as_json
from compiler.ir.graph import Graph
from compiler.ir.infer import Audio, Video, infer
from compiler.ir.ops import OPS, operands
from tests.ir.drawing.graphs import FPS, hostile, reel, reels, tangles

MEMBERS = {"name", "op", "operands", "phrase", "shape", "clip", "pointer"}
PICTURE = {
    **{"kind": str, "width": int, "height": int, "frames": int | None, "fps": str | None, "zero": str},
    **{"square": bool, "stamped": bool, "pix_fmt": str, "range": str | None, "matrix": str | None},
}
SOUND = {"kind": str, "samples": int | None, "zero": str}
NAMES = {op.__name__.lower() for op in OPS}


def read_back(graph: Graph) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(as_json(graph)))
    return document


@given(reels() | tangles())
def test_it_says_all_of_the_graph_in_order(graph: Graph) -> None:
    document = read_back(graph)
    assert set(document) == {"graph", "roots", "defs"}
    assert document["graph"] == 1
    assert document["roots"] == {"video": graph.video, "audio": graph.audio}
    shapes = infer(graph)
    for said, define in zip(document["defs"], graph, strict=True):
        assert set(said) == MEMBERS
        assert said["name"] == define.name
        assert said["op"] in NAMES
        assert tuple(said["operands"]) == operands(define.op)
        assert said["clip"] == define.loc.clip
        assert said["pointer"] == (define.loc.pointer or None)
        assert_says(said["shape"], shapes[define.name])


def assert_says(said: dict[str, Any], shape: Video | Audio) -> None:
    members = PICTURE if isinstance(shape, Video) else SOUND
    assert {name: isinstance(said[name], kind) for name, kind in members.items()} == dict.fromkeys(members, True)
    assert set(said) == set(members)
    for name in set(members) - {"kind", "fps", "zero", "pix_fmt", "range", "matrix"}:
        assert said[name] == getattr(shape, name)
    assert Fraction(said["zero"]) == shape.zero
    if isinstance(shape, Video):
        assert (said["fps"] and Fraction(said["fps"])) == shape.fps


def test_definitions_are_told_as_documented() -> None:
    said = {define["name"]: define for define in read_back(reel(2))["defs"]}
    assert said["clip0.warp"] == {
        "name": "clip0.warp",
        "op": "retime",
        "operands": ["clip0.trim"],
        "phrase": "retime %clip0.trim 1x until 3, 0.5x until 4, 1x at 30000/1001 fps",
        "shape": {
            **{"kind": "video", "width": 1920, "height": 1080, "frames": 120, "fps": str(FPS), "zero": "0"},
            **{"square": True, "stamped": True, "pix_fmt": "yuv420p", "range": "tv", "matrix": "bt709"},
        },
        "clip": "clip0",
        "pointer": "/clips/0/warp",
    }
    assert said["clip0.video"]["shape"]["fps"] is None
    assert said["clip1.sound"]["shape"] == {"kind": "audio", "samples": 96096, "zero": "0"}


def test_hostile_names_come_back_whole() -> None:
    graph = hostile()
    assert [said["name"] for said in read_back(graph)["defs"]] == [define.name for define in graph]


def test_it_is_the_same_every_time() -> None:
    assert json.dumps(as_json(reel(3))) == json.dumps(as_json(reel(3)))
