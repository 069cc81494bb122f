"""Faults of windows of footage: a frame or a sample from outside of the window, or another source time 0."""

from __future__ import annotations

from tests.mutants.fault import Fault

PATH = "compiler/timeline/window.py"
RULE = ("tests/timeline/test_window.py",)
LAW = ("tests/pipeline/test_windows.py",)
FILMS = ("tests/conform/test_windows.py",)

OF_WINDOWS = (
    Fault("window_begins_at_its_start", PATH, "_later(video, -begins)", "_later(video, -start)", LAW),
    Fault(
        "window_ends_at_its_end",
        PATH,
        "SourceTime(ends - begins),\n        frames",
        "SourceTime(end - begins),\n        frames",
        RULE,
    ),
    Fault(
        "window_with_the_frame_at_its_end", PATH, "_first_from(video, end)", "_first_from(video, end + 2 * HALF)", RULE
    ),
    Fault(
        "window_compared_in_doubles",
        PATH,
        "place = bisect_left(video.ticks, (at - HALF) /",
        "place = bisect_left(video.ticks, at /",
        RULE,
    ),
    Fault("window_without_its_rounding", PATH, "(at - max(rounding(video), HALF))", "(at - HALF)", RULE),
    Fault(
        "window_read_from_its_first_stamp",
        PATH,
        "SourceTime(-2 * rounding(video) if",
        "SourceTime(0 * rounding(video) if",
        RULE,
    ),
    Fault(
        "window_of_a_straightened_file",
        "compiler/emit/straightened.py",
        "_picture(file_of(source.media),",
        "_picture(source.media,",
        LAW,
    ),
    Fault(
        "window_sought_as_a_file",
        "compiler/passes/seek_sources.py",
        "into = begin + preceding(media)",
        "into = begin",
        LAW,
    ),
    Fault(
        "windows_narrowed_apart",
        "compiler/passes/narrow_frames.py",
        "skipped = preceding(source.media)",
        "skipped = Fraction(0)",
        LAW,
    ),
    Fault(
        "window_with_the_sound_after_it",
        "compiler/emit/sound.py",
        "if src.heard is None or start + op.length <= closes:",
        "if src.heard is None or start <= closes:",
        FILMS,
    ),
    Fault(
        "window_deinterlaced_with_frames_outside",
        "compiler/lower/clip.py",
        "inside = video.skipped is None or (",
        "inside = video.skipped is None or True or (",
        FILMS,
    ),
    Fault(
        "window_past_the_file",
        "compiler/lower/windows.py",
        "window.end > length + HALF",
        "window.end > length + 99",
        ("tests/lower/test_windows.py",),
    ),
    Fault(
        "window_of_an_image",
        "compiler/lower/windows.py",
        "if media.video.still or media.is_image:",
        "if media.is_image:",
        ("tests/lower/test_windows.py",),
    ),
    Fault(
        "file_deleted_with_a_window",
        "server/routes/deletion.py",
        "    if not others:\n",
        "    if True:\n",
        ("tests/server/test_windows.py::test_a_file_stays_as_long_as_a_window_shows_it",),
    ),
    Fault(
        "file_counted_for_each_window",
        "server/tables/raw_clips.py",
        "SELECT DISTINCT object_key, size",
        "SELECT object_key, size",
        ("tests/server/test_windows.py::test_a_shared_file_counts_once",),
    ),
    Fault(
        "windows_of_all_times_share_previews",
        "server/footage/windows.py",
        "json.dumps([self.start, self.end])",
        "json.dumps([])",
        ("tests/server/test_windows.py", "tests/server/test_trash.py"),
    ),
    Fault(
        "previews_of_a_deleted_window_stay",
        "server/footage/sweep.py",
        " or ((of := previews_of(stat.key)) is not None and of not in shown)",
        "",
        ("tests/server/test_trash.py",),
    ),
    Fault(
        "window_not_in_the_reel",
        "server/edits/compiled.py",
        'return {**clip, "window": window} if window else clip',
        "return clip",
        ("tests/server/test_windows.py",),
    ),
    Fault(
        "window_plays_its_file",
        "server/footage/facts.py",
        'if row["start_time"] is not None or row["end_time"] is not None:\n        return False',
        'if row["start_time"] is not None and row["end_time"] is None:\n        return False',
        ("tests/server/test_windows.py",),
    ),
    Fault(
        "preview_of_a_window_fetches_its_file",
        "server/footage/previews.py",
        "if footage.is_window:",
        "if not footage.is_window:",
        ("tests/server/test_parts.py::test_a_preview_of_a_window_reads_what_the_window_needs",),
    ),
)
