"""Graphs as inputs of passes: the golden reels, partly lowered."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.ir.graph import Graph
from compiler.lower import lower
from compiler.lower.rate import at_rate
from compiler.passes import PASSES, Pass
from tests.golden.compiling import BUILDS, reel_of
from tests.golden.media import MEDIA, NINE


def lowered(case: str) -> Graph:
    """A golden reel after lowering."""
    return lower(at_rate(reel_of(case), MEDIA), MEDIA, BUILDS.get(case, NINE)).graph


def through(graph: Graph, steps: Iterable[Pass]) -> Graph:
    """The graph after these passes, in this order."""
    for step in steps:
        graph = step(graph)
    return graph


def before(step: Pass, graph: Graph) -> Graph:
    """A lowered graph in the form in which `step` receives it."""
    return through(graph, PASSES[: PASSES.index(step)])
