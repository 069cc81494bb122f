/**
 * Lists of keyframes, sorted by frame: several are set, removed, moved, copied and pasted together.
 *
 * @typedef {import("./model.js").Keyframe} Keyframe
 * @typedef {Omit<Keyframe, "frame"> & {after: number}} Copy  a copied keyframe, `after` seconds later than the first one
 */

import { fittedTo } from "./box.js";

const SIDES = /** @type {const} */ (["x", "y", "width", "height"]);

/** Sorted keyframes; throws unless each has a whole frame from 0 of its own, and a box that is not empty. @param {Keyframe[] | null} keyframes */
export function framed(keyframes) {
  const sorted = [...(keyframes ?? [])].sort((one, other) => one.frame - other.frame);
  sorted.forEach((each, index) => {
    if (!Number.isInteger(each.frame) || each.frame < 0) throw new Error("a keyframe needs a whole frame number, from 0");
    if (index && sorted[index - 1].frame === each.frame) throw new Error(`two keyframes are at frame ${each.frame}`);
    for (const side of SIDES) {
      if (!Number.isFinite(each[side])) throw new Error(`a keyframe's ${side} must be a number`);
    }
    if (each.width <= 0 || each.height <= 0) throw new Error("a crop needs a width and a height above 0");
  });
  return sorted;
}

/** The keyframes with some more, which replace those at the same frames. @param {Keyframe[]} keys @param {Keyframe[]} set */
export function withSet(keys, set) {
  const replaced = new Set(set.map(({ frame }) => frame));
  return framed([...keys.filter(({ frame }) => !replaced.has(frame)), ...set]);
}

/** The keyframes at some frames; throws if one is missing. */
function at(/** @type {Keyframe[]} */ keys, /** @type {number[]} */ frames) {
  const missing = frames.find((frame) => !keys.some((each) => each.frame === frame));
  if (missing !== undefined) throw new Error(`there is no keyframe at frame ${missing}`);
  return keys.filter(({ frame }) => frames.includes(frame));
}

/** The keyframes without those at some frames. @param {Keyframe[]} keys @param {number[]} frames */
export function without(keys, frames) {
  const gone = at(keys, frames);
  return keys.filter((each) => !gone.includes(each));
}

/** The frame of a keyframe that is in the way of moving others by some frames; null if none is. @param {Keyframe[]} keys @param {number[]} frames @param {number} by */
export function inTheWay(keys, frames, by) {
  const moved = frames.map((frame) => frame + by);
  return keys.find(({ frame }) => !frames.includes(frame) && moved.includes(frame))?.frame ?? null;
}

/** The keyframes, those at some frames moved by as many; throws if another one is in the way. @param {Keyframe[]} keys @param {number[]} frames @param {number} by */
export function shifted(keys, frames, by) {
  const moved = at(keys, frames);
  const found = inTheWay(keys, frames, by);
  if (found !== null) throw new Error(`there is a keyframe at frame ${found} already`);
  return by === 0 ? keys : framed(keys.map((each) => (moved.includes(each) ? { ...each, frame: each.frame + by } : each)));
}

/** The number of frames by which keyframes move when they stop at the clip's ends. @param {number[]} frames @param {number} by @param {number} last the clip's last frame */
export function withinClip(frames, by, last) {
  return Math.max(-Math.min(...frames), Math.min(by, Math.max(0, last - Math.max(...frames))));
}

/** The keyframes at some frames as they are copied. @param {Keyframe[]} keys @param {number[]} frames @param {number} rate frames a second @returns {Copy[]} */
export function copiesOf(keys, frames, rate) {
  const chosen = at(keys, frames);
  return chosen.map(({ frame, ...rest }) => ({ ...rest, after: (frame - chosen[0].frame) / rate }));
}

/**
 * The keyframes that copies become, the first one at a frame: as far apart as they were, each box fitted into the picture.
 * Throws if the clip ends before the last one. @param {Copy[]} copies
 * @param {{frame: number, rate: number, last: number, from: import("./box.js").Size, to: import("./box.js").Size, ratio: number}} place
 * @returns {Keyframe[]}
 */
export function pasted(copies, { frame, rate, last, from, to, ratio }) {
  const made = copies.map(({ after, ...rest }) => ({ ...rest, ...fittedTo(rest, from, to, ratio), frame: frame + Math.round(after * rate) }));
  if (made.some((each) => each.frame > last)) throw new Error("the clip ends before the last copied keyframe: go to an earlier frame, or copy fewer");
  return framed(made);
}

/** The frames from one keyframe to another, both included. @param {Keyframe[]} keys @param {number} one @param {number} other */
export function throughout(keys, one, other) {
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  return keys.map(({ frame }) => frame).filter((frame) => frame >= low && frame <= high);
}
