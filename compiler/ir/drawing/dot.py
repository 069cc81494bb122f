"""The graph for Graphviz: left to right, one cluster a clip, joins apart.

Every node has `id="value-<name>"`, the class `video` or `audio`, and the class `join` if it belongs to the reel, so
that a page can style Graphviz's drawing; its tooltip is the JSON pointer of its origin.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from urllib.parse import quote
from xml.sax.saxutils import escape

from compiler.ir.drawing.boxes import JOINS, DrawnBox, anchor, boxes, printable
from compiler.ir.drawing.style import PALETTE
from compiler.ir.graph import Graph
from compiler.ir.ops import Value

HEAD = """digraph reel {
  graph [rankdir=LR, fontname="sans-serif", fontsize=12, nodesep=0.2, ranksep=0.35]
  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif", fontsize=11, margin="0.12,0.06"]
  edge [arrowsize=0.6]"""

WIDEST = 40
"""Characters of a line of details."""


def as_dot(graph: Graph) -> str:
    """The graph in the DOT language; the same for the same graph."""
    every = boxes(graph)
    clips: dict[str, list[DrawnBox]] = {}
    for box in every:
        clips.setdefault(box.lane, []).append(box)
    joins = clips.pop(JOINS, [])
    lines = [HEAD]
    for lane, members in clips.items():
        lines += _cluster(lane, members)
    lines += [f"  {_node(box)}" for box in joins]
    lines += [f"  {_edge(box, value)}" for box in every for value in box.reads]
    return "\n".join([*lines, "}", ""])


def _cluster(lane: str, members: list[DrawnBox]) -> Iterator[str]:
    yield f"  subgraph {_name(f'cluster_{lane}')} {{"
    yield f'    graph [label=<{escape(printable(lane)) or "&#160;"}>, class="clip", style=rounded, color="#c8ced6"]'
    yield from (f"    {_node(box)}" for box in members)
    yield "  }"


def _node(box: DrawnBox) -> str:
    attributes = {
        "id": _string(anchor(box.name)),
        "class": _string(box.classes),
        "color": _string(_colour(box)),
        "tooltip": _string(box.loc.pointer or box.name),
        "label": _label(box),
    }
    return f"{_name(box.name)} [{', '.join(f'{name}={value}' for name, value in attributes.items())}]"


def _edge(box: DrawnBox, value: Value) -> str:
    return f'{_name(value)} -> {_name(box.name)} [class="{box.kind}", color="{_colour(box)}"]'


def _colour(box: DrawnBox) -> str:
    return PALETTE[box.kind][0]


def _label(box: DrawnBox) -> str:
    """An HTML-like label: the verb, its details in lines, the shape."""
    details = [escape(printable(line)) for line in wrap(box.details, WIDEST, break_long_words=False)]
    shape = f'<font point-size="9" color="#656d76">{escape(printable(box.shape))}</font>'
    return f"<{'<br/>'.join([f'<b>{box.verb}</b>', *details, shape])}>"


def _name(text: str) -> str:
    """A node's or a cluster's name: percent-encoded, so that names need no escapes and stay distinct."""
    return f'"{quote(text, safe="", errors="surrogatepass")}"'


def _string(text: str) -> str:
    """A quoted string that Graphviz shows unchanged: for tooltips it decodes escapes twice, and references once."""
    return '"' + escape(printable(text), {'"': "&quot;"}).replace("\\", 4 * "\\") + '"'
