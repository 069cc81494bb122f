/** The actions of buttons and keys on the selected clip at the playhead. */

import { signal } from "../parts/vendor.js";
import { keepHere } from "./framing.js";
import { duration, frame, frames, inOut, keyframe, keyframes, rate, segments } from "../playback/now.js";
import { pause, seek } from "../playback/player.js";
import { added, holds, spanAt, split, without } from "../edit/spans.js";
import { clips, dispatch, error, playhead, select, selected, selection } from "../edit/store.js";
import { timeOf } from "../edit/timecode.js";
import { framed, show, stored } from "../playback/window.js";

/** The box and the ease of the copied keyframe. */
export const copied = signal(null);

const id = () => selected.peek()?.clip_id;

/** Go to a frame and bring it into view. */
export function goTo(number) {
  seek(timeOf(Math.min(Math.max(number, 0), frames.peek() - 1), rate.peek()));
  show(playhead.peek());
}

/** Run what may throw a reason for people, and put that into `error`, as for a refused command. */
function tried(work) {
  try {
    return work();
  } catch (refused) {
    error.value = refused.message;
    return null;
  }
}

/** Set the in and the out point, as frames; the whole clip removes the trim. @param {number} first @param {number} until @param {string} [merge] */
export function setTrim(first, until, merge) {
  const whole = first <= 0 && until >= frames.peek();
  const end = until >= frames.peek() ? Math.floor(duration.peek() * 1e6) / 1e6 : stored(until);
  return dispatch({ do: "set-trim", clip_id: id(), start: whole ? null : stored(first), end: whole ? null : end, merge });
}

export const inFrame = () => framed(inOut.peek()[0]);
export const outFrame = () => Math.min(frames.peek(), Math.round(inOut.peek()[1] * rate.peek().value));

export const markIn = () => setTrim(frame.peek(), Math.max(outFrame(), frame.peek() + 1));
export const markOut = () => setTrim(Math.min(inFrame(), frame.peek()), frame.peek() + 1);

export function addKeyframe() {
  pause();
  keepHere();
}

export function removeKeyframe(number = selection.peek().keyframe ?? keyframe.peek()?.frame) {
  if (number == null) return;
  dispatch({ do: "remove-keyframe", clip_id: id(), frame: number });
  select({});
}

export function setEase(number, ease) {
  const found = keyframes.peek().find((each) => each.frame === number);
  dispatch({ do: "set-keyframe", clip_id: id(), keyframe: { ...found, ease } });
}

export function moveKeyframe(number, to, merge) {
  if (to === number || keyframes.peek().some((each) => each.frame === to)) return false;
  const moved = dispatch({ do: "move-keyframe", clip_id: id(), frame: number, to, merge });
  if (moved) select({ keyframe: to });
  return moved;
}

export function copyKeyframe() {
  const found = keyframes.peek().find((each) => each.frame === selection.peek().keyframe) ?? keyframe.peek();
  if (!found) return false;
  const { frame: _, ...rest } = found;
  copied.value = rest;
  return true;
}

export function pasteKeyframe() {
  if (!copied.peek()) return;
  pause();
  dispatch({ do: "set-keyframe", clip_id: id(), keyframe: { ...copied.peek(), frame: frame.peek() } });
  select({ keyframe: frame.peek() });
}

/** Go to the keyframe before or after the playhead. @param {1 | -1} way */
export function nextKeyframe(way) {
  const ordered = way > 0 ? keyframes.peek() : [...keyframes.peek()].reverse();
  const found = ordered.find((each) => way * (each.frame - frame.peek()) > 0);
  if (!found) return;
  goTo(found.frame);
  select({ keyframe: found.frame });
}

export const setSpans = (spans, merge) => dispatch({ do: "set-spans", clip_id: id(), spans, merge });

/** Add a speed from the playhead on, or split the one that is there. */
export function addSpan() {
  const { spans } = segments.peek();
  const at = stored(frame.peek());
  const here = spanAt(spans, at, duration.peek());
  tried(() => {
    if (here >= 0) return setSpans(split(spans, at, duration.peek())) && select({ span: here + 1 });
    const made = added(spans, at, duration.peek(), inOut.peek()[1]);
    return setSpans(made.spans) && select({ span: made.index });
  });
}

export function removeSpan(index) {
  setSpans(without(segments.peek().spans, index));
  select({});
}

/** Select the speed at an index and go to its beginning. */
export function goToSpan(index) {
  const span = segments.peek().spans[index];
  goTo(framed(holds(span) ? span.at : span.start));
  select({ span: index });
}

/** Delete the selection, or a keyframe at the playhead if nothing is selected. */
export function removeSelected() {
  const { keyframe: chosen, span, transition } = selection.peek();
  if (span !== null) return removeSpan(span);
  if (transition) return dispatch({ do: "set-transition", clip_id: id(), transition: null });
  return removeKeyframe(chosen ?? keyframe.peek()?.frame);
}

/** Select the clip before or after. @param {1 | -1} way */
export function nextClip(way) {
  const index = clips.peek().findIndex((each) => each.clip_id === id());
  const found = clips.peek()[index + way];
  if (found) select({ clip_id: found.clip_id });
}

/** Move the selected clip to before or after its neighbour. @param {1 | -1} way */
export function moveClip(way) {
  const index = clips.peek().findIndex((each) => each.clip_id === id());
  if (clips.peek()[index + way]) dispatch({ do: "move-clip", clip_id: id(), to: index + way });
}
