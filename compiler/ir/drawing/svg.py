"""The graph as an SVG drawing without scripts or fonts.

Every box is a `g.node` with `id="value-<name>"`, the class `video` or `audio`, and the class `join` if it belongs to
the reel; `data-value`, `data-clip` and `data-pointer` hold its name and origin, its `title` the whole text. Links have
`data-from` and `data-to`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from compiler.ir.drawing.boxes import DrawnBox, anchor, printable
from compiler.ir.drawing.lanes import HEAD, INSET, LEAD, PAD, TEXT_CELL, TEXT_LINE, VERB_CELL, VERB_LINE, Band, draw
from compiler.ir.drawing.links import Link, Place
from compiler.ir.drawing.measure import fit
from compiler.ir.drawing.style import style
from compiler.ir.graph import Graph

SCOPE = "reel-graph"
"""The drawing's class, to which its style sheet is limited."""

STYLE = style(f".{SCOPE}")
"""The style sheet, the same for every graph, so that a page can allow it by its hash."""

_UNMARKED: Mapping[str, str] = MappingProxyType({})


def as_svg(
    graph: Graph,
    marks: Mapping[str, str] = _UNMARKED,
    href: Callable[[str], str] | None = None,
    names: Mapping[str, str] = _UNMARKED,
) -> str:
    """The graph as an SVG document, light or dark by the reader's preference; the same for the same graph.

    `marks` maps values to a further class of their boxes. With `href` every box is a link, and has no id, since a page
    may hold two drawings. `names` are clips' names by their ids; clips without one are labelled by the id.
    """
    drawing = draw(graph)
    role = "group" if href else "img"
    size = f'width="{drawing.width}" height="{drawing.height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{SCOPE}" {size} '
        f'viewBox="0 0 {drawing.width} {drawing.height}" role="{role}" aria-label="render graph">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" {size} rx="10"/>',
        *(_band(band, names) for band in drawing.bands),
        *(_link(link) for link in drawing.links),
        *(_linked(place, marks, href, names) for place in drawing.places),
        *(_film(place, "" if href else f'id="film-{place.box.kind}" ') for place in drawing.film),
        "</svg>",
        "",
    ]
    return "\n".join(lines)


def _band(band: Band, names: Mapping[str, str]) -> str:
    name = fit(printable(names.get(band.name, band.name)), int((band.width - 2 * PAD) / VERB_CELL))
    return (
        f'<g class="band">{_rect(band.x, band.y, band.width, band.height, 10)}'
        f'<text x="{band.x + PAD}" y="{band.y + HEAD - 13}">{escape(name)}</text></g>'
    )


def _link(link: Link) -> str:
    to = "" if link.dst is None else f" data-to={_quoted(link.dst)}"
    return f'<path class="link {link.kind}" data-from={_quoted(link.src)}{to} d="{link.path}"/>'


def _linked(place: Place, marks: Mapping[str, str], href: Callable[[str], str] | None, names: Mapping[str, str]) -> str:
    mark = marks.get(place.box.name, "")
    if href is None:
        return _node(place, mark, names, f'id="{anchor(place.box.name)}" ')
    return f'<a href={_quoted(href(place.box.name))} tabindex="-1">{_node(place, mark, names)}</a>'


def _node(place: Place, mark: str, names: Mapping[str, str], named: str = "") -> str:
    box = place.box
    members = {"data-value": box.name, "data-clip": box.loc.clip, "data-pointer": box.loc.pointer or None}
    attributes = "".join(f" {name}={_quoted(value)}" for name, value in members.items() if value is not None)
    classes = " ".join(filter(None, ("node", box.classes, mark)))
    return f'<g {named}class="{classes}"{attributes}>{_inside(place, names)}</g>'


def _film(place: Place, named: str) -> str:
    return f'<g {named}class="node {place.box.kind} film">{_inside(place, _UNMARKED)}</g>'


def _inside(place: Place, names: Mapping[str, str]) -> str:
    return (
        f"<title>{_title(place.box, names)}</title>{_rect(place.x, place.y, place.width, place.height, 8)}"
        + "".join(
            f'<text class="{name}" x="{place.x + INSET}" y="{y}">{escape(printable(text))}</text>'
            for name, text, y in _text(place)
        )
    )


def _title(box: DrawnBox, names: Mapping[str, str]) -> str:
    clip = f'clip "{names.get(box.loc.clip, box.loc.clip)}"' if box.loc.clip else ""
    place = "  ".join(filter(None, (clip, box.loc.pointer)))
    return escape(printable("\n".join(filter(None, (box.whole, place)))))


def _text(place: Place) -> Iterator[tuple[str, str, int]]:
    """Class, text and baseline of each line; the lines together are centred in the box."""
    room = place.height - 2 * LEAD - VERB_LINE - TEXT_LINE * (1 + len(place.lines))
    y = place.y + LEAD + room // 2 + VERB_LINE - 5
    yield "verb", place.box.verb, y
    for line in place.lines:
        y += TEXT_LINE
        yield "text", line, y
    y += TEXT_LINE
    yield "shape", fit(place.box.shape, int((place.width - 2 * INSET) / TEXT_CELL)), y


def _rect(x: int, y: int, width: int, height: int, radius: int) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>'


def _quoted(text: str) -> str:
    return quoteattr(printable(text))
