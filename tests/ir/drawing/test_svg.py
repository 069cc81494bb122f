"""The drawing as SVG: well formed whatever the names, complete, and harmless to the page that contains it."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given

from compiler.ir.drawing import as_svg
from compiler.ir.drawing.boxes import anchor, printable
from compiler.ir.drawing.lanes import INSET, TEXT_CELL, VERB_CELL
from compiler.ir.drawing.measure import cells
from compiler.ir.drawing.svg import SCOPE, STYLE
from compiler.ir.graph import Graph
from compiler.ir.ops import Value, operands
from tests.ir.drawing.graphs import HOSTILE, deep, hostile, reel, reels, tangles

SVG = "{http://www.w3.org/2000/svg}"


def drawn(graph: Graph) -> ElementTree.Element:
    return ElementTree.fromstring(as_svg(graph))


def nodes(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {node.get("id", ""): node for node in root.iter(f"{SVG}g") if "node" in node.get("class", "").split()}


@pytest.mark.further
@given(reels(4) | tangles())
def test_every_value_is_an_element_that_says_where_it_came_from(graph: Graph) -> None:
    found = nodes(drawn(graph))
    ids = [anchor(define.name) for define in graph]
    assert sorted(found) == sorted([*ids, "film-video", *(["film-audio"] if graph.audio else [])])
    for define in graph:
        node = found[anchor(define.name)]
        assert node.get("data-value") == printable(define.name)
        assert node.get("data-clip") == (None if define.loc.clip is None else printable(define.loc.clip))
        assert node.get("data-pointer") == (printable(define.loc.pointer) if define.loc.pointer else None)
        assert printable(define.loc.pointer) in (node.findtext(f"{SVG}title") or "")


@pytest.mark.further
@given(reels(4) | tangles())
def test_every_link_is_an_element(graph: Graph) -> None:
    paths = [path for path in drawn(graph).iter(f"{SVG}path")]
    said = [(path.get("data-from"), path.get("data-to")) for path in paths if path.get("data-to") is not None]
    read = {(printable(operand), printable(define.name)) for define in graph for operand in operands(define.op)}
    assert sorted(said, key=str) == sorted(read, key=str)
    assert len(paths) - len(said) == len(graph.roots)


@pytest.mark.further
@given(reels(4) | tangles())
def test_text_stays_within_its_box(graph: Graph) -> None:
    for node in nodes(drawn(graph)).values():
        rect = node.find(f"{SVG}rect")
        assert rect is not None
        left, top = float(rect.get("x", "")), float(rect.get("y", ""))
        right, bottom = left + float(rect.get("width", "")), top + float(rect.get("height", ""))
        for text in node.iter(f"{SVG}text"):
            x, y = float(text.get("x", "")), float(text.get("y", ""))
            cell = VERB_CELL if text.get("class") == "verb" else TEXT_CELL
            assert left + INSET <= x
            assert x + cells(text.text or "") * cell <= right - INSET + 1
            assert top < y < bottom


def test_a_node_has_the_verb_the_details_and_the_shape() -> None:
    node = nodes(drawn(reel(2)))["value-clip1.warp"]
    assert [(text.get("class"), text.text) for text in node.iter(f"{SVG}text")] == [
        ("verb", "retime"),
        ("text", "1x until 3, 0.5x until 4, 1x"),
        ("text", "at 30000/1001 fps"),
        ("shape", "120f 1920x1080"),
    ]
    assert node.findtext(f"{SVG}title") == (
        "%clip1.warp = retime %clip1.trim 1x until 3, 0.5x until 4, 1x at 30000/1001 fps : 120f 1920x1080\n"
        'clip "clip1"  /clips/1/warp'
    )
    assert node.get("class") == "node video"


def test_joins_have_a_class_of_their_own() -> None:
    found = nodes(drawn(reel(2)))
    assert found["value-reel"].get("class") == "node video join"
    assert found["value-reel.sound"].get("class") == "node audio join"
    assert found["film-audio"].get("class") == "node audio film"


def test_hostile_names_stay_text() -> None:
    root = drawn(hostile())
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg",
        "style",
        "rect",
        "g",
        "text",
        "title",
        "path",
    }
    title = nodes(root)[anchor(next(iter(hostile())).name)].findtext(f"{SVG}title") or ""
    assert printable(HOSTILE) in title
    assert as_svg(hostile()).encode()


def test_names_that_look_alike_when_printed_keep_apart() -> None:
    alike = [anchor(Value(name)) for name in ("a\x00", "a\x01", "a\ufffd", "a%00")]
    assert len(set(alike)) == 4
    assert all(re.fullmatch(r"value-[A-Za-z0-9_.~%-]+", name) for name in (*alike, anchor(Value(HOSTILE))))


def test_a_crowded_chain_s_title_has_every_definition() -> None:
    (chain, _) = nodes(drawn(deep(200))).values()
    title = (chain.findtext(f"{SVG}title") or "").splitlines()
    assert [line.split(" ")[0] for line in title[:-1]] == [f"%long.{k}" for k in range(200)]
    assert next(text.text for text in chain.iter(f"{SVG}text")) == "200 ops"


def test_the_style_touches_nothing_but_the_drawing() -> None:
    assert drawn(reel(1)).get("class") == SCOPE
    rules = re.sub(r"@media\([^)]*\)\{(.*)\}", r"\1", STYLE).splitlines()
    assert len(rules) > 10
    assert all(rule.startswith(f".{SCOPE}") for rule in rules)


def test_every_colour_has_a_light_and_a_dark_value() -> None:
    light, dark = (set(re.findall(r"--([a-z-]+):", rule)) for rule in STYLE.splitlines()[:2])
    assert set(re.findall(r"var\(--([a-z-]+)\)", STYLE)) == light == dark


def test_it_asks_for_nothing_from_elsewhere() -> None:
    text = as_svg(reel(3)).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|url\(|@import|@font-face|<script|href| on[a-z]+=", text)


def test_it_is_the_same_every_time() -> None:
    assert as_svg(reel(4, pieces=(0, 3))) == as_svg(reel(4, pieces=(0, 3)))
