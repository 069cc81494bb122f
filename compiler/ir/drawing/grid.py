"""The layout of boxes: a row and a column for each.

Every clip is a band of rows: first those of its picture, then those of its sound. Columns are longest paths. At the
right, each kind has a spine: a column of its joins, each beside the last clip that it joins and below the join that it
continues. No two boxes share a cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler.ir.drawing.boxes import DrawnBox, Kind
from compiler.ir.ops import Value

Part = tuple[int, Kind]
"""The picture or the sound of a band."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of boxes. Columns are first those of the clips, then the spine of sound, then that of pictures."""

    bands: tuple[str, ...]
    """The clips' lanes, from the top."""
    starts: tuple[int, ...]
    """The row at which each band begins, and the row after the last."""
    columns: int
    """The number of columns that the clips need."""
    cells: Mapping[Value, tuple[int, int]]
    """Row and column of each box."""
    above: Mapping[Value, Value]
    """The next join above each join in its spine."""
    lowest: Mapping[Kind, Value]
    """The last join of each spine."""

    def spine(self, kind: Kind) -> int:
        """The column of a kind's joins."""
        return self.columns + (kind == "video")


def arrange(every: Sequence[DrawnBox]) -> Grid:
    """The grid of boxes, given in the order of a graph."""
    clips, joins = [box for box in every if not box.joins], [box for box in every if box.joins]
    lanes = {lane: k for k, lane in enumerate(dict.fromkeys(box.lane for box in clips))}
    parts: dict[Value, Part] = {box.name: (lanes[box.lane], box.kind) for box in clips}
    columns = _columns(clips)
    rows = _rows(clips, columns)
    stacks = _stacks(joins, parts)
    firsts, starts = _bands(max(1, len(lanes)), parts, rows, stacks)
    wide = max(columns.values(), default=-1) + 1
    cells = {name: (firsts[part] + rows[name], columns[name]) for name, part in parts.items()}
    for part, stack in stacks.items():
        cells |= {name: (firsts[part] + k, wide + (part[1] == "video")) for k, name in enumerate(stack)}
    return Grid(tuple(lanes), starts, wide, cells, *_spines(stacks))


def _columns(clips: Sequence[DrawnBox]) -> dict[Value, int]:
    """The number of clips' boxes before each box, on the longest path to it."""
    columns: dict[Value, int] = {}
    for box in clips:
        columns[box.name] = max((columns.get(value, -1) for value in box.reads), default=-1) + 1
    return columns


def _rows(clips: Sequence[DrawnBox], columns: Mapping[Value, int]) -> dict[Value, int]:
    """Each box's row within its part of the band: the row of its first operand, if that is free."""
    rows: dict[Value, int] = {}
    lanes: dict[Value, tuple[str, Kind]] = {box.name: (box.lane, box.kind) for box in clips}
    taken: set[tuple[tuple[str, Kind], int, int]] = set()
    for box in clips:
        lane = lanes[box.name]
        row = next((rows[value] for value in box.reads if value in rows and lanes[value] == lane), 0)
        while (lane, row, columns[box.name]) in taken:
            row += 1
        rows[box.name] = row
        taken.add((lane, row, columns[box.name]))
    return rows


def _stacks(joins: Sequence[DrawnBox], parts: Mapping[Value, Part]) -> dict[Part, list[Value]]:
    """The joins beside each part of a band; a join stands beside the lowest band that it reads."""
    stacks: dict[Part, list[Value]] = defaultdict(list)
    beside = {name: band for name, (band, _) in parts.items()}
    for box in joins:
        band = max((beside.get(value, 0) for value in box.reads), default=0)
        beside[box.name] = band
        stacks[band, box.kind].append(box.name)
    return stacks


def _bands(
    count: int, parts: Mapping[Value, Part], rows: Mapping[Value, int], stacks: Mapping[Part, Sequence[Value]]
) -> tuple[dict[Part, int], tuple[int, ...]]:
    """The first row of each part and of each band; a band has as many rows as its boxes and its joins need."""
    depths: dict[Part, int] = defaultdict(int)
    for name, part in parts.items():
        depths[part] = max(depths[part], rows[name] + 1)
    firsts: dict[Part, int] = {}
    starts = [0]
    for k in range(count):
        top = starts[-1]
        middle = top + depths[k, "video"]
        firsts[k, "video"], firsts[k, "audio"] = top, middle
        pictures, sounds = (len(stacks.get((k, kind), ())) for kind in ("video", "audio"))
        starts.append(max(top + 1, top + pictures, middle + max(depths[k, "audio"], sounds)))
    return firsts, tuple(starts)


def _spines(stacks: Mapping[Part, Sequence[Value]]) -> tuple[dict[Value, Value], dict[Kind, Value]]:
    """The join above each join, and the last join of each kind."""
    above: dict[Value, Value] = {}
    lowest: dict[Kind, Value] = {}
    for part in sorted(stacks):
        for name in stacks[part]:
            if part[1] in lowest:
                above[name] = lowest[part[1]]
            lowest[part[1]] = name
    return above, lowest
