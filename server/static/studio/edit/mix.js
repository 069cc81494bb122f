/**
 * The parts of a mixed frame of the film, from the draft: a share of the clip's own picture, and for the rest a frame of
 * the neighbour or a colour. The draft holds the length and the course of every transition; this module evaluates them.
 *
 * @typedef {{frames: number, share: number[]}} Side  frames of a clip, and its share over them, lowest power first
 * @typedef {{kind: string, colour: string | null, curve: string, leaving: Side, entering: Side}} Mixed
 * @typedef {{kind: string, share: number, leads: boolean, colour: string | null, clip: any, number: number}} Mix
 */

import { evaluate } from "./curve.js";

/**
 * The mix at frame `k` of a clip, between the clips before and after it; null where only the clip is seen. In the
 * answer `clip` is the neighbour, and `number` its frame; `leads` is whether the neighbour comes after. @param {any} clip @param {any} before @param {any} after @param {number} k
 * @returns {Mix | null}
 */
export function mixAt(clip, before, after, k) {
  const into = before ? clip.transition?.mixed : null;
  if (into && k < into.entering.frames) return mix(into, into.entering, k, false, before, before.frames - into.leaving.frames + k);
  const out = after?.transition?.mixed;
  const since = out ? k - (clip.frames - out.leaving.frames) : -1;
  return out && since >= 0 ? mix(out, out.leaving, since, true, after, since) : null;
}

/** @returns {Mix} */
const mix = (/** @type {Mixed} */ { kind, colour }, /** @type {Side} */ side, k, leads, clip, number) => ({ kind, colour, share: evaluate(side.share, k), leads, clip, number });
