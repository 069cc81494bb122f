"""The graph for Graphviz: its contents, and that Graphviz reads it."""

import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings

from compiler.ir.drawing import as_dot
from compiler.ir.drawing.boxes import anchor, printable
from compiler.ir.graph import Graph
from compiler.ir.ops import operands
from tests.ir.drawing.graphs import hostile, reel, reels, tangles

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}"


@pytest.fixture(scope="module")
def graphviz() -> str:
    """The `dot` program."""
    program = shutil.which("dot")
    if program is None:
        pytest.skip("this machine has no Graphviz (`dot`)")
    return program


def drawn(program: str, graph: Graph) -> ElementTree.Element:
    """Graphviz's output for the graph; it must print no warning."""
    done = subprocess.run([program, "-Tsvg"], input=as_dot(graph).encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return ElementTree.fromstring(done.stdout)


def test_a_reel_reads_as_a_cluster_a_clip_and_joins_apart() -> None:
    lines = as_dot(reel(2, pieces=(0,))).splitlines()
    inside = lines[lines.index('  subgraph "cluster_clip0" {') : lines.index('  subgraph "cluster_clip1" {')]
    assert inside[1] == '    graph [label=<clip0>, class="clip", style=rounded, color="#c8ced6"]'
    assert [line.split()[0] for line in inside[2:-1]] == [
        *('"clip0.video"', '"clip0.trim"', '"clip0.warp"', '"clip0.crop"', '"clip0"', '"clip0.sound"'),
    ]
    assert inside[3] == (
        '    "clip0.trim" [id="value-clip0.trim", class="video", color="#0a63c9", tooltip="/clips/0/trim", '
        'label=<<b>trim</b><br/>[2 .. 5)<br/><font point-size="9" color="#656d76">1920x1080</font>>]'
    )
    assert any(line.startswith('  "reel" [id="value-reel", class="video join"') for line in lines)
    assert '  "clip0" -> "reel" [class="video", color="#0a63c9"]' in lines


@given(reels() | tangles())
def test_it_has_every_node_and_every_edge_once(graph: Graph) -> None:
    lines = as_dot(graph).splitlines()
    assert sum(" [id=" in line for line in lines) == len(graph.defs)
    assert sum(" -> " in line and "[class=" in line for line in lines) == sum(
        len(set(operands(define.op))) for define in graph
    )


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(graph=reels(3) | tangles(8))
def test_graphviz_draws_every_value_and_edge(graphviz: str, graph: Graph) -> None:
    root = drawn(graphviz, graph)
    classes = [element.get("class", "").split() for element in root.iter(f"{SVG}g")]
    ids = {element.get("id") for element in root.iter(f"{SVG}g")}
    assert {anchor(define.name) for define in graph} <= ids
    assert sum("edge" in names for names in classes) == sum(len(set(operands(define.op))) for define in graph)
    assert sum("cluster" in names for names in classes) == len(
        {define.name.partition(".")[0] for define in graph} - {"reel"}
    )


def test_graphviz_shows_hostile_places_as_they_are(graphviz: str) -> None:
    graph = hostile()
    titles = [link.get(f"{LINK}title") for link in drawn(graphviz, graph).iter(f"{SVG}a")]
    expected = {printable(define.loc.pointer) for define in graph}
    assert {" ".join((title or "").split()) for title in titles} == {" ".join(pointer.split()) for pointer in expected}


def test_it_is_the_same_every_time() -> None:
    assert as_dot(reel(4, pieces=(0, 3))) == as_dot(reel(4, pieces=(0, 3)))
