"""The text of every error: one reel for each fault."""

from __future__ import annotations

from fractions import Fraction

import pytest
from syrupy.assertion import SnapshotAssertion

from compiler.errors import Loc, ReelError, ReelErrors
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.ops import Value
from compiler.ir.verify import verify
from compiler.pipeline import frame_at
from tests.golden.compiling import ERRORS, compile_case

ASKED_AT = {"err_rc206_past_the_end": Fraction(99)}
"""Correct reels, with a record time outside of the film."""


@pytest.mark.parametrize("case", ERRORS)
def test_error(case: str, golden: SnapshotAssertion) -> None:
    with pytest.raises((ReelError, ReelErrors)) as caught:
        frame_at(compile_case(case).plan, ASKED_AT.get(case, Fraction(0)))
    assert str(caught.value) + "\n" == golden(name="error")


@pytest.mark.parametrize("case", ["err_rc301_reads_what_is_not_made"])
def test_graph_error(case: str, golden: SnapshotAssertion) -> None:
    define = Def(Value("dunk.crop"), ops.Colour(Value("dunk.warp")), Loc("dunk", "/clips/0/media"))
    with pytest.raises(ReelError) as caught:
        verify(Graph((define,), Value("dunk.crop"), None))
    assert str(caught.value) + "\n" == golden(name="error")
