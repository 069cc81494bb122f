"""The graph laid out in lanes: boxes, bands and links with whole pixel places, drawn by nobody yet.

A graph of more than `CROWDED` definitions is drawn with each clip's picture, and each clip's sound, as one box. Links
run along rows. Into a join they turn down its spine, where the reel runs from clip to clip and ends in the film.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from compiler.errors import Loc
from compiler.ir.graph import Graph
from compiler.ir.ops import Value
from compiler.ir.views.boxes import Box, Kind, boxes, collapse
from compiler.ir.views.grid import Grid, arrange
from compiler.ir.views.measure import cells, wrap

CROWDED = 120
"""Definitions: a graph of more is drawn with a box a chain."""

# Pixels.
MARGIN, PAD, HEAD, FOOT = 20, 16, 34, 16
"""Around the drawing; beside a band's boxes; above them, under its name; below them."""
COLUMN_GAP, ROW_GAP, BAND_GAP, SPINE_GAP = 30, 14, 14, 36
INSET = 12
"""From a box's side to its text."""
NARROWEST = 92
VERB_CELL, TEXT_CELL = 8.6, 6.5
"""A cell's width at the sizes of verbs and of smaller text, in the widest of the usual fonts."""
VERB_LINE, TEXT_LINE = 18, 15
LONGEST, MOST_LINES = 28, 2
"""Cells of a line, and lines, of details."""
BEND = 14
"""The radius of a turn."""


@dataclass(frozen=True, slots=True)
class Place:
    """A box in the drawing, its text cut to fit."""

    box: Box
    lines: tuple[str, ...]
    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Its right side's x."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Its lower side's y."""
        return self.y + self.height

    @property
    def centre(self) -> int:
        """The x halfway across it."""
        return self.x + self.width // 2

    @property
    def middle(self) -> int:
        """The y halfway down it."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Link:
    """A line from the box of `src` to the box of `dst`, or to the film where that is None: an SVG path."""

    src: Value
    dst: Value | None
    kind: Kind
    path: str


@dataclass(frozen=True, slots=True)
class Band:
    """The ground that a clip's boxes stand on."""

    name: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole drawing; `film` holds a box for the film's picture and one for its sound."""

    width: int
    height: int
    bands: tuple[Band, ...]
    places: tuple[Place, ...]
    film: tuple[Place, ...]
    links: tuple[Link, ...]
