/** The transition into a clip: its kind, its duration, and the longest duration possible. */

import { html } from "../parts/vendor.js";
import { Choice, NumberField } from "./fields.js";
import { clips, dispatch, draft, edit, problems, selected } from "../edit/store.js";
import { explained } from "../parts/words.js";
import { spoken } from "../edit/timecode.js";

/** The kinds on offer, with their labels. There are more (docs/transitions.md); another stored kind is shown by its name. */
export const KINDS = {
  cut: "Cut", fade: "Fade through black", dissolve: "Dissolve", fadewhite: "Fade through white", wipeleft: "Wipe left", wiperight: "Wipe right",
  slideleft: "Slide left", slideright: "Slide right", slideup: "Slide up", slidedown: "Slide down", circleopen: "Circle opens",
  circleclose: "Circle closes", radial: "Clock wipe", smoothleft: "Soft wipe left", pixelize: "Pixelate", zoomin: "Zoom in",
};
const USUAL = 0.5;

/** The transition into a clip: its own or the project's default. */
export function transitionOf(clip) {
  return clip.transition_data ?? edit.value?.project?.settings?.transition ?? { type: "cut" };
}

export const nameOf = (type) => KINDS[type] ?? type;

/** The problem of the transition into a clip; null if there is none. */
export function faultOf(clip) {
  return problems.value.find((each) => each.clip_id === clip.clip_id && /transition/.test(each.pointer ?? "")) ?? null;
}

/** The longest duration of the transition in seconds; null if the draft has none. */
export function longestOf(clip) {
  return draft.value?.clips.find((each) => each.clip_id === clip.clip_id)?.transition?.longest ?? null;
}

/** The fields of the transition into the selected clip. */
export function TransitionDetails({ onPick }) {
  const clip = selected.value;
  if (clip === clips.value[0]) return html`<p class="detail quiet">The first clip has no transition into it.</p>`;
  const { type, duration = USUAL } = transitionOf(clip);
  const [fault, longest] = [faultOf(clip), longestOf(clip)];
  const set = (transition, merge) => dispatch({ do: "set-transition", clip_id: clip.clip_id, transition, merge });
  const become = (kind) => set(kind === "cut" ? { type: kind } : { type: kind, duration });
  const kinds = Object.entries(type in KINDS ? KINDS : { ...KINDS, [type]: type });
  return html`<div class="detail" role="group" aria-label="Transition">
    <b>Into ${clip.name}</b>
    <${Choice} label="Transition" value=${type} choices=${kinds} onSet=${become} />
    <button type="button" aria-haspopup="dialog" onClick=${() => onPick(clip)}>Compare…</button>
    ${type !== "cut" && html`<${NumberField} label="Duration" value=${duration} step=${0.1} min=${0.01} max=${3600} unit="s" onSet=${(seconds) => set({ type, duration: seconds })} />`}
    ${longest !== null && type !== "cut" && html`<span class="quiet">at most ${spoken(longest)}</span>`}
    ${fault && html`<span class="wrong" role="alert">${explained(fault)}</span>`}
    ${fault && longest > 0 && html`<button type="button" onClick=${() => set({ type, duration: longest })}>Make it ${spoken(longest)}</button>`}
  </div>`;
}
