/** Turns, mirrors and straightens the selected clip's picture; its crops follow, in the same step of undo. */

import { html } from "../parts/vendor.js";
import { same } from "../edit/model.js";
import { dispatch, drafted, error, selected } from "../edit/store.js";
import { cornerZoom, pastCorners } from "../edit/corners.js";
import { keysAfter, looksOf, turnedLooks } from "../edit/turns.js";
import { box, keyframes, picture, ratio } from "../playback/now.js";

/**
 * The crops from which the newest turns of each clip began. A turn that has to refit a crop loses some of it; further
 * turns begin with the same crops, so that four turns give them back.
 * @type {Map<string, {keys: any[], looks: any, base: {keys: any[], looks: any, size: any}}>}
 */
const begun = new Map();

/** Turn or mirror the picture on screen. @param {"right" | "left" | "mirror"} way */
export function turn(way) {
  const clip = selected.peek();
  const [keys, looks] = [keyframes.peek(), looksOf(clip)];
  const last = begun.get(clip.clip_id);
  const base = last && same(last.keys, keys) && same(last.looks, looks) ? last.base : { keys, looks, size: picture.peek() };
  const next = turnedLooks(looks, way);
  const crop_data = keysAfter(base.keys, base.size, base.looks, next, ratio.peek());
  if (dispatch({ do: "turn-clip", clip_id: clip.clip_id, ...next, crop_data })) begun.set(clip.clip_id, { keys: crop_data, looks: next, base });
}

/** Zoom every crop about its middle until no black corner is in it. */
function zoomPast() {
  const clip = selected.peek();
  const keys = keyframes.peek().length ? keyframes.peek() : [{ frame: 0, ...box.peek() }];
  const crop_data = pastCorners(keys, picture.peek(), looksOf(clip).rotation);
  if (crop_data) dispatch({ do: "set-crop", clip_id: clip.clip_id, crop_data });
  else error.value = "A crop lies in a black corner: move it towards the middle";
}

/** The buttons, and the one that zooms past black corners while the crop here shows some. */
export function Turning() {
  const { rotation } = looksOf(selected.value);
  const black = rotation !== 0 && drafted.value !== null && cornerZoom(box.value, picture.value, rotation) > 1.001;
  return html`<span class="turning" role="group" aria-label="Rotate and mirror">
    <button type="button" class="tool" aria-label="Rotate left" title="Rotate by 90° to the left" onClick=${() => turn("left")}>⟲</button>
    <button type="button" class="tool" aria-label="Rotate right" title="Rotate by 90° to the right" onClick=${() => turn("right")}>⟳</button>
    <button type="button" class="tool" aria-label="Mirror" aria-pressed=${Boolean(selected.value.mirror)} title="Exchange left and right" onClick=${() => turn("mirror")}>⇄</button>
    <button type="button" class="tool" aria-label="Zoom past corners" disabled=${!black} title="Zoom the crop until no black corner of the straightened picture is in it" onClick=${zoomPast}>⤢</button>
  </span>`;
}
