"""Faults of the lists of uploads, projects and exports, and of what the timeline shows: a handler does nothing."""

from __future__ import annotations

from tests.mutants.of_gestures import silent

FOOTAGE, TRANSITIONS, LISTS = (f"tests/browser/test_{name}.py" for name in ("footage", "transitions", "lists"))

OF_LISTS = (
    silent(
        "deletion_of_an_upload_does_not_ask",
        "panels/deletion.js",
        "(raw) => (asked.value = raw);",
        "(raw) => remove(raw);",
        f"{FOOTAGE}::test_deletion_asks_says_where_the_upload_is_used_and_is_taken_back",
    ),
    silent(
        "undo_of_a_deletion_does_nothing",
        "panels/deletion.js",
        '<button class="small" onClick=${() => restore(raw.id)} aria-label=${`Undo:',
        '<button class="small" aria-label=${`Undo:',
        f"{FOOTAGE}::test_deletion_asks_says_where_the_upload_is_used_and_is_taken_back",
    ),
    silent(
        "a_restored_upload_is_not_drafted_again",
        "panels/deletion.js",
        "  redraft();\n",
        "",
        f"{FOOTAGE}::test_deletion_asks_says_where_the_upload_is_used_and_is_taken_back",
    ),
    silent(
        "search_of_uploads_does_nothing",
        "panels/add_clips.js",
        "onInput=${(event) => setQuery(event.target.value)} ",
        "",
        f"{FOOTAGE}::test_uploads_have_thumbnails_can_be_searched_and_say_where_they_are_used",
    ),
    silent(
        "tiles_of_the_filmstrip_stay_coarse",
        "timeline/strip.js",
        "const fine = frameTiles(strip, sound);",
        "const fine = [];",
        f"{FOOTAGE}::test_each_tile_of_the_filmstrip_is_the_frame_at_its_time_as_fine_as_the_zoom_asks",
    ),
    silent(
        "a_chosen_transition_is_not_set",
        "panels/transition_picker.js",
        '  dispatch({ do: "set-transition",',
        '  void ({ do: "set-transition",',
        f"{TRANSITIONS}::test_a_plus_between_clips_shows_the_transitions_on_them_and_sets_the_chosen_one",
    ),
    silent(
        "transitions_are_shown_on_one_clip",
        "panels/transition_picker.js",
        "sideOf(before, true), sideOf(clip, false)]",
        "sideOf(before, true), sideOf(before, true)]",
        f"{TRANSITIONS}::test_a_plus_between_clips_shows_the_transitions_on_them_and_sets_the_chosen_one",
    ),
    silent(
        "a_project_is_not_duplicated",
        "projects.js",
        "attempt(() => api.duplicateProject(project.id))",
        "attempt(() => {})",
        f"{LISTS}::test_projects_are_searched_duplicated_and_renamed",
    ),
    silent(
        "earlier_exports_are_not_shown",
        "exports.js",
        "<button onClick=${more}>",
        "<button>",
        f"{LISTS}::test_exports_are_paged_shared_and_deleted",
    ),
    silent(
        "deletion_of_an_export_does_not_ask",
        "exports.js",
        'onClick=${ask("remove")}',
        "onClick=${() => remove(row)}",
        f"{LISTS}::test_exports_are_paged_shared_and_deleted",
    ),
    silent(
        "the_link_is_not_copied",
        "panels/share.js",
        "      await navigator.clipboard.writeText(field.current.value);\n",
        "",
        f"{LISTS}::test_exports_are_paged_shared_and_deleted",
    ),
)
