/** The fields of a clip as a whole: whether a moving image loops, and how damaged footage is treated. */

import { html } from "../parts/vendor.js";
import { Choice, NumberField, Switch } from "./fields.js";
import { LONGEST_HOLD } from "../parts/limits.js";
import { count } from "../parts/words.js";
import { inOut, keyframes, natural } from "../playback/now.js";
import { factsOf, isMovingImage } from "../remote/footage.js";
import { dispatch, selected } from "../edit/store.js";

const DAMAGES = [["", "As the project"], ["conceal", "Hold the picture before them"], ["refuse", "Refuse the clip"]];
/** The number of times that an image plays when its loop is switched on. */
const ROUNDS = 3;

const set = (command) => dispatch({ clip_id: selected.peek().clip_id, ...command });

function Looping({ clip }) {
  const [start] = inOut.value;
  const loops = (on) => set({ do: "set-loop", loop: on, start, end: natural.value * (on ? ROUNDS : 1) });
  const until = (end) => set({ do: "set-loop", loop: true, start, end });
  return html`<${Switch} label="Loop" on=${Boolean(clip.loop)} onSet=${loops} title="Play the image again from its start, up to the out point" />
    ${clip.loop && html`<${NumberField} label="Loop until" value=${inOut.value[1]} step=${0.5} min=${start + 0.01} max=${LONGEST_HOLD} unit="s" onSet=${until} />`}`;
}

/** The fields, and the number of keyframes. */
export function ClipFields() {
  const clip = selected.value;
  const found = keyframes.value.length;
  const facts = clip.raw_clip_id && factsOf(clip.raw_clip_id).value;
  const damage = (value) => set({ do: "set-damage", damage: value || null });
  return html`<div class="detail" role="group" aria-label="Clip">
    ${facts && isMovingImage(facts) && html`<${Looping} clip=${clip} />`}
    ${facts && !facts.video.still && html`<${Choice} label="Damaged parts" value=${clip.damage ?? ""} choices=${DAMAGES} onSet=${damage} />`}
    <span class="quiet">${found ? count(found, "keyframe") : "No keyframes"}</span>
  </div>`;
}
