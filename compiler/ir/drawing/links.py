"""The paths of links: along rows, through the gap before a column, and down a spine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compiler.ir.drawing.boxes import DrawnBox, Kind
from compiler.ir.drawing.grid import Grid
from compiler.ir.ops import Value

BEND = 14
"""Pixels: the radius of a turn."""
SWING = 40
"""Pixels by which a link swings around boxes in its way."""


@dataclass(frozen=True, slots=True)
class Place:
    """A box in the drawing, in pixels, its details cut into lines that fit."""

    box: DrawnBox
    lines: tuple[str, ...]
    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The y of its lower side."""
        return self.y + self.height

    @property
    def centre(self) -> int:
        """The x of its centre."""
        return self.x + self.width // 2

    @property
    def middle(self) -> int:
        """The y of its centre."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Link:
    """A line from one box to another, or to the film where `dst` is None; `path` is an SVG path."""

    src: Value
    dst: Value | None
    kind: Kind
    path: str


class Router:
    """Finds the links of placed boxes."""

    def __init__(self, places: Sequence[Place], grid: Grid) -> None:
        self.places = {place.box.name: place for place in places}
        self.grid = grid

    def links(self, film: Sequence[Place]) -> Iterator[Link]:
        """A link for every operand of a box, and one for each part of the film."""
        for dst in self.places.values():
            over = self.grid.above.get(dst.box.name)
            for value in dst.box.reads:
                src = self.places[value]
                yield Link(value, dst.box.name, src.box.kind, self._path(src, dst, over, dst.box.joins))
        for dst in film:
            src = self.places[dst.box.reads[0]]
            yield Link(src.box.name, None, src.box.kind, self._path(src, dst, self.grid.lowest.get(dst.box.kind), True))

    def _path(self, src: Place, dst: Place, over: Value | None, spine: bool) -> str:
        """The path from `src` to `dst`; `over` is the join above `dst` in the spine."""
        if not spine:
            return _along(src, dst)
        if src.box.name == over:
            return f"M{src.centre},{src.bottom} V{dst.y}"
        if src.x == dst.x:
            return _around(src, dst)
        clear = over is None or self.places[over].bottom < src.middle
        return _down(src, dst) if clear and src.middle < dst.y else _along(src, dst)


def _along(src: Place, dst: Place) -> str:
    """A path along the row of `src`, then through the gap before `dst` to its row."""
    start, y, end = f"M{src.right},{src.middle}", src.middle, dst.middle
    if src.right >= dst.x:
        return f"{start} C{src.right + SWING},{y} {dst.x - SWING},{end} {dst.x},{end}"
    if y == end:
        return f"{start} H{dst.x}"
    x, bend = dst.x - BEND, BEND if y < end else -BEND
    return f"{start} H{x - BEND} Q{x},{y} {x},{y + bend} V{end - bend} Q{x},{end} {dst.x},{end}"


def _down(src: Place, dst: Place) -> str:
    """A path along the row of `src` to the spine, and down to `dst`."""
    x, y = dst.centre, src.middle
    return f"M{src.right},{y} H{x - BEND} Q{x},{y} {x},{y + BEND} V{dst.y}"


def _around(src: Place, dst: Place) -> str:
    """A path out of the spine on its right, past the boxes between, and back."""
    x = src.right + SWING
    return f"M{src.right},{src.middle} C{x},{src.middle} {x},{dst.middle} {dst.right},{dst.middle}"
