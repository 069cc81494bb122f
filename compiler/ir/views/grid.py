"""Where boxes go: which band, row and column each of them has.

Every clip is a band: rows for its picture, and under them rows for its sound. Columns are longest paths. Joins have a
column of their own at the right for each kind, its spine, and stand beside the last clip they take in, under what they
go on from. No two boxes share a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from compiler.ir.ops import Value
from compiler.ir.views.boxes import Box, Kind


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of boxes: columns first those of the clips, then the spine of sound, then the spine of pictures."""

    bands: tuple[str, ...]
    """The clips' lanes, from the top."""
    starts: tuple[int, ...]
    """The row at which each band begins, and the row after the last."""
    columns: int
    """How many the clips need."""
    cells: Mapping[Value, tuple[int, int]]
    """Row and column of each box."""
    above: Mapping[Value, Value]
    """What stands next above each join in its spine."""

    def spine(self, kind: Kind) -> int:
        """The column of a kind's joins."""
        return self.columns + (kind == "video")


def arrange(every: Sequence[Box]) -> Grid:
    """The grid of these boxes."""
    clips, joins = [box for box in every if not box.joins], [box for box in every if box.joins]
    bands = {lane: k for k, lane in enumerate(dict.fromkeys(box.lane for box in clips))}
    columns, rows = _columns(clips), _rows(clips)
    stacks = _stacks(joins, {box.name: bands[box.lane] for box in clips})
    extents = [[_Extent(), _Extent()] for _ in range(max(1, len(bands)))]
    for box in clips:
        extents[bands[box.lane]][box.kind == "audio"].reach(rows[box.name])
    starts, sounds = [0], []
    for k, (picture, sound) in enumerate(extents):
        stacked = (len(stacks.get((k, "video"), ())), picture.rows + len(stacks.get((k, "audio"), ())))
        sounds.append(starts[-1] + picture.rows)
        starts.append(starts[-1] + max(1, picture.rows + sound.rows, *stacked))
    return Grid(tuple(bands), tuple(starts), 0, {}, {})
