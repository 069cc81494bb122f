/** The lane of keyframes, each at its frame of the source; they can be dragged, selected, and moved by arrow keys. */

import { html, useRef } from "../parts/vendor.js";
import { addKeyframe, goTo, moveKeyframe } from "../panels/actions.js";
import { useDrag } from "../panels/drag.js";
import { gathered, timeAcross } from "../edit/lanes.js";
import { frames, keyframes, rate } from "../playback/now.js";
import { DEFAULT_EASE } from "../parts/limits.js";
import { ARROWS, modified } from "../parts/keyboard.js";
import { dispatch, select, selected, selection } from "../edit/store.js";
import { timecode, timeOf } from "../edit/timecode.js";
import { frameNear, snappedAt, view, zoom } from "../playback/window.js";

export const EASES = [["spline", "Smooth path"], ["linear", "Linear"], ["smooth", "Ease in and out"], ["hold", "Hold, then jump"]];

const at = (each) => timeOf(each.frame, rate.peek());

function Mark({ each, x }) {
  const chosen = selection.value.keyframe === each.frame;
  const ease = each.ease ?? DEFAULT_EASE;
  return html`<span class="key ease-${ease}" role="slider" tabindex=${chosen ? "0" : "-1"} data-key=${each.frame}
    aria-label=${`Keyframe, ${ease}`} aria-valuemin="0" aria-valuemax=${frames.value} aria-valuenow=${each.frame} aria-valuetext=${timecode(each.frame, rate.value)}
    aria-current=${chosen ? "true" : null} style=${{ transform: `translateX(${x}px)` }}></span>`;
}

const Several = ({ group }) => html`<span class="keys" data-keys=${group.marks[0].frame} title="${group.marks.length} keyframes: zoom in"
  style=${{ transform: `translateX(${group.x}px)` }}></span>`;

/** Lines between keyframes, except where the crop is held. */
function Between({ groups }) {
  const held = groups.flatMap((group, index) => (index + 1 < groups.length && group.marks.at(-1).ease !== "hold" ? [[group.x, groups[index + 1].x]] : []));
  return html`<svg class="between" aria-hidden="true"><path d=${held.map(([from, to]) => `M${from} 13H${to}`).join("")} /></svg>`;
}

const drag = {
  start(event) {
    const number = Number(event.currentTarget.dataset.key);
    select({ keyframe: number });
    return { began: number, now: number, before: keyframes.peek() };
  },
  move({ dx, merge, alt }, known) {
    const wanted = timeOf(known.began, rate.peek()) + dx / view.peek().scale;
    const own = timeOf(known.now, rate.peek());
    const to = Math.min(frameNear(wanted, alt, (what, time) => what === "keyframe" && time === own), frames.peek() - 1);
    if (moveKeyframe(known.now, to, merge)) known.now = to;
  },
  cancel(known, merge) {
    dispatch({ do: "set-crop", clip_id: selected.peek().clip_id, crop_data: known.before, merge });
    select({ keyframe: known.began });
  },
  end(known) {
    snappedAt.value = null;
    goTo(known.now);
    select({ keyframe: known.now });
  },
};

function pressed(event) {
  const number = Number(event.target.dataset.key);
  const by = (ARROWS[event.key] ?? 0) * (event.shiftKey ? 10 : 1);
  if (!by || Number.isNaN(number) || modified(event)) return;
  event.preventDefault();
  event.stopPropagation();
  const to = number + by;
  if (to < 0 || to >= frames.peek() || !moveKeyframe(number, to, `key ${number - by} ${event.key}`)) return;
  goTo(to);
  select({ keyframe: to });
}

function clicked(event) {
  const { key, keys } = event.target.dataset;
  if (key !== undefined) {
    goTo(Number(key));
    select({ keyframe: Number(key) });
  } else if (keys !== undefined) {
    goTo(Number(keys));
    zoom(4);
  }
}

function doubled(event) {
  if (event.target.dataset.key !== undefined) return;
  const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
  goTo(Math.round(timeAcross(view.peek(), x) * rate.peek().value));
  addKeyframe();
}

/** The lane. One listener serves all keyframes, and only those in view are drawn. */
export function KeyLane() {
  const ref = useRef(null);
  useDrag(ref, drag, ".key");
  const groups = gathered(keyframes.value, at, view.value, (each) => each.frame === selection.value.keyframe);
  return html`<div class="track key-track" ref=${ref} role="group" aria-label="Crop keyframes" onKeyDown=${pressed} onClick=${clicked} onDblClick=${doubled}>
    <${Between} groups=${groups} />
    ${groups.map((group) => (group.marks.length === 1
      ? html`<${Mark} key=${`one ${keyframes.value.indexOf(group.marks[0])}`} each=${group.marks[0]} x=${group.x} />`
      : html`<${Several} key=${`some ${group.marks[0].frame}`} group=${group} />`))}
    ${keyframes.value.length === 0 && html`<span class="lane-hint">Move the crop to make the first keyframe</span>`}
  </div>`;
}

