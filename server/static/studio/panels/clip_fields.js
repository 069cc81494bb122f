/** The fields of a clip as a whole: its sound, how long an image lasts, and how damaged footage is treated. */

import { html } from "../parts/vendor.js";
import { Choice, NumberField, Switch } from "./fields.js";
import { LONGEST_HOLD, LOUDEST, QUIETEST } from "../parts/limits.js";
import { count } from "../parts/words.js";
import { inOut, keyframes, natural } from "../playback/now.js";
import { factsOf, isMovingImage, isStill } from "../remote/footage.js";
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

/** The seconds that a still image lasts: its trim, since it has no length of its own. */
function Lasting() {
  const [start, end] = inOut.value;
  const last = (seconds) => set({ do: "set-trim", start, end: Number((start + seconds).toFixed(6)) });
  return html`<${NumberField} label="Duration" value=${end - start} step=${0.5} min=${0.1} max=${LONGEST_HOLD} unit="s" onSet=${last} />`;
}

/** The gain of the clip's sound, and whether there is none. */
function Sound({ clip }) {
  const volume = clip.volume ?? 0;
  return html`<${NumberField} label="Volume" value=${volume} step=${1} min=${QUIETEST} max=${LOUDEST} unit="dB" onSet=${(decibels) => set({ do: "set-volume", volume: decibels })} />
    <${Switch} label="Mute" on=${Boolean(clip.mute)} onSet=${(mute) => set({ do: "set-mute", mute })} title="The clip is silent in the video" />`;
}

/** The fields, and the number of keyframes. */
export function ClipFields() {
  const clip = selected.value;
  const found = keyframes.value.length;
  const facts = clip.raw_clip_id && factsOf(clip.raw_clip_id).value;
  const damage = (value) => set({ do: "set-damage", damage: value || null });
  return html`<div class="detail" role="group" aria-label="Clip">
    ${facts?.audio && html`<${Sound} clip=${clip} />`}
    ${facts && isStill(facts) && html`<${Lasting} />`}
    ${facts && isMovingImage(facts) && html`<${Looping} clip=${clip} />`}
    ${facts && !isStill(facts) && html`<${Choice} label="Damaged parts" value=${clip.damage ?? ""} choices=${DAMAGES} onSet=${damage} />`}
    <span class="quiet">${found ? count(found, "keyframe") : "No keyframes"}</span>
  </div>`;
}
