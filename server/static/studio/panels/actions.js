/** The actions of buttons and keys on the selected clip at the playhead. */

import { signal } from "../parts/vendor.js";
import { keepHere } from "./framing.js";
import { duration, frame, frames, inOut, keyframe, keyframes, outside, picture, rate, ratio, segments } from "../playback/now.js";
import { copiesOf, inTheWay, pasted, withinClip } from "../edit/keyframes.js";
import { pause, seek } from "../playback/player.js";
import { joining, splitting } from "../edit/cuts.js";
import { added, frozen, holds, spanAt, split, without } from "../edit/spans.js";
import { clips, dispatch, error, playhead, select, selected, selection } from "../edit/store.js";
import { timecode, timeOf } from "../edit/timecode.js";
import { freshId } from "../remote/api.js";
import { framed, show, stored } from "../playback/window.js";

/** The copied keyframes, and the picture that they frame: {keyframes, picture}, or null. */
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

export function removeKeyframes(frames) {
  if (!frames.length) return;
  dispatch({ do: "remove-keyframes", clip_id: id(), frames });
  select({});
}

/** Set the ease of some keyframes. */
export function setEase(frames, ease) {
  const changed = keyframes.peek().filter((each) => frames.includes(each.frame)).map((each) => ({ ...each, ease }));
  dispatch({ do: "set-keyframes", clip_id: id(), keyframes: changed });
}

/** Select some keyframes; the fields are about `keyframe`. */
export const selectKeyframes = (frames, keyframe = frames.at(-1) ?? null) => select({ keyframe, keyframes: frames });

/**
 * Move keyframes together by some frames; they stop at the clip's ends. One that is not moved is never replaced: if it is in
 * the way, nothing moves, and the reason is in `error`. The number of frames by which they moved.
 */
export function moveKeyframes(frames, wanted, merge) {
  const by = withinClip(frames, wanted, lastFrame());
  const found = inTheWay(keyframes.peek(), frames, by);
  if (found !== null) error.value = `There is a keyframe at ${timecode(found, rate.peek())} already`;
  if (by === 0 || found !== null) return 0;
  return dispatch({ do: "move-keyframes", clip_id: id(), frames, by, merge }) ? by : 0;
}

const lastFrame = () => frames.peek() - 1;

/** Copy the selected keyframes, or the one at the playhead; false if there is none. */
export function copyKeyframes() {
  const chosen = selection.peek().keyframes.length ? selection.peek().keyframes : keyframe.peek() ? [keyframe.peek().frame] : [];
  if (!chosen.length) return false;
  copied.value = { keyframes: copiesOf(keyframes.peek(), chosen, rate.peek().value), picture: picture.peek() };
  return true;
}

/** Paste the copied keyframes, the first one at the playhead. They replace those at the same frames. */
export function pasteKeyframes() {
  if (!copied.peek()) return;
  pause();
  const { keyframes: copies, picture: from } = copied.peek();
  const place = { frame: frame.peek(), rate: rate.peek().value, last: lastFrame(), from, to: picture.peek(), ratio: ratio.peek() };
  const made = tried(() => pasted(copies, place));
  if (!made) return;
  dispatch({ do: "set-keyframes", clip_id: id(), keyframes: made });
  selectKeyframes(made.map((each) => each.frame), made[0].frame);
}

/** Go to the keyframe before or after the playhead; with `more`, it is selected together with those that are. @param {1 | -1} way */
export function nextKeyframe(way, more = false) {
  const ordered = way > 0 ? keyframes.peek() : [...keyframes.peek()].reverse();
  const found = ordered.find((each) => way * (each.frame - frame.peek()) > 0);
  if (!found) return;
  const chosen = more ? [...selection.peek().keyframes, found.frame] : [found.frame];
  goTo(found.frame);
  selectKeyframes(chosen, found.frame);
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

/** Seconds for which a new freeze holds the picture. */
const HOLD = 1;

/** Hold the picture at the playhead, or select the freeze that is there. */
export function addFreeze() {
  if (outside.peek()) return void (error.value = "A picture is held between the in and the out point: move the playhead there");
  const made = frozen(segments.peek().spans, stored(frame.peek()), HOLD);
  if (setSpans(made.spans)) select({ span: made.index });
}

/** Split the clip before the frame at the playhead, and select the second half at this frame. */
export function splitClip() {
  const at = stored(frame.peek());
  const as = freshId();
  tried(() => {
    const commands = splitting(selected.peek(), clips.peek().indexOf(selected.peek()), at, inOut.peek(), as);
    return dispatch({ do: "several", commands }) && select({ clip_id: as });
  });
}

/** Join the clip with the one after it, of which it was split. */
export function joinClips() {
  const clip = selected.peek();
  const next = clips.peek()[clips.peek().indexOf(clip) + 1];
  tried(() => dispatch({ do: "several", commands: joining(clip, next, duration.peek()) }));
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
  const { keyframes: chosen, span, transition } = selection.peek();
  if (span !== null) return removeSpan(span);
  if (transition) return dispatch({ do: "set-transition", clip_id: id(), transition: null });
  return removeKeyframes(chosen.length || !keyframe.peek() ? chosen : [keyframe.peek().frame]);
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
