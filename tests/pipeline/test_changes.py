"""The changes by a pass, definition by definition."""

from __future__ import annotations

from itertools import pairwise

import pytest

from compiler.ir.text import show
from compiler.pipeline.changes import changes, lines
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
