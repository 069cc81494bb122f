/**
 * The film's time and its clips' times, from the parts of a draft: which clips a frame of the film shows, at which of
 * their frames, and how loud each is. All times are frames of the film or of a clip in it, with fractions.
 *
 * @typedef {{index: number, clip: any, k: number}} Place  a clip of the draft, and its frame
 * @typedef {Place & {mix: import("./mix.js").Mix | null}} Shown
 */

import { CURVES } from "./fades.js";
import { mixAt } from "./mix.js";

/** The clip that frame `at` of the film shows, of two that overlap the entering one. @param {any[]} clips @param {number} at @returns {Place} */
export function placeAt(clips, at) {
  let index = clips.length - 1;
  while (index > 0 && clips[index].first_frame > at) index -= 1;
  return { index, clip: clips[index], k: at - clips[index].first_frame };
}

/** What frame `at` of the film shows. @param {any[]} clips @param {number} at @returns {Shown} */
export function shownAt(clips, at) {
  const place = placeAt(clips, at);
  const { index, clip, k } = place;
  return { ...place, mix: mixAt(clip, clips[index - 1] ?? null, clips[index + 1] ?? null, k) };
}

/** The clips on screen at a frame of the film, the leaving one first. @param {any[]} clips @param {number} at @returns {Place[]} */
export function placesAt(clips, at) {
  const { index, clip, k, mix } = shownAt(clips, at);
  if (!mix || mix.kind === "fade") return [{ index, clip, k }];
  return [{ index: index - 1, clip: mix.clip, k: mix.number }, { index, clip, k }];
}

/** The gain of a clip's sound at its frame `k`, between the clips before and after it. @param {any[]} clips @param {Place} place */
export function gainAt(clips, { index, clip, k }) {
  const [into, out] = [index ? clip.transition?.mixed : null, clips[index + 1]?.transition?.mixed];
  const left = clip.frames - k;
  const entering = into && k < into.entering.frames ? CURVES[into.curve](k / into.entering.frames) : 1;
  const leaving = out && left < out.leaving.frames ? CURVES[out.curve](Math.max(0, left / out.leaving.frames)) : 1;
  return entering * leaving;
}

/**
 * The place of a frame of the film on its strip, where each clip has a stretch `[left, width]` that stands for its frames
 * before the next clip's. @param {any[]} clips @param {[number, number][]} stretches @param {number} at
 */
export function acrossStrip(clips, stretches, at) {
  const { index, k } = placeAt(clips, at);
  const [left, width] = stretches[index];
  return left + (width * Math.max(0, k)) / lasts(clips, index);
}

/** The frame of the film at a place on its strip. @param {any[]} clips @param {[number, number][]} stretches @param {number} x */
export function frameAcross(clips, stretches, x) {
  let index = stretches.length - 1;
  while (index > 0 && stretches[index][0] > x) index -= 1;
  const [left, width] = stretches[index];
  const part = Math.min(Math.max((x - left) / width, 0), 1);
  return clips[index].first_frame + Math.min(Math.floor(part * lasts(clips, index)), lasts(clips, index) - 1);
}

/** The frames of a clip before the next one begins. */
const lasts = (/** @type {any[]} */ clips, /** @type {number} */ index) =>
  (clips[index + 1] ? clips[index + 1].first_frame - clips[index].first_frame : clips[index].frames);
