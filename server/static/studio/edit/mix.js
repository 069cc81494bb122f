/**
 * What a frame of the film is mixed of, as the draft says it: a share of the clip's own picture, the rest a neighbour's
 * frame or a colour. Nothing here knows how long a transition is or how it goes.
 *
 * @typedef {{frames: number, share: number[]}} Side  frames of a clip, and its share over them, lowest power first
 * @typedef {{kind: string, colour: string | null, leaving: Side, entering: Side}} Mixed
 * @typedef {{kind: string, share: number, colour: string | null, clip: any, number: number}} Mix
 */

import { evaluate } from "./curve.js";

/** Kinds whose pictures are sums of both; others move edges about, which nothing here draws. */
export const SUMS = ["fade", "dissolve"];

/**
 * The mix at frame `k` of a clip, between the clips before and after it; null where it is seen alone. `clip` is the
 * neighbour, and `number` its frame. @param {any} clip @param {any} before @param {any} after @param {number} k
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
