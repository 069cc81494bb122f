"""What every pass does, shown on one reel each."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from compiler.ir.text import show
from compiler.passes import PASSES
from compiler.passes.slice_frame import slice_frame
from tests.golden.compiling import compile_case
from tests.passes.graphs import before, lowered

SHOWN_ON = {
    "pass_fold_identity": "anamorphic_source",
    "pass_fuse_cuts": "cuts",
    "pass_seek_sources": "deep_seek",
    "pass_choose_crops": "mixed_pan_and_zoom",
    "pass_commute_still": "still_crop_before_slow_motion",
    "pass_part_overlaps": "dissolve_between_cuts",
    "pass_cut_sound": "pitch_kept_in_a_short_piece",
    "pass_insert_splits": "varispeed",
    "pass_widen_blends": "dissolve_between_cuts",
    "pass_restamp_joins": "dissolve_between_cuts",
}
"""The golden reel each pass is shown on."""

SLICED_AT = 140
"""A frame of `dissolve_between_cuts` that lies within its dissolve."""


@pytest.mark.parametrize("case", SHOWN_ON)
def test_pass(case: str, golden: SnapshotAssertion) -> None:
    step = next(step for step in PASSES if f"pass_{step.__name__}" == case)
    graph = before(step, lowered(SHOWN_ON[case]))
    changed = step(graph)
    assert changed.defs != graph.defs, "shown on a reel that it leaves alone"
    assert show(graph) == golden(name="before")
    assert show(changed) == golden(name="after")


@pytest.mark.parametrize("case", ["pass_slice_frame"])
def test_slice(case: str, golden: SnapshotAssertion) -> None:
    graph = compile_case("dissolve_between_cuts").graph
    assert show(graph) == golden(name="before")
    assert show(slice_frame(graph, SLICED_AT)) == golden(name="after")
