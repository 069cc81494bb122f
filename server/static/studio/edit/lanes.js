/**
 * The geometry of the timeline: places on the screen, the part that is in view, snapping.
 *
 * A view has the seconds at its left edge, its pixels a second, and its width in pixels.
 * @typedef {{start: number, scale: number, width: number}} View
 */

import { clock } from "../parts/words.js";

/** Pixels: marks closer together than this are drawn as one. */
export const CROWDED = 9;
/** Pixels a second at most: a frame at 60 is then 40 pixels wide. */
export const FINEST = 2400;
const TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const TICK_ROOM = 84;

/** @param {View} view @param {number} at */
export const across = (view, at) => (at - view.start) * view.scale;
/** @param {View} view @param {number} x */
export const timeAcross = (view, x) => view.start + x / view.scale;

/** The view that holds the whole clip. @param {number} duration @param {number} width @returns {View} */
export function fitted(duration, width) {
  return { start: 0, scale: width / Math.max(duration, 1e-3), width };
}

/** The view kept within the clip. @param {View} view @param {number} duration @returns {View} */
export function kept(view, duration) {
  const whole = view.width / Math.max(duration, 1e-3);
  const scale = Math.min(Math.max(view.scale, whole), Math.max(whole, FINEST));
  const start = Math.min(Math.max(view.start, 0), Math.max(0, duration - view.width / scale));
  return { start, scale, width: view.width };
}

/** Zoomed so that `at` stays where it is. @param {View} view @param {number} factor @param {number} at @param {number} duration */
export function zoomed(view, factor, at, duration) {
  const whole = view.width / Math.max(duration, 1e-3);
  const scale = Math.min(Math.max(view.scale * factor, whole), Math.max(whole, FINEST));
  return kept({ ...view, scale, start: at - ((at - view.start) * view.scale) / scale }, duration);
}

/** The view moved so that it holds `at`; the same view if it does already. @param {View} view @param {number} at @param {number} duration */
export function showing(view, at, duration) {
  const x = across(view, at);
  if (x >= 0 && x <= view.width) return view;
  return kept({ ...view, start: at - view.width / view.scale / 2 }, duration);
}

/**
 * The marks in view, in order; marks that would touch are gathered into one group.
 * @template M @param {M[]} marks sorted @param {(mark: M) => number} at seconds @param {View} view
 * @param {(mark: M) => boolean} alone marks that are never gathered
 * @returns {{x: number, marks: M[]}[]}
 */
export function gathered(marks, at, view, alone = () => false) {
  /** @type {{x: number, marks: M[]}[]} */
  const groups = [];
  let [low, high] = [0, marks.length];
  const edge = view.start - CROWDED / view.scale;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(marks[middle]) < edge) low = middle + 1;
    else high = middle;
  }
  let open = null;
  for (let i = low; i < marks.length; i++) {
    const x = across(view, at(marks[i]));
    if (x > view.width + CROWDED) break;
    if (alone(marks[i])) {
      groups.push({ x, marks: [marks[i]] });
      open = null;
    } else if (open && x - open.x < CROWDED) open.marks.push(marks[i]);
    else groups.push((open = { x, marks: [marks[i]] }));
  }
  return groups;
}

/** Seconds between two labels of the ruler. @param {View} view */
export function tickStep(view) {
  return TICKS.find((step) => step * view.scale >= TICK_ROOM) ?? TICKS[TICKS.length - 1];
}

/** The labels of the ruler and their times, with no more decimals than tell them apart. @param {View} view @param {number} duration */
export function ticks(view, duration) {
  const step = tickStep(view);
  const places = [1, 0.1].filter((unit) => step < unit).length;
  const first = Math.floor(view.start / step);
  const last = Math.min(Math.ceil((view.start + view.width / view.scale) / step), Math.floor(duration / step + 1e-6));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const time = (first + i) * step;
    return { time, label: clock(time, places) };
  });
}

/**
 * The pictures of a filmstrip in view, each at most once: side by side, each tile with the picture nearest to its middle;
 * zoomed in further than the strip is fine, each picture alone in the time that it covers, which it fills up to twice its
 * width. The one picture of a still is everywhere.
 * @param {View} view @param {{pictures: number, step_s: number}} strip @param {number} wide pixels of a picture
 * @returns {{x: number, width: number, picture: number}[]}
 */
export function tiles(view, { pictures, step_s }, wide) {
  const step = step_s * view.scale;
  const shift = view.start * view.scale;
  if (step < wide || pictures === 1) {
    const first = Math.floor(shift / wide);
    const count = Math.ceil((shift + view.width) / wide) - first;
    const nearest = (/** @type {number} */ middle) => Math.min(Math.floor(middle / step), pictures - 1);
    const found = Array.from({ length: count }, (_, i) => ({ x: (first + i) * wide - shift, width: wide, picture: nearest((first + i + 1 / 2) * wide) }));
    return found.filter(({ picture }, i) => pictures === 1 || picture !== found[i - 1]?.picture);
  }
  const width = step <= 2 * wide ? step : wide;
  const first = Math.max(0, Math.floor(shift / step));
  const last = Math.min(pictures - 1, Math.floor((shift + view.width) / step));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => ({ x: (first + i + 1 / 2) * step - shift - width / 2, width, picture: first + i }));
}

/**
 * The nearest of some times within reach, else the time itself.
 * @param {number} at @param {{at: number, what: string}[]} targets @param {number} reach seconds
 * @returns {{at: number, what: string | null}}
 */
export function drawnTo(at, targets, reach) {
  let found = { at, what: /** @type {string | null} */ (null) };
  let nearest = reach;
  for (const target of targets) {
    const distance = Math.abs(target.at - at);
    if (distance <= nearest) [found, nearest] = [target, distance];
  }
  return found;
}
