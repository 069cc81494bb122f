"""The graph laid out in lanes: boxes, bands and links, at whole pixels.

A graph of more than `CROWDED` definitions has one box for each clip's picture, and one for each clip's sound. The last
row is the film.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from compiler.errors import Loc
from compiler.ir.drawing.boxes import DrawnBox, boxes, collapse
from compiler.ir.drawing.grid import Grid, arrange
from compiler.ir.drawing.links import Link, Place, Router
from compiler.ir.drawing.measure import cells, wrap
from compiler.ir.graph import Graph
from compiler.ir.ops import Value

CROWDED = 120
"""Definitions: larger graphs are drawn with one box a chain."""

MARGIN, PAD, HEAD, FOOT = 20, 16, 36, 16
"""Pixels around the drawing; beside a band's boxes; above the boxes, for the clip's name; below the boxes."""
COLUMN_GAP, SPINE_GAP, ROW_GAP, BAND_GAP = 30, 40, 14, 14
"""Pixels between columns; before a spine; between rows; between bands."""
INSET, NARROWEST = 13, 92
"""Pixels from a box's side to its text, and across the narrowest box."""
VERB_CELL, TEXT_CELL = 8.6, 6.5
"""Pixels of a cell of a verb, and of a cell of smaller text, in the widest common font."""
VERB_LINE, TEXT_LINE, LEAD = 18, 15, 10
"""Pixels of a line of a verb, of a line of smaller text, and above and below a box's text."""
LONGEST, MOST_LINES = 28, 2
"""Cells of a line of details, and lines of details in a box."""


@dataclass(frozen=True, slots=True)
class Band:
    """The background of a clip's boxes."""

    name: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole drawing. `film` holds a box for the film's picture and one for its sound, named after their values."""

    width: int
    height: int
    bands: tuple[Band, ...]
    places: tuple[Place, ...]
    film: tuple[Place, ...]
    links: tuple[Link, ...]


def draw(graph: Graph) -> Drawing:
    """The drawing of a graph; no two boxes overlap, and every link joins two boxes."""
    every, standing = boxes(graph), dict[Value, Value]()
    roots = {box.name: box for box in every if box.name in graph.roots}
    if len(every) > CROWDED:
        every, standing = collapse(every)
    film = [_film(roots[root], standing.get(root, root)) for root in graph.roots]
    return _placed(every, film, arrange(every))


def _film(root: DrawnBox, read: Value) -> DrawnBox:
    what = "picture" if root.kind == "video" else "sound"
    return DrawnBox(root.name, root.kind, "film", what, root.shape, f"film %{root.name} : {root.shape}", Loc(), (read,))


def _placed(every: Sequence[DrawnBox], film: Sequence[DrawnBox], grid: Grid) -> Drawing:
    drawn, last = [*every, *film], grid.starts[-1]
    texts = [wrap(box.details, LONGEST, MOST_LINES) for box in drawn]
    spots = [grid.cells[box.name] for box in every] + [(last, grid.spine(box.kind)) for box in film]
    columns = _columns(drawn, texts, [column for _, column in spots], grid.columns)
    height = 2 * LEAD + VERB_LINE + TEXT_LINE * (1 + max(map(len, texts)))
    rows, bands = _rows(grid, height)
    placed = [
        Place(box, text, columns[column][0], rows[row], columns[column][1], height)
        for box, text, (row, column) in zip(drawn, texts, spots, strict=True)
    ]
    places, ends = tuple(placed[: len(every)]), tuple(placed[len(every) :])
    ground = max((sum(columns[k]) for k in range(grid.columns)), default=MARGIN) + PAD - MARGIN
    return Drawing(
        max(place.right for place in placed) + MARGIN,
        rows[last] + height + MARGIN,
        tuple(Band(name, MARGIN, y, ground, tall) for name, (y, tall) in zip(grid.bands, bands, strict=False)),
        places,
        ends,
        tuple(Router(places, grid).links(ends)),
    )


def _columns(
    every: Sequence[DrawnBox], texts: Sequence[Sequence[str]], columns: Sequence[int], clips: int
) -> Mapping[int, tuple[int, int]]:
    """The left side and the width of each column; a column is as wide as its widest box."""
    widths: dict[int, int] = {}
    for box, lines, column in zip(every, texts, columns, strict=True):
        widths[column] = max(widths.get(column, NARROWEST), _width(box, lines))
    placed: dict[int, tuple[int, int]] = {}
    x = MARGIN + PAD
    for column in sorted(widths):
        x += (PAD if column == clips else 0) + (SPINE_GAP - COLUMN_GAP if column >= clips else 0)
        placed[column] = x, widths[column]
        x += widths[column] + COLUMN_GAP
    return placed


def _width(box: DrawnBox, lines: Sequence[str]) -> int:
    text = min(LONGEST, max(cells(line) for line in (*lines, box.shape)))
    return 2 * INSET + ceil(max(cells(box.verb) * VERB_CELL, text * TEXT_CELL))


def _rows(grid: Grid, height: int) -> tuple[list[int], list[tuple[int, int]]]:
    """The upper side of each row, the film's last, and the upper side and the height of each band."""
    rows: list[int] = []
    bands: list[tuple[int, int]] = []
    y = MARGIN
    for first, until in zip(grid.starts, grid.starts[1:], strict=False):
        count = until - first
        tall = HEAD + count * height + (count - 1) * ROW_GAP + FOOT
        rows += accumulate([height + ROW_GAP] * (count - 1), initial=y + HEAD)
        bands.append((y, tall))
        y += tall + BAND_GAP
    return [*rows, y + ROW_GAP], bands
