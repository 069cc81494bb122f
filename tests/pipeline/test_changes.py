"""The changes by a pass, definition by definition."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from compiler.ir.text import show
from compiler.pipeline.changes import changes, drawing, lines
from tests.golden.compiling import FILMS, compile_case


@pytest.mark.parametrize("case", FILMS[:12])
def test_marked_lines_are_both_graphs(case: str) -> None:
    """Without the removed lines they are the graph after; without the new lines, the names of the graph before."""
    stages = compile_case(case).stages
    counted = changes(stages)
    assert counted[0].new == counted[0].changed == counted[0].gone == 0
    for (before, after), change in zip(pairwise(stages), counted[1:], strict=True):
        listed = list(lines(before.graph, after.graph))
        kept = [line.text for line in listed if line.mark != "gone"]
        assert kept == show(after.graph).splitlines()[: len(kept)]
        names = {line.text.split()[0] for line in listed if line.mark != "new"}
        assert names == {f"%{define.name}" for define in before.graph}
        marks: list[str] = [line.mark for line in listed]
        assert tuple(map(marks.count, ("new", "changed", "gone"))) == (change.new, change.changed, change.gone)
        assert set(marks) != {"same"}


def marked(svg: str) -> dict[str, str]:
    """Of every box that is a link: the value to which it links, and its mark, empty for none."""
    found = re.findall(r'<a href="#([^"]+)" tabindex="-1"><g class="node ([^"]*)"', svg)
    return {name: next(iter({"gone", "changed"} & set(classes.split())), "") for name, classes in found}


@pytest.mark.parametrize("case", FILMS[:4])
def test_drawings_mark_what_the_other_lacks_and_what_differs(case: str) -> None:
    stages = compile_case(case).stages
    for (before, after), change in zip(pairwise(stages), changes(stages)[1:], strict=True):
        there = {define.name for define in before.graph}
        found = marked(drawing(after.graph, before.graph, ("gone", "changed"), lambda name: f"#{name}", {}))
        assert set(found) == {define.name for define in after.graph}
        marks = [*found.values()]
        assert (marks.count("gone"), marks.count("changed")) == (change.new, change.changed)
        assert {name for name, mark in found.items() if mark == "gone"} == set(found) - there


def test_a_drawing_by_itself_has_no_marks() -> None:
    graph = compile_case(FILMS[0]).stages[0].graph
    assert set(marked(drawing(graph, None, ("gone", "changed"), lambda name: f"#{name}", {})).values()) == {""}
