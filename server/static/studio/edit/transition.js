/** One frame of any transition: from the frames of two clips, as the film mixes them. Pure functions over pixels. */

import { blendColours } from "./blends.js";

/** @typedef {import("./masks.js").Size} Size */

/** Parts of a transition at which a still picture of it says most: the leaving clip's share. */
const TELLING = { fade: 0.65, zoomin: 0.3 };
export const tellingOf = (/** @type {string} */ kind) => TELLING[kind] ?? 0.5;

/**
 * Draw into `out` the frame at which the leaving clip `a` has this share, from 1 to 0, and the entering clip `b` the rest.
 * All are pixels of red, green, blue and opacity. A fade goes through black in its middle; a cut has one clip after the
 * other, and `halves` draws it as the two side by side.
 * @param {string} kind @param {number} share @param {Uint8ClampedArray} a @param {Uint8ClampedArray} b
 * @param {Uint8ClampedArray} out @param {Size} size
 */
export function drawTransition(kind, share, a, b, out, size, halves = false) {
  out.fill(255);
  if (kind === "cut") return halves ? sideBySide(a, b, out, size) : out.set(share > 0.5 ? a : b);
  if (kind === "fade") return dimmed(share > 0.5 ? a : b, Math.abs(2 * share - 1), out);
  return blendColours(kind, share, a, b, out, size);
}

function dimmed(/** @type {Uint8ClampedArray} */ picture, /** @type {number} */ share, /** @type {Uint8ClampedArray} */ out) {
  for (let i = 0; i < out.length; i++) if (i % 4 < 3) out[i] = picture[i] * share;
}

function sideBySide(/** @type {Uint8ClampedArray} */ a, /** @type {Uint8ClampedArray} */ b, /** @type {Uint8ClampedArray} */ out, /** @type {Size} */ { width }) {
  for (let i = 0; i < out.length; i++) out[i] = (i >> 2) % width < width / 2 ? a[i] : b[i];
}
