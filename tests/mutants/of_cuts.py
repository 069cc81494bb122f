"""Faults of the cuts inside clips: a cut where a frame depends on others, or one that an edit elsewhere moves."""

from __future__ import annotations

from tests.mutants.fault import Fault

JUDGES = ("tests/pipeline/test_cuts.py", "tests/pipeline/test_random_edits.py")
PATH = "compiler/pipeline/cuts.py"

OF_CUTS = (
    Fault("cut_by_the_films_frames", PATH, "range(step, last", "range(step - clip.first % step, last", JUDGES),
    Fault("cut_in_the_transition_into_a_clip", PATH, "max(clip.join.entering, blend + long)", "0", JUDGES),
    Fault("cut_in_the_transition_out_of_a_clip", PATH, "clip.frames - clip.leaving.leaving", "clip.frames", JUDGES),
    Fault("blend_with_the_rest_of_the_clip", PATH, "if blend and last - blend >= long", "if False", JUDGES),
    Fault("units_of_two_frames", "compiler/pipeline/units.py", "SHORTEST = 3", "SHORTEST = 2", JUDGES),
    Fault("short_unit_at_the_end", "compiler/pipeline/units.py", "len(units) > 1 and", "False and", JUDGES),
    Fault("cut_after_the_blend_leaves_nothing", PATH, " and last - blend >= long", "", JUDGES),
    Fault(
        "cut_in_mixed_frames",
        PATH,
        "not any(first < cut < until for first, until in mixed)",
        "True",
        ("tests/pipeline/test_cuts.py", "tests/passes/test_cut_laws.py"),
    ),
    Fault(
        "cut_in_mixed_uneven_frames",
        PATH,
        ' or (clip.clip.motion != "repeat" and clip.media.video.variable)',
        "",
        JUDGES,
    ),
    Fault(
        "cut_in_a_file_without_an_index",
        PATH,
        "bool(video.entries) if video.straightened else not media.unindexed",
        "bool(video.entries) if video.straightened else True",
        JUDGES,
    ),
    Fault(
        "cut_in_a_straightened_file_without_entries",
        PATH,
        "bool(video.entries) if video.straightened else not media.unindexed",
        "not media.unindexed",
        JUDGES,
    ),
)
