/** The sound of footage as heights: decibels, measured from the loudest peak, so that quiet recordings can be read too. */

/** Decibels below the loudest peak that are drawn as silence. */
const FLOOR = 48;
/** The loudest peak of a recording that is quieter still: noise is not drawn as if it were sound. */
const QUIETEST = 10 ** (-30 / 20);

/** The peak that is drawn in full height. @param {number[]} peaks from 0 to 1 */
export const loudestOf = (peaks) => peaks.reduce((most, each) => Math.max(most, each), QUIETEST);

/** The height of a peak, from 0 to 1. @param {number} peak @param {number} loudest */
export function heightOf(peak, loudest) {
  return peak > 0 ? Math.min(Math.max(1 + (20 * Math.log10(peak / loudest)) / FLOOR, 0), 1) : 0;
}

/**
 * The peak of a stretch of time: the largest in it; where it is shorter than the time of one, on the line between the
 * middles of two. @param {number[]} peaks @param {number} rate peaks a second @param {number} from seconds @param {number} to
 */
export function peakOver(peaks, rate, from, to) {
  const [first, last] = [Math.max(0, Math.floor(from * rate)), Math.min(peaks.length, Math.ceil(to * rate))];
  if (first >= last) return 0;
  if ((to - from) * rate >= 1) return peaks.slice(first, last).reduce((most, each) => Math.max(most, each));
  const at = ((from + to) / 2) * rate - 1 / 2;
  const [before, after] = [Math.floor(at), Math.floor(at) + 1].map((each) => peaks[Math.min(Math.max(each, 0), peaks.length - 1)]);
  return before + (after - before) * (at - Math.floor(at));
}
