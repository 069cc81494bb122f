"""Faults of the gestures on several keyframes and of the stage: the handler of each does nothing."""

from __future__ import annotations

from tests.mutants.of_gestures import silent

KEYFRAMES = "tests/browser/test_keyframes.py"

OF_FRAMING = (
    silent(
        "drag_takes_one_keyframe_of_several",
        "timeline/keylane.js",
        "    if (!chosen.includes(number)) select",
        "    select",
        f"{KEYFRAMES}::test_selected_keyframes_are_dragged_together_and_stop_at_the_clips_end",
    ),
    silent(
        "click_after_a_drag_selects_one_keyframe",
        "timeline/keylane.js",
        "    dragged = true;\n",
        "",
        f"{KEYFRAMES}::test_selected_keyframes_are_dragged_together_and_stop_at_the_clips_end",
    ),
    silent(
        "control_click_selects_one_keyframe",
        "timeline/keylane.js",
        "  if (event.ctrlKey || event.metaKey) return selectKeyframes",
        "  if (event.ctrlKey && event.metaKey) return selectKeyframes",
        f"{KEYFRAMES}::test_clicks_select_several_keyframes",
    ),
    silent(
        "shift_click_selects_one_keyframe",
        "timeline/keylane.js",
        "  if (event.shiftKey && last !== null) return",
        "  if (event.shiftKey && last === null) return",
        f"{KEYFRAMES}::test_clicks_select_several_keyframes",
    ),
    silent(
        "band_selects_nothing",
        "timeline/keylane.js",
        "    selectKeyframes([...had, ...found.map((each) => each.frame)]);\n",
        "    void [had, found];\n",
        f"{KEYFRAMES}::test_a_drag_over_the_lane_selects_keyframes",
    ),
    silent(
        "control_a_selects_nothing",
        "timeline/keylane.js",
        "    return selectKeyframes(keyframes.peek().map(",
        "    return void (keyframes.peek().map(",
        f"{KEYFRAMES}::test_keys_select_several_keyframes",
    ),
    silent(
        "shift_bracket_selects_one_keyframe",
        "panels/actions.js",
        "const chosen = more ? [...selection.peek().keyframes, found.frame] : [found.frame];",
        "const chosen = [found.frame];",
        f"{KEYFRAMES}::test_keys_select_several_keyframes",
    ),
    silent(
        "arrows_move_one_keyframe_of_several",
        "timeline/keylane.js",
        "  const moved = chosen.includes(number) ? chosen : [number];",
        "  const moved = chosen.length ? [number] : chosen;",
        f"{KEYFRAMES}::test_arrows_move_the_selected_keyframes_and_none_is_replaced",
    ),
    silent(
        "keyframes_are_not_pasted",
        "panels/actions.js",
        '  dispatch({ do: "set-keyframes", clip_id: id(), keyframes: made });\n',
        "",
        f"{KEYFRAMES}::test_copied_keyframes_are_pasted_at_the_playhead_of_another_clip",
    ),
    silent(
        "keyframes_are_not_deleted",
        "panels/actions.js",
        '  dispatch({ do: "remove-keyframes", clip_id: id(), frames });\n',
        "",
        f"{KEYFRAMES}::test_selected_keyframes_are_deleted_together",
    ),
    silent(
        "ease_is_not_chosen",
        "timeline/key_details.js",
        "      onClick=${() => onSet(ease)}>",
        "      >",
        f"{KEYFRAMES}::test_an_ease_is_chosen_by_its_shape_for_all_selected_keyframes",
    ),
)
