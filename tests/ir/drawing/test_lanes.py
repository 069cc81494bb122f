"""The drawing's geometry: boxes do not overlap, and every link joins the boxes of the graph's link."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given

from compiler.ir.drawing.boxes import boxes, collapse
from compiler.ir.drawing.lanes import CROWDED, Band, Drawing, draw
from compiler.ir.drawing.links import Link, Place
from compiler.ir.graph import Graph
from compiler.ir.ops import operands
from tests.ir.drawing.graphs import deep, reel, reels, tangles

Point = tuple[float, float]


def waypoints(link: Link) -> list[Point]:
    """The points of a link's path: its start, all control points of its curves, its end."""
    points: list[Point] = []
    for letter, numbers in re.findall(r"([MHVQC])([^MHVQC]*)", link.path):
        values = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", numbers)]
        match letter:
            case "H":
                points.append((values[0], points[-1][1]))
            case "V":
                points.append((points[-1][0], values[0]))
            case _:
                points += zip(values[::2], values[1::2], strict=True)
    return points


def on_border(point: Point, place: Place) -> bool:
    x, y = point
    across, down = place.x <= x <= place.right, place.y <= y <= place.bottom
    return (across and y in (place.y, place.bottom)) or (down and x in (place.x, place.right))


def overlap(a: Place | Band, b: Place | Band) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def crosses(a: Point, b: Point, place: Place) -> bool:
    """Whether the box around a stretch of path reaches into a box."""
    (left, right), (top, bottom) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    return (left < place.right and place.x < right and top < place.bottom and place.y < bottom) or (
        (left == right and place.x < left < place.right and top < place.bottom and place.y < bottom)
        or (top == bottom and place.y < top < place.bottom and left < place.right and place.x < right)
    )


def every(drawing: Drawing) -> Sequence[Place]:
    return (*drawing.places, *drawing.film)


def joints(drawing: Drawing) -> Iterator[tuple[Link, Place, Place]]:
    """Every link with the boxes that it names."""
    places = {place.box.name: place for place in drawing.places}
    film = {place.box.kind: place for place in drawing.film}
    for link in drawing.links:
        yield link, places[link.src], film[link.kind] if link.dst is None else places[link.dst]


@pytest.mark.further
@given(reels() | tangles())
def test_no_boxes_overlap(graph: Graph) -> None:
    drawing = draw(graph)
    assert not [(a.box.name, b.box.name) for a, b in combinations(every(drawing), 2) if overlap(a, b)]
    assert not [(a.name, b.name) for a, b in combinations(drawing.bands, 2) if overlap(a, b)]
    for place in every(drawing):
        assert place.x >= 0
        assert place.y >= 0
        assert place.right <= drawing.width
        assert place.bottom <= drawing.height


@pytest.mark.further
@given(reels() | tangles())
def test_boxes_stand_on_their_own_clip_s_band(graph: Graph) -> None:
    drawing = draw(graph)
    for place in every(drawing):
        under = [band.name for band in drawing.bands if overlap(place, band)]
        free = place.box.joins or place in drawing.film
        assert under == ([] if free else [place.box.lane])


@pytest.mark.further
@given(reels() | tangles())
def test_every_link_joins_the_boxes_the_graph_says(graph: Graph) -> None:
    drawing = draw(graph)
    if len(graph.defs) <= CROWDED:
        read = {(operand, define.name) for define in graph for operand in operands(define.op)}
        assert sorted((link.src, link.dst) for link in drawing.links if link.dst is not None) == sorted(read)
    assert [link.src for link in drawing.links if link.dst is None] == list(graph.roots)
    for link, src, dst in joints(drawing):
        points = waypoints(link)
        assert on_border(points[0], src)
        assert on_border(points[-1], dst)


@pytest.mark.further
@given(reels())
def test_no_link_of_a_reel_passes_behind_a_box(graph: Graph) -> None:
    drawing = draw(graph)
    for link, _, _ in joints(drawing):
        steps = list(pairwise(waypoints(link)))
        behind = [place.box.name for place in every(drawing) for a, b in steps if crosses(a, b, place)]
        assert not behind, link


@pytest.mark.further
@given(reels() | tangles())
def test_what_is_read_stands_left_of_its_reader_in_a_clip(graph: Graph) -> None:
    drawing = draw(graph)
    joins = {place.box.name for place in drawing.places if place.box.joins}
    for _, src, dst in joints(drawing):
        if src.box.name not in joins and dst.box.name not in joins:
            assert src.right < dst.x


def test_clips_stand_in_order_picture_over_sound_joins_at_the_right() -> None:
    drawing = draw(reel(3, restamped=True))
    assert [band.name for band in drawing.bands] == ["clip0", "clip1", "clip2"]
    assert [band.y for band in drawing.bands] == sorted(band.y for band in drawing.bands)
    places = {str(place.box.name): place for place in drawing.places}
    assert places["clip1.video"].bottom < places["clip1.audio"].y
    assert places["reel.2.joined"].middle == places["clip1"].middle
    assert places["reel.2"].y > places["reel.2.joined"].bottom
    assert places["reel.sound"].middle == places["clip2.sound"].middle
    assert all(place.x > drawing.bands[0].x + drawing.bands[0].width for place in places.values() if place.box.joins)
    assert all(place.y > places["reel"].bottom for place in drawing.film)


@pytest.mark.parametrize(("definitions", "drawn"), [(CROWDED, CROWDED), (CROWDED + 1, 1)])
def test_a_crowded_graph_has_one_box_a_chain(definitions: int, drawn: int) -> None:
    drawing = draw(deep(definitions))
    assert len(drawing.places) == drawn
    assert sum(place.box.holds for place in drawing.places) == definitions
    assert drawing.places[-1].box.name == f"long.{definitions - 1}"


@given(reels() | tangles())
def test_collapsing_loses_no_definition_and_no_link_between_chains(graph: Graph) -> None:
    whole = boxes(graph)
    folded, standing = collapse(whole)
    assert sum(box.holds for box in folded) == len(whole)
    assert [name for name in standing if standing[name] == name] == sorted(
        (box.name for box in folded), key=list(standing).index
    )
    expected = {(standing[value], standing[box.name]) for box in whole for value in box.reads}
    assert {(value, box.name) for box in folded for value in box.reads} == {(a, b) for a, b in expected if a != b}
    assert sorted("\n".join(box.whole for box in folded)) == sorted("\n".join(box.whole for box in whole))


def test_a_collapsed_chain_says_what_it_holds() -> None:
    folded, _ = collapse(boxes(reel(2, pieces=(0,))))
    chain, silence = folded[0], next(box for box in folded if box.name == "clip0.sound")
    assert (chain.name, chain.verb, chain.details) == ("clip0", "5 ops", "source trim retime reframe conform")
    assert chain.whole.count("\n") == 4
    assert (silence.verb, silence.holds) == ("silence", 1)


@pytest.mark.further
def test_a_thousand_clips_are_drawn_without_overlap() -> None:
    drawing = draw(reel(1000, pieces=(1, 0), restamped=True))
    assert len(drawing.places) == 2000 + 2 * 999 + 999
    assert len(drawing.links) == 2 * 2 * 999 + 999 + 2
    columns: dict[int, list[Place]] = {}
    for place in every(drawing):
        columns.setdefault(place.x, []).append(place)
    for column in columns.values():
        assert all(a.bottom < b.y for a, b in pairwise(sorted(column, key=lambda place: place.y)))
    ordered = sorted(columns)
    assert all(max(place.right for place in columns[a]) < b for a, b in pairwise(ordered))
