"""The effect of every pass, on one reel each."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from compiler.ir.text import show
from compiler.passes import PASSES
from compiler.passes.narrow_frames import narrow_frames
from compiler.passes.slice_span import slice_span
from tests.golden.compiling import compile_case
from tests.passes.graphs import before, lowered

SHOWN_ON = {
    "pass_fold_identity": "anamorphic_source",
    "pass_fuse_cuts": "cuts",
    "pass_seek_sources": "deep_seek",
    "pass_choose_crops": "mixed_pan_and_zoom",
    "pass_commute_still": "still_crop_before_slow_motion",
    "pass_part_overlaps": "dissolve_between_cuts",
    "pass_lay_backdrops": "contain_on_a_blur",
    "pass_part_motion": "motion_blend",
    "pass_cut_sound": "pitch_kept_in_a_short_piece",
    "pass_insert_splits": "varispeed",
    "pass_widen_blends": "dissolve_between_cuts",
    "pass_restamp_joins": "dissolve_between_cuts",
}
"""The golden reel of each pass."""

SLICED = (135, 170)
"""The frames of `dissolve_between_cuts` that are its dissolve and a part of the next clip."""


@pytest.mark.parametrize("case", SHOWN_ON)
def test_pass(case: str, golden: SnapshotAssertion) -> None:
    step = next(step for step in PASSES if f"pass_{step.__name__}" == case)
    graph = before(step, lowered(SHOWN_ON[case]))
    changed = step(graph)
    assert changed.defs != graph.defs, "the pass does not change its reel"
    assert show(graph) == golden(name="before")
    assert show(changed) == golden(name="after")


@pytest.mark.parametrize("case", ["pass_slice_span"])
def test_slice(case: str, golden: SnapshotAssertion) -> None:
    graph = compile_case("dissolve_between_cuts").shaped
    assert show(graph) == golden(name="before")
    assert show(slice_span(graph, *SLICED)) == golden(name="after")


@pytest.mark.parametrize("case", ["pass_narrow_frames"])
def test_narrow(case: str, golden: SnapshotAssertion) -> None:
    graph = slice_span(compile_case("dissolve_between_cuts").shaped, *SLICED)
    assert show(graph) == golden(name="before")
    assert show(narrow_frames(graph)) == golden(name="after")
