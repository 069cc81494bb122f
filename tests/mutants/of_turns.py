"""Faults of turning, splitting, joining, freezing and the sound of a clip in the editor: each control does nothing."""

from __future__ import annotations

from tests.mutants.of_gestures import silent

TURNS, IMAGES = (f"tests/browser/test_{name}.py" for name in ("turns", "images"))

OF_TURNS = (
    silent(
        "turn_leaves_the_crops",
        "panels/turning.js",
        "  const crop_data = keysAfter(base.keys, base.size, base.looks, next, ratio.peek());\n",
        "  const crop_data = keys;\n",
        f"{TURNS}::test_a_quarter_turn_keeps_the_content_framed",
    ),
    silent(
        "four_turns_lose_the_crops",
        "panels/turning.js",
        "same(last.looks, looks) ? last.base : {",
        "same(last.looks, null) ? last.base : {",
        f"{TURNS}::test_a_quarter_turn_keeps_the_content_framed",
    ),
    silent(
        "preview_is_not_turned",
        "playback/turned.js",
        "  context.transform(...matrixOf(looks), 0, 0);\n",
        "",
        f"{TURNS}::test_a_quarter_turn_keeps_the_content_framed",
    ),
    silent(
        "mirror_mirrors_nothing",
        "panels/turning.js",
        'onClick=${() => turn("mirror")}',
        "onClick=${() => undefined}",
        f"{TURNS}::test_a_mirror_exchanges_left_and_right",
    ),
    silent(
        "corners_stay",
        "panels/turning.js",
        '  if (crop_data) dispatch({ do: "set-crop", clip_id: clip.clip_id, crop_data });\n  else ',
        "  if (!crop_data) ",
        f"{TURNS}::test_a_straightened_crop_is_zoomed_past_black_corners",
    ),
    silent(
        "split_splits_nothing",
        "panels/actions.js",
        'return dispatch({ do: "several", commands }) && select({ clip_id: as });',
        "return commands;",
        f"{TURNS}::test_both_halves_of_a_split_clip_show_what_it_showed",
    ),
    silent(
        "join_joins_nothing",
        "panels/actions.js",
        '  tried(() => dispatch({ do: "several", commands: joining(clip, next, duration.peek()) }));\n',
        "  tried(() => joining(clip, next, duration.peek()));\n",
        f"{TURNS}::test_both_halves_of_a_split_clip_show_what_it_showed",
    ),
    silent(
        "freeze_holds_nothing",
        "panels/actions.js",
        "  if (setSpans(made.spans)) select({ span: made.index });\n",
        "  void made;\n",
        f"{TURNS}::test_the_picture_is_frozen_at_the_playhead",
    ),
    silent(
        "volume_sets_nothing",
        "panels/clip_fields.js",
        'onSet=${(decibels) => set({ do: "set-volume", volume: decibels })}',
        "onSet=${() => undefined}",
        f"{TURNS}::test_volume_and_mute_are_saved",
    ),
    silent(
        "mute_mutes_nothing",
        "panels/clip_fields.js",
        'onSet=${(mute) => set({ do: "set-mute", mute })}',
        "onSet=${() => undefined}",
        f"{TURNS}::test_volume_and_mute_are_saved",
    ),
    silent(
        "still_keeps_its_duration",
        "panels/clip_fields.js",
        'set({ do: "set-trim", start, end: Number((start + seconds).toFixed(6)) });',
        "void seconds;",
        f"{IMAGES}::test_a_still_lasts_as_long_as_is_asked",
    ),
)
