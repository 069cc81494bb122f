/** The fields of the selection: a keyframe, a speed, a held picture, or the transition into the clip. */

import { html, useEffect, useRef } from "../parts/vendor.js";
import { addFreeze, addKeyframe, addSpan, copied, goTo, goToSpan, pasteKeyframes, joinClips, removeSpan, setSpans, splitClip } from "../panels/actions.js";
import { Choice, NumberField, TimecodeField } from "../panels/fields.js";
import { KeyframeDetails } from "./key_details.js";
import { duration, frames, keyframe, keyframes, rate, segments } from "../playback/now.js";
import { endOf, holds, resized, speedName, withSpeed } from "../edit/spans.js";
import { error, revealed, select, selection } from "../edit/store.js";
import { DEFAULT_RAMP_EASE, FASTEST, LONGEST_HOLD, SLOWEST } from "../parts/limits.js";
import { ClipFields } from "../panels/clip_fields.js";
import { picking } from "../panels/transition_picker.js";
import { TransitionDetails } from "../panels/transitions.js";
import { Turning } from "../panels/turning.js";
import { framed, stored } from "../playback/window.js";

const RAMPS = [["constant", "Constant"], ["linear", "Linear ramp"], ["smooth", "Eased ramp"]];

function SpanDetails({ span, index }) {
  const { spans } = segments.value;
  const { speed } = span;
  const ramp = typeof speed === "object";
  const end = endOf(span, duration.value);
  const resize = (ends) => setSpans(resized(spans, index, ends, duration.value));
  const toward = (change) => setSpans(withSpeed(spans, index, ramp ? { ...speed, ...change } : change.from));
  const become = (kind) => {
    const [from, to] = ramp ? [speed.from, speed.to] : [speed, 1];
    setSpans(withSpeed(spans, index, kind === "constant" ? from : { from, to: from === to ? 2 : to, ease: kind }));
  };
  return html`<div class="detail" role="group" aria-label="Speed">
    <b>Speed ${speedName(speed)}</b>
    <${NumberField} label=${ramp ? "From" : "Speed"} value=${ramp ? speed.from : speed} step=${0.1} min=${SLOWEST} max=${FASTEST} unit="×" onSet=${(from) => toward({ from })} />
    ${ramp && html`<${NumberField} label="To" value=${speed.to} step=${0.1} min=${SLOWEST} max=${FASTEST} unit="×" onSet=${(to) => toward({ to })} />`}
    <${Choice} label="Speed curve" value=${ramp ? speed.ease ?? DEFAULT_RAMP_EASE : "constant"} choices=${RAMPS} onSet=${become} />
    <${TimecodeField} label="Starts" frame=${framed(span.start)} rate=${rate.value} max=${framed(end) - 1} onSet=${(number) => resize({ start: stored(number) })} />
    <${TimecodeField} label="Ends" frame=${framed(end)} rate=${rate.value} min=${framed(span.start) + 1} max=${frames.value} onSet=${(number) => resize({ end: stored(number) })} />
    <button type="button" class="remove" aria-label="Delete speed" onClick=${() => removeSpan(index)}>Delete</button>
  </div>`;
}

function HeldDetails({ freeze, index }) {
  const { spans } = segments.value;
  const change = (fields) => setSpans(spans.map((each, i) => (i === index ? { ...each, ...fields } : each)));
  return html`<div class="detail" role="group" aria-label="Freeze frame">
    <b>Freeze frame</b>
    <${TimecodeField} label="Freeze at" frame=${framed(freeze.at)} rate=${rate.value} max=${frames.value} onSet=${(number) => change({ at: stored(number) })} />
    <${NumberField} label="Duration" value=${freeze.freeze} step=${0.1} min=${0.01} max=${LONGEST_HOLD} unit="s" onSet=${(seconds) => change({ freeze: seconds })} />
    <button type="button" class="remove" onClick=${() => removeSpan(index)}>Delete</button>
  </div>`;
}

/** The fields of the selection alone. */
function Selected() {
  const { keyframe: number, span, transition } = selection.value;
  const chosen = keyframes.value.find((each) => each.frame === number);
  const part = span === null ? undefined : segments.value.spans[span];
  if (transition) return html`<${TransitionDetails} onPick=${(clip) => (picking.value = clip.clip_id)} />`;
  if (part) return holds(part) ? html`<${HeldDetails} freeze=${part} index=${span} />` : html`<${SpanDetails} span=${part} index=${span} />`;
  if (chosen) return html`<${KeyframeDetails} chosen=${chosen} />`;
  return html`<${ClipFields} />`;
}

/** Go to the place that was selected for people to look at; of a problem, focus the first field. */
function showRevealed(place) {
  const { problem, frame } = revealed.peek();
  const { keyframe: number, span } = selection.peek();
  if (number !== null || frame !== null) goTo(number ?? frame);
  if (span !== null) goToSpan(span);
  if (number !== null) select({ keyframe: number });
  if (!problem) return;
  place.scrollIntoView({ block: "nearest" });
  requestAnimationFrame(() => place.querySelector(".detail input, .detail select")?.focus());
}

const PASTE = html`<svg viewBox="0 0 16 16"><path d="M5.500 3.500H4v10h8v-10h-1.500M6 2.500h4v2H6z" /></svg>`;

/** A button whose name is a sign where the row has no room for words: the fields of the selection stand beside it. */
const Make = ({ name, sign, ...more }) => html`<button type="button" class="make" aria-label=${name} ...${more}><span class="words">${name}</span><span class="sign" aria-hidden="true">+${sign}</span></button>`;

/** Buttons for a new keyframe or speed at the playhead, and the fields of the selection. */
export function Details() {
  const ref = useRef(null);
  const here = keyframe.value;
  const count = revealed.value?.count;
  useEffect(() => {
    if (count) showRevealed(ref.current);
  }, [count]);
  return html`<div class="details" ref=${ref}>
    <div class="making">
      <${Make} name="Add keyframe" sign="◆" title="Keep the crop as it is here (C)" disabled=${here !== null} onClick=${addKeyframe} />
      <${Make} name="Paste" sign=${PASTE} title="Paste the copied keyframes here (Ctrl V)" disabled=${copied.value === null} onClick=${pasteKeyframes} />
      <${Make} name="Add speed" sign="×" title="Change the speed from here on; split the one that is here (Shift S)" onClick=${addSpan} />
      <button type="button" class="tool" aria-label="Add freeze" title="Freeze the picture at the playhead (Shift F)" onClick=${addFreeze}>❄</button>
      <button type="button" class="tool" aria-label="Split" title="Split the clip at the playhead (S)" onClick=${splitClip}>✂</button>
      <button type="button" class="tool" aria-label="Join with next" title="Join the clip with the next one, of which it was split (Shift J)" onClick=${joinClips}>⊕</button>
      <${Turning} />
    </div>
    <${Selected} />
    <p class="refused" role="alert">${error.value && html`${error.value} <button type="button" class="tool" aria-label="Dismiss" onClick=${() => (error.value = null)}>×</button>`}</p>
  </div>`;
}

