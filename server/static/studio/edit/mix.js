/**
 * The parts of a mixed frame of the film, from the draft: a share of the clip's own picture, and for the rest a frame of
 * the neighbour or a colour. The draft holds the length and the course of every transition; this module evaluates them.
 *
 * @typedef {{frames: number, share: number[]}} Side  frames of a clip, and its share over them, lowest power first
 * @typedef {{kind: string, colour: string | null, leaving: Side, entering: Side}} Mixed
 * @typedef {{kind: string, share: number, colour: string | null, clip: any, number: number}} Mix
 */

import { evaluate } from "./curve.js";

/** Kinds whose frames are weighted sums, which the page can draw; of other kinds it shows the clip alone. */
export const SUMS = ["fade", "dissolve"];

/**
 * The mix at frame `k` of a clip, between the clips before and after it; null where only the clip is seen. In the
 * answer `clip` is the neighbour, and `number` its frame. @param {any} clip @param {any} before @param {any} after @param {number} k
 * @returns {Mix | null}
 */
export function mixAt(clip, before, after, k) {
  const into = before ? clip.transition?.mixed : null;
  if (into && k < into.entering.frames) return mix(into, into.entering, k, before, before.frames - into.leaving.frames + k);
  const out = after?.transition?.mixed;
  const since = out ? k - (clip.frames - out.leaving.frames) : -1;
  return out && since >= 0 ? mix(out, out.leaving, since, after, since) : null;
}

/** @returns {Mix} */
const mix = (/** @type {Mixed} */ { kind, colour }, /** @type {Side} */ side, k, clip, number) => ({ kind, colour, share: evaluate(side.share, k), clip, number });
