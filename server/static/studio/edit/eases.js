/** The ways from one keyframe to the next, and their shapes: the part of the way over the part of the time. */

import { evaluate } from "./curve.js";

/** [value, name for people]… */
export const EASES = [["spline", "Smooth path"], ["linear", "Linear"], ["smooth", "Ease in and out"], ["hold", "Hold, then jump"]];

/** The name of an ease, within a sentence. */
export const easeName = (ease) => EASES.find(([each]) => each === ease)[1].toLowerCase();

/** The compiler's curve from 0 to 1 for each, as a polynomial; of a smooth path, that between two keyframes without others. */
export const POLYNOMIALS = { spline: [0, 0.5, 1.5, -1], linear: [0, 1], smooth: [0, 0, 3, -2], hold: [0] };

const STEPS = 12;

/** The points of an ease's shape, [part of the time, part of the way]. @param {string} ease @returns {[number, number][]} */
export function shapeOf(ease) {
  const poly = POLYNOMIALS[ease];
  const times = Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS);
  const points = times.map((time) => /** @type {[number, number]} */ ([time, evaluate(poly, time)]));
  return evaluate(poly, 1) === 1 ? points : [...points, [1, 1]];
}

/**
 * An ease as an SVG path in a box, rising from its lower left corner to its upper right one.
 * @param {string} ease @param {{left: number, right: number, top: number, bottom: number}} box
 */
export function drawnEase(ease, { left, right, top, bottom }) {
  const fine = (/** @type {number} */ value) => Number(value.toFixed(2));
  const points = shapeOf(ease).map(([time, part]) => `${fine(left + time * (right - left))} ${fine(bottom + part * (top - bottom))}`);
  return `M${points.join("L")}`;
}
