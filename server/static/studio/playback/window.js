/** The part of the clip that the timeline shows, snapping, and drags in seconds. */

import { computed, signal } from "../parts/vendor.js";
import { duration, frames, inOut, keyframes, rate, segments } from "./now.js";
import { drawnTo, fitted, kept, showing, zoomed } from "../edit/lanes.js";
import { holds } from "../edit/spans.js";
import { playhead } from "../edit/store.js";
import { frameAt, storedTime, timeOf } from "../edit/timecode.js";

/** Pixels on the screen within which a drag snaps. */
const REACH = 7;

/** The timeline's width in pixels; 0 until it is measured. */
export const width = signal(0);
/** The left edge and the scale after zooming; null shows the whole clip. */
const chosen = signal(/** @type {{start: number, scale: number} | null} */ (null));
export const magnet = signal(true);
/** What a drag has snapped to, where a line is drawn; null otherwise. */
export const snappedAt = signal(/** @type {{at: number, what: string} | null} */ (null));

/** The targets of snapping, as people name them. */
export const TARGETS = { keyframe: "Keyframe", in: "In", out: "Out", end: "End of clip", start: "Start of clip", speed: "Speed", playhead: "Playhead" };

export const view = computed(() => {
  if (!chosen.value) return fitted(duration.value, width.value);
  return kept({ ...chosen.value, width: width.value }, duration.value);
});
export const zoomable = computed(() => chosen.value !== null);

export const fit = () => (chosen.value = null);
/** @param {number} start seconds */
export const scrollTo = (start) => (chosen.value = { start, scale: view.peek().scale });
/** Zoom in or out about a time, by default the playhead. */
export function zoom(factor, at = playhead.peek()) {
  const next = zoomed(view.peek(), factor, at, duration.peek());
  chosen.value = next.scale <= (next.width / duration.peek()) * 1.0001 ? null : next;
}

/** Bring a time into view. */
export function show(at) {
  const next = showing(view.peek(), at, duration.peek());
  if (next !== view.peek()) chosen.value = next;
}

/** The times that a drag snaps to. @param {(what: string, at: number) => boolean} but those left out */
function targets(but) {
  const keys = keyframes.peek().map((each) => ["keyframe", timeOf(each.frame, rate.peek())]);
  const [from, until] = inOut.peek();
  const ends = [["in", from], ["out", until], ["start", 0], ["end", duration.peek()]];
  const spans = segments.peek().spans.flatMap((each) => (holds(each) ? [each.at] : [each.start, each.end ?? duration.peek()]));
  const all = [...ends, ...keys, ...spans.map((at) => ["speed", at]), ["playhead", playhead.peek()]];
  return all.filter(([what, at]) => !but(what, at)).map(([what, at]) => ({ what, at }));
}

/**
 * The frame nearest to a time, after snapping. @param {number} at seconds @param {boolean} alt suspends snapping
 * @param {(what: string, at: number) => boolean} [but] the targets that it does not snap to
 */
export function frameNear(at, alt, but = () => false) {
  const reach = REACH / view.peek().scale;
  const found = magnet.peek() && !alt ? drawnTo(at, targets(but), reach) : { at, what: null };
  snappedAt.value = found.what ? found : null;
  const number = Math.round(found.at * rate.peek().value);
  return Math.min(Math.max(number, 0), frames.peek());
}

/** The stored time of a frame's beginning. */
export const stored = (number) => storedTime(number, rate.peek());
/** The frame that begins at a stored time. */
export const framed = (at) => frameAt(at + 2e-6, rate.peek());
