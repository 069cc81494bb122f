/** The lane of keyframes, each at its frame of the source; one or several are selected, dragged, and moved by arrow keys. */

import { html, signal, useRef } from "../parts/vendor.js";
import { addKeyframe, goTo, moveKeyframes, selectKeyframes } from "../panels/actions.js";
import { useDrag } from "../panels/drag.js";
import { drawnEase, easeName } from "../edit/eases.js";
import { throughout } from "../edit/keyframes.js";
import { across, gathered, timeAcross } from "../edit/lanes.js";
import { frames, keyframes, rate } from "../playback/now.js";
import { DEFAULT_EASE } from "../parts/limits.js";
import { ARROWS, modified } from "../parts/keyboard.js";
import { dispatch, select, selected, selection } from "../edit/store.js";
import { timecode, timeOf } from "../edit/timecode.js";
import { frameNear, snappedAt, view, zoom } from "../playback/window.js";

const at = (each) => timeOf(each.frame, rate.peek());

function Mark({ each, x }) {
  const { keyframe: last, keyframes: all } = selection.value;
  const chosen = all.includes(each.frame);
  const ease = each.ease ?? DEFAULT_EASE;
  const entry = last === null ? keyframes.value[0] === each : last === each.frame;
  return html`<span class="key ease-${ease}" role="slider" tabindex=${entry ? "0" : "-1"} data-key=${each.frame}
    aria-label=${`Keyframe, ${easeName(ease)}`} aria-valuemin="0" aria-valuemax=${frames.value} aria-valuenow=${each.frame} aria-valuetext=${timecode(each.frame, rate.value)}
    aria-current=${chosen ? "true" : null} style=${{ transform: `translateX(${x}px)` }}></span>`;
}

const Several = ({ group }) => html`<span class="keys ${group.marks.some((each) => selection.value.keyframes.includes(each.frame)) ? "chosen" : ""}" data-keys=${group.marks[0].frame} title="${group.marks.length} keyframes: zoom in"
  style=${{ transform: `translateX(${group.x}px)` }}></span>`;

/** The lane's height as its curves are drawn; it is scaled to the lane's. */
const HIGH = 28;
/** Pixels between a curve and the keyframes beside it, and the shortest curve. */
const [ASIDE, SHORTEST] = [10, 12];

/** The ease of each keyframe as a small curve to the next one; where there is no room for it, a line. */
function Between({ groups }) {
  const drawn = groups.slice(0, -1).map(({ x, marks }, index) => {
    const [left, right] = [x + ASIDE, groups[index + 1].x - ASIDE];
    return right - left < SHORTEST ? `M${x} ${HIGH / 2}H${groups[index + 1].x}` : drawnEase(marks.at(-1).ease ?? DEFAULT_EASE, { left, right, top: 4, bottom: HIGH - 5 });
  });
  return html`<svg class="between" viewBox="0 0 ${Math.max(1, view.value.width)} ${HIGH}" preserveAspectRatio="none" aria-hidden="true">
    ${drawn.map((path, index) => html`<path key=${index} d=${path} />`)}</svg>`;
}

/** Whether the pointer has dragged keyframes since it was pressed: then its click, which browsers report too, selects none. */
let dragged = false;

const drag = {
  start(event) {
    dragged = true;
    const number = Number(event.currentTarget.dataset.key);
    const { keyframes: chosen } = selection.peek();
    if (!chosen.includes(number)) select({ keyframe: number });
    return { began: number, by: 0, frames: selection.peek().keyframes, before: keyframes.peek() };
  },
  move({ dx, merge, alt }, known) {
    const wanted = timeOf(known.began, rate.peek()) + dx / view.peek().scale;
    const own = known.frames.map((each) => timeOf(each + known.by, rate.peek()));
    const to = frameNear(wanted, alt, (what, time) => what === "keyframe" && own.includes(time));
    known.by += moveChosen(known.frames.map((each) => each + known.by), to - known.began - known.by, known.began + known.by, merge);
  },
  cancel(known, merge) {
    dispatch({ do: "set-crop", clip_id: selected.peek().clip_id, crop_data: known.before, merge });
    known.by = 0;
  },
  end(known) {
    snappedAt.value = null;
    goTo(known.began + known.by);
    selectKeyframes(known.frames.map((each) => each + known.by), known.began + known.by);
  },
};

/** Move selected keyframes and keep them selected; the number of frames by which they moved. */
function moveChosen(chosen, wanted, leader, merge) {
  const by = moveKeyframes(chosen, wanted, merge);
  if (by) selectKeyframes(chosen.map((each) => each + by), leader + by);
  return by;
}

/** The stretch of the lane that a drag over its ground has gone over, seconds. */
const band = signal(null);

const bandDrag = {
  start(event) {
    const from = timeAcross(view.peek(), event.clientX0 - event.currentTarget.getBoundingClientRect().left);
    return { from, had: event.shiftKey || event.ctrlKey || event.metaKey ? selection.peek().keyframes : [], before: selection.peek() };
  },
  move({ dx }, { from, had }) {
    const ends = [from, from + dx / view.peek().scale].sort((one, other) => one - other);
    band.value = ends;
    const found = keyframes.peek().filter((each) => at(each) >= ends[0] && at(each) <= ends[1]);
    selectKeyframes([...had, ...found.map((each) => each.frame)]);
  },
  cancel({ before }) {
    select(before);
  },
  end() {
    band.value = null;
  },
};

function Band() {
  if (!band.value) return null;
  const [left, right] = band.value.map((time) => across(view.value, time));
  return html`<span class="band" aria-hidden="true" style=${{ transform: `translateX(${left}px)`, width: `${right - left}px` }}></span>`;
}

function pressed(event) {
  if ((event.ctrlKey || event.metaKey) && event.key === "a") {
    event.preventDefault();
    return selectKeyframes(keyframes.peek().map((each) => each.frame), selection.peek().keyframe ?? undefined);
  }
  const number = Number(event.target.dataset.key);
  const by = (ARROWS[event.key] ?? 0) * (event.shiftKey ? 10 : 1);
  if (!by || Number.isNaN(number) || modified(event)) return;
  event.preventDefault();
  event.stopPropagation();
  const { keyframes: chosen } = selection.peek();
  const moved = chosen.includes(number) ? chosen : [number];
  const places = keyframes.peek().flatMap((each, index) => (moved.includes(each.frame) ? [index] : []));
  const done = moveChosen(moved, by, number, `keys ${places}`);
  if (done) goTo(number + done);
}

/** A click goes to a keyframe and selects it; with Ctrl it is selected too or no longer, with Shift all up to it. */
function clicked(event) {
  const { key, keys } = event.target.dataset;
  if (keys !== undefined) {
    goTo(Number(keys));
    zoom(4);
  }
  if (key === undefined || dragged) return;
  const { keyframe: last, keyframes: chosen } = selection.peek();
  const number = Number(key);
  if (event.shiftKey && last !== null) return selectKeyframes(throughout(keyframes.peek(), last, number), last);
  if (event.ctrlKey || event.metaKey) return selectKeyframes(chosen.includes(number) ? chosen.filter((each) => each !== number) : [...chosen, number], number);
  goTo(number);
  select({ keyframe: number });
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
  useDrag(ref, bandDrag);
  useDrag(ref, drag, ".key");
  const groups = gathered(keyframes.value, at, view.value, (each) => each.frame === selection.value.keyframe);
  return html`<div class="track key-track" ref=${ref} role="group" aria-label="Crop keyframes" tabindex="-1"
    onPointerDown=${() => (dragged = false)} onKeyDown=${pressed} onClick=${clicked} onDblClick=${doubled}>
    <${Between} groups=${groups} />
    ${groups.map((group) => (group.marks.length === 1
      ? html`<${Mark} key=${`one ${keyframes.value.indexOf(group.marks[0])}`} each=${group.marks[0]} x=${group.x} />`
      : html`<${Several} key=${`some ${group.marks[0].frame}`} group=${group} />`))}
    <${Band} />
    ${keyframes.value.length === 0 && html`<span class="lane-hint">Move the crop to make the first keyframe</span>`}
  </div>`;
}

