"""Scripts: joining into chains, names of links, and line breaks."""

from __future__ import annotations

import re

import pytest

from compiler.emit.filters import spell
from compiler.emit.pictures import MARKED
from compiler.emit.script import WIDTH, script, sources
from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.ir.ops import Op
from tests.golden.compiling import FILMS, compile_case
from tests.golden.media import MEDIA
from tests.ir.graphs import footage, graph, v

LABEL = re.compile(r"\[([^\[\]]+)\]")


def chains(text: str) -> list[tuple[list[str], str, list[str]]]:
    """Every chain's links in, filters, links out."""
    found = []
    for chain in text.strip().split(";\n\n"):
        lines = chain.split("\n")
        reads = LABEL.findall(lines[0]) if lines[0].startswith("[") else []
        body = "\n".join(line for line in lines if line.startswith("  "))
        found.append((reads, body, LABEL.findall(lines[-1])))
    return found


@pytest.mark.parametrize("case", FILMS)
def test_every_link_is_made_once_and_read_once(case: str) -> None:
    compiled = compile_case(case)
    made: list[str] = []
    read: list[str] = []
    for reads, body, makes in chains(compiled.script):
        assert body
        assert all(label in made or re.fullmatch(r"\d+:\d+", label) for label in reads), (
            "each value is made before it is read"
        )
        made += makes
        read += [label for label in reads if ":" not in label]
    assert len(set(made)) == len(made)
    assert sorted([*read, *compiled.film.roots]) == sorted(made)


@pytest.mark.parametrize("case", FILMS)
def test_every_input_is_read_once_by_its_own_stream(case: str) -> None:
    compiled = compile_case(case)
    read = [label for reads, _, _ in chains(compiled.script) for label in reads if ":" in label]
    streams = []
    for number, value in enumerate(sources(compiled.film)):
        op = compiled.film.ops[value]
        assert isinstance(op, ops.Source)
        stream = op.media.video if op.stream == "video" else op.media.audio
        assert stream is not None
        streams.append(f"{number}:{stream.index}")
    assert sorted(read) == sorted(streams)


@pytest.mark.parametrize("case", FILMS)
def test_filter_instances_are_named_once_after_definitions(case: str) -> None:
    compiled = compile_case(case)
    instances = re.findall(r"(\w+)@([^=,\s]+)", compiled.script)
    assert len(set(instances)) == len(instances)
    names = {name.removesuffix(".in").removesuffix(".out") for _, name in instances}
    assert names <= {str(name) for name in compiled.film.ops}
    assert names <= {str(name) for name in compiled.locs}


@pytest.mark.parametrize("case", FILMS)
def test_lines_are_filled_and_no_longer_than_they_must_be(case: str) -> None:
    for line in compile_case(case).script.splitlines():
        alone = line.count(", ") == 0 or "fillborders" in line
        assert len(line) <= WIDTH + 3 or alone, line


def spelled(film: Graph) -> str:
    return script(film, spell(film))


def made(**more: Op) -> Graph:
    defs = {**footage(), **more}
    return graph(defs, list(defs)[-1])


def test_a_run_is_one_chain_in_order() -> None:
    assert spelled(graph(footage())) == (
        "[0:0]\n"
        "  settb=1/1000000000, trim@a.trim=start_pts=1000000000:end_pts=3000000000, "
        "setpts@a.warp='floor((T-1)*30+0.501)/30/TB',\n"
        "  fps@a.warp=30:start_time=0, tpad=stop=-1:stop_mode=clone, trim=end_frame=60, setsar=1, format=yuv420p,\n"
        f"  {MARKED}\n"
        "[a]\n"
    )


def test_a_film_that_others_read_on_is_a_link_of_its_own() -> None:
    text = spelled(Graph(made(b=ops.Restamp(v("a"))).defs, v("a"), v("b")))
    assert "[a];\n\n[a]\n  settb=1/30" in text


def test_a_split_names_all_its_ways() -> None:
    text = spelled(
        made(
            s=ops.Split(v("a"), 2),
            **{"a.1": ops.Branch(v("s"), 0), "a.2": ops.Branch(v("s"), 1)},
            reel=ops.Concat((v("a.1"), v("a.2"))),
        )
    )
    assert text.endswith("split=2\n[a.1][a.2];\n\n[a.1][a.2]\n  concat@reel=n=2:v=1:a=0\n[reel]\n")


def test_a_run_may_begin_with_nothing() -> None:
    silence = Graph((*graph(footage()).defs, *graph({"q": ops.Silence(9)}).defs), v("a"), v("q"))
    assert spelled(silence).endswith("[a];\n\n  anullsrc=r=48000:cl=stereo, atrim=end_sample=9, " + SAMPLES + "\n[q]\n")


SAMPLES = "aformat=sample_fmts=fltp:channel_layouts=stereo"


def test_sources_are_numbered_in_order() -> None:
    listed = graph({"b": ops.Source(MEDIA["game.mp4"], "video"), "a": ops.Source(MEDIA["game.mp4"], "audio")})
    assert sources(listed) == ["b", "a"]
