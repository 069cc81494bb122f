/** The framing at the playhead, applied to the whole clip or to all clips. */

import { html, signal } from "../parts/vendor.js";
import { fittedTo, rounded } from "../edit/box.js";
import { box, picture, ratio } from "../playback/now.js";
import { pause } from "../playback/player.js";
import { count } from "../parts/words.js";
import { clips, dispatch, draft, edit, error, select, selected } from "../edit/store.js";

/** The edit in which all clips got one framing last. */
const applied = signal(null);

/** One keyframe, which frames a whole clip. */
const alone = (framing) => [{ frame: 0, ...framing }];

const here = () => {
  pause();
  const { x, y, width, height } = rounded(box.peek());
  return { x, y, width, height };
};

function applyToClip() {
  dispatch({ do: "set-crop", clip_id: selected.peek().clip_id, crop_data: alone(here()) });
  select({});
}

/** Frame every clip alike, each as its own picture asks, as one step; nothing happens where a clip's picture is not known. */
function applyToAll() {
  const framing = here();
  const sizes = new Map(draft.peek()?.clips.map((each) => [each.clip_id, each.picture]));
  const unknown = clips.peek().find((each) => !sizes.get(each.clip_id));
  if (unknown) return void (error.value = `The size of “${unknown.name}” is not known: remove the clip, or mend its problem first`);
  const crops = clips.peek().map(({ clip_id }) => ({ clip_id, crop_data: alone(fittedTo(framing, picture.peek(), sizes.get(clip_id), ratio.peek())) }));
  dispatch({ do: "set-crops", crops });
  select({});
  applied.value = edit.peek();
}

/** The two buttons. */
export function Apply() {
  const done = applied.value !== null && applied.value === edit.value;
  return html`<button type="button" onClick=${applyToClip} title="One framing from the clip’s start to its end, in place of its keyframes">Apply to whole clip</button>
    <button type="button" class="apply-all" onClick=${applyToAll} title="This framing for every clip, fitted to its picture, in place of keyframes">
      <span role="status">${done ? `On ${count(clips.value.length, "clip")} now` : ""}</span>${done ? "" : "Apply to all clips"}</button>`;
}
