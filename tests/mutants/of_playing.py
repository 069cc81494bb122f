"""Faults of the gestures that play the whole film: the handler of each does nothing, or does the clip's."""

from __future__ import annotations

from tests.mutants.of_gestures import silent

FILM, EXPORTING = "tests/browser/test_film.py", "tests/browser/test_exporting.py"
PLAYS = f"{FILM}::test_the_film_plays_through_its_blends_and_stands_on_the_films_frames"
PACES = f"{FILM}::test_j_and_l_go_through_clips_and_double_their_pace"
SWITCH = f"{FILM}::test_the_switch_shows_the_film_where_the_clip_was_and_the_clip_where_the_film_is"

OF_PLAYING = (
    silent(
        "w_shows_no_film", "panels/keys.js", 'back to the clip", switchView]', 'back to the clip", () => {}]', PLAYS
    ),
    silent("space_plays_the_clip_only", "panels/keys.js", "either(toggleFilm, toggle)]", "toggle]", PLAYS),
    silent(
        "film_has_one_clip_only",
        "playback/film.js",
        "  employ(clips, places);\n  places.forEach",
        "  places.forEach",
        PLAYS,
    ),
    silent("film_skips_held_pictures", "playback/film.js", "(hold ? hold.frame : next)", "next", PLAYS),
    silent(
        "l_plays_the_clip_only",
        "panels/keys.js",
        "either(() => fasterFilm(1), () => faster(1))",
        "() => faster(1)",
        PACES,
    ),
    silent(
        *("j_plays_the_clip_only", "panels/keys.js"),
        *("either(() => fasterFilm(-1), () => faster(-1))", "() => faster(-1)", PACES),
    ),
    silent(
        "stopped_film_selects_no_clip",
        "playback/film.js",
        "  if (!filmShown.peek() || !filmClips.peek()) return;\n  const { clip, k }",
        "  if (filmShown.peek() || !filmClips.peek()) return;\n  const { clip, k }",
        PACES,
    ),
    silent(
        *("film_button_does_nothing", "timeline/timeline.js"),
        *("pressed=${filmShown.value} onClick=${() => showFilm()}", "pressed=${filmShown.value}", SWITCH),
    ),
    silent(
        *("clip_button_does_nothing", "timeline/timeline.js"),
        *("pressed=${!filmShown.value} onClick=${showClip}", "pressed=${!filmShown.value}", SWITCH),
    ),
    silent("film_head_is_not_dragged", "timeline/filmhead.js", "    goAcross(track, clientX);\n", "", SWITCH),
    silent("c_edits_unseen", "panels/keys.js", "inClip(acts.addKeyframe)", "acts.addKeyframe", SWITCH),
    silent(
        "arrows_do_not_move_the_films_playhead",
        "timeline/filmhead.js",
        "  stepFilm(to - filmAt.peek());\n",
        "",
        f"{FILM}::test_the_films_playhead_is_moved_by_keys",
    ),
    silent(
        "export_stays_where_download_belongs",
        "panels/export.js",
        "  if (film.value && outdated.value === false && !underWay.value) {",
        "  if (film.value && outdated.value === true && !underWay.value) {",
        f"{EXPORTING}::test_edit_export_and_the_film_shows_it",
    ),
)
