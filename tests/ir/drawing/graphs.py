"""Graphs made by hand and at random, in the form of a reel's graph and in any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.ops import Op, Value
from compiler.timeline.curve import Box
from compiler.timeline.frame_values import FrameValues
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import AudioStream, Media, VideoStream
from compiler.timeline.path import Path, draw
from compiler.timeline.warp import Pace, Warp

FPS = Fraction(30000, 1001)
FRAMES, SAMPLES = 60, 96096
HOSTILE = 'a"b<&>\\N%20]]>\n\x00\x1b\ud800é視'
"""Quotes, markup, escapes of two languages, controls, half a surrogate pair."""


def media(path: str = "game.mp4", tint: tuple[str, str, str] = ("yuv420p", "tv", "bt709")) -> Media:
    picture = VideoStream(0, "h264", 1920, 1080, FPS, Fraction(1, 30000), Fraction(0), at(20))
    picture = replace(picture, pix_fmt=tint[0], color_range=tint[1], color_space=tint[2])
    sound = AudioStream(1, "aac", 48000, 2, "stereo", Fraction(1, 48000), Fraction(0), at(20))
    return Media(path, "mov", Fraction(0), picture, sound)


def at(seconds: int) -> SourceTime:
    return SourceTime(Fraction(seconds))


WARP = Warp((Pace(at(2), at(3)), Pace(at(3), at(4), Fraction(1, 2), Fraction(1, 2)), Pace(at(4), at(5))))


def panned() -> Path:
    return draw(FrameValues([Box(100 + 5 * n, 0, 607.5, 1080) for n in range(FRAMES)]), [0])


def chain(name: str, steps: Sequence[tuple[str, Op]], clip: int) -> list[Def]:
    """Definitions `name.step`, or `name` where the step has no name, each with a place in clip number `clip`."""
    return [
        Def(Value(f"{name}.{step}" if step else name), op, Loc(name, f"/clips/{clip}/{step}")) for step, op in steps
    ]


def picture(name: str, clip: int, *, faded: bool = False) -> list[Def]:
    def value(step: str) -> Value:
        return Value(f"{name}.{step}")

    steps: list[tuple[str, Op]] = [
        ("video", ops.Source(media(), "video")),
        ("trim", ops.Trim(value("video"), at(2), at(5))),
        ("warp", ops.Retime(value("trim"), WARP, FPS)),
        ("crop", ops.Reframe(value("warp"), panned(), 1080, 1920)),
    ]
    if faded:
        steps.append(("fade", ops.Fade(value("crop"), 0, 7)))
    steps.append(("", ops.Conform(value(steps[-1][0]))))
    return chain(name, steps, clip)


def sound(name: str, clip: int, *, pieces: int = 1) -> list[Def]:
    """A clip's sound: silence, one stretch, or several pieces of different lengths, joined again."""

    def value(step: str) -> Value:
        return Value(f"{name}.{step}")

    if pieces == 0:
        return chain(name, [("sound", ops.Silence(SAMPLES))], clip)
    steps: list[tuple[str, Op]] = [
        ("audio", ops.Source(media(), "audio")),
        ("even", ops.Resample(value("audio"))),
    ]
    if pieces == 1:
        steps.append(("sound", ops.Stretch(value("even"), WARP, SAMPLES, "rubberband")))
        return chain(name, steps, clip)
    steps.append(("split", ops.Split(value("even"), pieces)))
    steps += [(f"even.{k}", ops.Branch(value("split"), k)) for k in range(pieces)]
    lasts = []
    for k in range(pieces):
        run = [f"even.{k}", *(f"piece.{k}.{j}" for j in range(1 + (2 * k + 1) % 3))]
        steps += [(step, ops.Exact(value(before), 48000)) for before, step in pairwise(run)]
        lasts.append(value(run[-1]))
    steps.append(("sound", ops.Concat(tuple(lasts))))
    return chain(name, steps, clip)


def joined(stem: str, values: Sequence[Value], cuts: Sequence[bool], *, restamped: bool) -> list[Def]:
    """Values joined in order, by a cut or a crossfade; on request each picture's join is restamped."""
    defs: list[Def] = []
    reel = values[0]
    for k, (value, cut) in enumerate(zip(values[1:], cuts, strict=True), start=2):
        name = Value(stem if k == len(values) else f"{stem}.{k}")
        join: Op = ops.Concat((reel, value)) if cut else ops.Xfade(reel, value, "dissolve", 15)
        loc = Loc("", f"/clips/{k - 1}/transition_data")
        if restamped:
            defs.append(Def(Value(f"{name}.joined"), join, loc))
            join = ops.Restamp(Value(f"{name}.joined"))
        defs.append(Def(name, join, loc))
        reel = name
    return defs


def reel(
    clips: int,
    *,
    pieces: Sequence[int] = (1,),
    cuts: Sequence[bool] = (False,),
    restamped: bool = False,
    heard: bool = True,
) -> Graph:
    """A graph in the form of a reel's; pieces of sound and kinds of joins are taken in turn."""
    names = [f"clip{k}" for k in range(clips)]
    turns = [cuts[k % len(cuts)] for k in range(clips - 1)]
    defs = [define for k, name in enumerate(names) for define in picture(name, k, faded=k % 2 == 1)]
    pictures = joined("reel", [Value(name) for name in names], turns, restamped=restamped)
    defs += pictures
    film = pictures[-1].name if pictures else Value(names[0])
    if not heard:
        return Graph(tuple(defs), film, None)
    for k, name in enumerate(names):
        defs += sound(name, k, pieces=pieces[k % len(pieces)])
    sounds = joined("reel.sound", [Value(f"{name}.sound") for name in names], turns, restamped=False)
    return Graph((*defs, *sounds), film, sounds[-1].name if sounds else Value(f"{names[0]}.sound"))


def reels(most: int = 6) -> st.SearchStrategy[Graph]:
    """Graphs in the form of a reel's."""
    return st.builds(
        reel,
        st.integers(1, most),
        pieces=st.lists(st.integers(0, 4), min_size=1, max_size=4),
        cuts=st.lists(st.booleans(), min_size=1, max_size=4),
        restamped=st.booleans(),
        heard=st.booleans(),
    )


def renamed(graph: Graph, suffix: str) -> Graph:
    """The graph with hostile names for every clip, place and medium."""

    def named(value: Value) -> Value:
        return Value(value + suffix)

    defs = []
    for define in graph:
        op = define.op
        match op:
            case ops.Concat(srcs):
                op = ops.Concat(tuple(named(src) for src in srcs))
            case ops.Xfade(left, right, kind, overlap):
                op = ops.Xfade(named(left), named(right), kind, overlap)
            case ops.Source(_, stream):
                op = ops.Source(media(f"{suffix}.mp4"), stream)
            case ops.Trim(src, start, end):
                op = ops.Trim(named(src), start, end)
            case _:
                raise AssertionError(f"no {type(op).__name__} in a graph to be renamed")
        defs.append(Def(named(define.name), op, Loc(f"clip {suffix}", f"/clips/{suffix}")))
    return Graph(tuple(defs), named(graph.picture), named(graph.audio) if graph.audio else None)


def hostile() -> Graph:
    """A small graph with only hostile names."""
    defs = [
        Def(Value("one.src"), ops.Source(media(), "video"), Loc()),
        Def(Value("one"), ops.Trim(Value("one.src"), at(1), at(2)), Loc()),
        Def(Value("two"), ops.Source(media(), "video"), Loc()),
        Def(Value("reel.2"), ops.Concat((Value("one"), Value("two"))), Loc()),
        Def(Value("one.audio"), ops.Source(media(), "audio"), Loc()),
    ]
    return renamed(Graph(tuple(defs), Value("reel.2"), Value("one.audio")), HOSTILE)


LANES = ("a", "b", "reel", "c c", HOSTILE)


@st.composite
def tangles(draw: st.DrawFn, most: int = 24) -> Graph:
    """Any graph whose shapes can be inferred: random lanes, joins and readers."""
    stems = draw(st.lists(st.sampled_from(LANES), min_size=1, max_size=most))
    names = [Value(f"{stem}.{k}" if k else stem) for k, stem in enumerate(stems)]
    kinds = ["video", *draw(st.lists(st.sampled_from(("video", "audio")), min_size=len(names), max_size=len(names)))]
    made: dict[str, list[Value]] = {"video": [], "audio": []}
    defs = []
    for name, kind in zip(names, kinds, strict=False):
        op = draw(st.one_of(_sources(kind), *(_readers(kind, made[kind]) if made[kind] else ())))
        defs.append(
            Def(name, op, Loc(draw(st.none() | st.just(name)), draw(st.sampled_from(("", "/clips/0", HOSTILE)))))
        )
        made[kind].append(name)
    audio = draw(st.none() | st.sampled_from(made["audio"])) if made["audio"] else None
    return Graph(tuple(defs), draw(st.sampled_from(made["video"])), audio)


def _sources(kind: str) -> st.SearchStrategy[Op]:
    if kind == "audio":
        return st.sampled_from([ops.Source(media(), "audio"), ops.Silence(SAMPLES)])
    wordy = media(tint=("yuva444p16le", "pc", "smpte240m"))
    return st.sampled_from([ops.Source(media(), "video"), ops.Source(wordy, "video")])


def _readers(kind: str, made: Sequence[Value]) -> list[st.SearchStrategy[Op]]:
    value = st.sampled_from(made)
    shared: list[st.SearchStrategy[Op]] = [
        st.builds(ops.Fade, value, st.just(0), st.just(7)),
        st.builds(ops.Concat, st.lists(value, min_size=2, max_size=4).map(tuple)),
        st.builds(ops.Xfade, value, value, st.just("dissolve"), st.just(15)),
        st.builds(ops.Split, value, st.just(2)),
    ]
    if kind == "audio":
        return [*shared, st.builds(ops.Resample, value), st.builds(ops.Exact, value, st.just(SAMPLES))]
    return [*shared, st.builds(ops.Conform, value), st.builds(ops.Scale, value, st.just(1080), st.just(1920))]


def deep(definitions: int) -> Graph:
    """One clip with this many definitions, each reading the one before."""
    names = [Value(f"long.{k}") for k in range(definitions)]
    ops_: list[Op] = [ops.Source(media(), "video"), *(ops.Conform(name) for name in names[:-1])]
    return Graph(
        tuple(Def(name, op, Loc("long", "/clips/0")) for name, op in zip(names, ops_, strict=True)), names[-1], None
    )
