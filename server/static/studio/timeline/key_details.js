/** The fields of the selected keyframes: their time, and the path from there to the next one. */

import { html, useId } from "../parts/vendor.js";
import { copyKeyframes, goTo, moveKeyframes, removeKeyframes, selectKeyframes, setEase } from "../panels/actions.js";
import { TimecodeField } from "../panels/fields.js";
import { drawnEase, EASES } from "../edit/eases.js";
import { frames, keyframes, rate } from "../playback/now.js";
import { DEFAULT_EASE } from "../parts/limits.js";
import { selection } from "../edit/store.js";

const ICON = { left: 3, right: 21, top: 3, bottom: 13 };

/** The choice of an ease, each by its shape; several are pressed where the keyframes differ. */
function Eases({ given, onSet }) {
  const label = useId();
  const chosen = EASES.filter(([ease]) => given.has(ease)).map(([, name]) => name);
  return html`<span class="num eases" role="group" aria-labelledby=${label}><span class="num-label"><span id=${label}>Path from here</span>: ${chosen.length === 1 ? chosen[0] : "several"}</span>
    <span class="row">${EASES.map(([ease, name]) => html`<button key=${ease} type="button" class="tool" aria-label=${name} title=${name} aria-pressed=${String(given.has(ease))}
      onClick=${() => onSet(ease)}><svg viewBox="0 0 24 16" aria-hidden="true"><path d=${drawnEase(ease, ICON)} /></svg></button>`)}</span>
  </span>`;
}

/** The fields; a new time moves all selected keyframes alike. */
export function KeyframeDetails({ chosen }) {
  const all = selection.value.keyframes;
  const several = all.length > 1;
  const eases = new Set(keyframes.value.filter((each) => all.includes(each.frame)).map((each) => each.ease ?? DEFAULT_EASE));
  const move = (to) => {
    const by = moveKeyframes(all, to - chosen.frame);
    goTo(chosen.frame + by);
    selectKeyframes(all.map((each) => each + by), chosen.frame + by);
  };
  return html`<div class="detail" role="group" aria-label="Keyframe">
    <b>${several ? `${all.length} keyframes` : "Keyframe"}</b>
    <${TimecodeField} label="Keyframe at" frame=${chosen.frame} rate=${rate.value} max=${frames.value - 1} onSet=${move} />
    <${Eases} given=${eases} onSet=${(ease) => setEase(all, ease)} />
    <button type="button" onClick=${copyKeyframes}>Copy</button>
    <button type="button" class="remove" aria-label=${several ? "Delete keyframes" : "Delete keyframe"} onClick=${() => removeKeyframes(all)}>Delete</button>
  </div>`;
}
