"""Graphs as tuples of definitions, and the building blocks of rewrites."""

from __future__ import annotations

from typing import get_type_hints

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, drop_unread, reading, rename, rewrite, substitute
from compiler.ir.ops import OPS, Op, operands
from tests.ir.graphs import footage, graph, heard, v
from tests.ir.test_text import PHRASES

LONG: dict[str, Op] = {**footage(), **footage(name="b"), "reel": ops.Concat((v("a"), v("b")))}


def test_readers_count_the_film_as_one() -> None:
    counted = graph({**LONG, **heard()}, "reel", "a.sound").readers
    assert {name: counted[v(name)] for name in ("a", "b", "reel", "a.sound", "a.video", "none")} == {
        "a": 1, "b": 1, "reel": 1, "a.sound": 1, "a.video": 1, "none": 0,
    }  # fmt: skip


def test_roots_are_picture_and_sound() -> None:
    assert graph(footage()).roots == ("a",)
    assert graph({**footage(), **heard()}, "a", "a.sound").roots == ("a", "a.sound")
    assert graph(footage()).locs[v("a.trim")] == Loc("clip", "/a.trim")


def test_a_rewrite_replaces_what_it_answers() -> None:
    def twice(define: Def) -> tuple[Def, Def] | None:
        if define.name != "a.trim":
            return None
        return Def(v("a.new"), define.op, define.loc), Def(define.name, ops.Colour(v("a.new")), define.loc)

    made = rewrite(graph(footage()), twice)
    assert [define.name for define in made] == ["a.video", "a.new", "a.trim", "a.warp", "a"]


def test_a_rewrite_may_leave_a_definition_out() -> None:
    made = rewrite(graph(footage()), lambda define: () if define.name == "a" else None)
    assert [define.name for define in made] == ["a.video", "a.trim", "a.warp"]


def test_every_op_can_read_other_values() -> None:
    for op, _ in PHRASES:
        new = [v(f"new{k}") for k in range(len(operands(op)))]
        assert operands(reading(op, new)) == tuple(new)
        assert reading(op, operands(op)) == op
        names = dict(zip(operands(op), new, strict=True))
        assert operands(rename(op, names)) == tuple(new)
        assert rename(op, {}) == op


def test_an_op_reads_every_value_that_it_holds() -> None:
    """An operand missing from `operands` would be made and never read."""
    kinds = {op: get_type_hints(op, vars(ops)) for op in OPS}
    for op, _ in PHRASES:
        held = [
            getattr(op, name) for name, kind in kinds[type(op)].items() if kind in (ops.Value, tuple[ops.Value, ...])
        ]
        assert operands(op) == tuple(each for value in held for each in ([value] if isinstance(value, str) else value))


def test_substitution_follows_chains_and_moves_the_film() -> None:
    made = graph({**LONG, **heard()}, "reel", "a.sound")
    moved = substitute(
        made, {v("a"): v("a.warp"), v("a.warp"): v("a.trim"), v("reel"): v("b"), v("a.sound"): v("a.even")}
    )
    assert moved.ops[v("reel")] == ops.Concat((v("a.trim"), v("b")))
    assert (moved.video, moved.audio) == ("b", "a.even")
    assert substitute(made, {}) is made
    assert substitute(graph(footage()), {v("a"): v("a.warp")}).audio is None


def test_what_nobody_reads_is_dropped_with_what_only_it_reads() -> None:
    left = drop_unread(Graph(graph({**LONG, **heard()}).defs, v("b"), None))
    assert [define.name for define in left] == ["b.video", "b.trim", "b.warp", "b"]


def test_the_film_keeps_its_sound() -> None:
    kept = drop_unread(graph({**footage(), **heard()}, "a", "a.sound"))
    assert len(kept.defs) == 7
