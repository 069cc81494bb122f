/** The curves by which sounds fade: the gain at a part of a fade in, from 0 at its beginning to 1 at its end. They are afade's. */

const { PI, sin, cos, asin, acos, sqrt, cbrt, exp, log10 } = Math;
/** The steepness of a logistic curve whose ends are cut off at about a tenth. */
const STEEP = 1 / (1 - 0.787) - 1;
const logistic = (/** @type {number} */ at) => 1 / (1 + exp(-at));
const wave = (/** @type {number} */ at) => (at === 0 ? 1 : sin(PI * at) / (PI * at));
/** A curve in both halves of the fade, the second one turned round. */
const twice = (/** @type {(at: number) => number} */ curve) => (/** @type {number} */ at) => (at <= 0.5 ? curve(2 * at) / 2 : 1 - curve(2 * (1 - at)) / 2);

/** @type {Record<string, (at: number) => number>} */
export const CURVES = {
  tri: (at) => at,
  qsin: (at) => sin((at * PI) / 2),
  iqsin: (at) => (asin(at) * 2) / PI,
  hsin: (at) => (1 - cos(at * PI)) / 2,
  ihsin: (at) => acos(1 - 2 * at) / PI,
  esin: (at) => 1 - cos((PI / 4) * ((2 * at - 1) ** 3 + 1)),
  log: (at) => Math.max(0, 1 + 0.2 * log10(at)),
  exp: (at) => exp(-11.512925464970227 * (1 - at)),
  par: (at) => 1 - sqrt(1 - at),
  ipar: (at) => 1 - (1 - at) ** 2,
  qua: (at) => at ** 2,
  cub: (at) => at ** 3,
  squ: sqrt,
  cbr: cbrt,
  dese: twice(cbrt),
  desi: twice((at) => at ** 3),
  losi: (at) => (logistic((at - 0.5) * STEEP * 2) - logistic(-STEEP)) / (logistic(STEEP) - logistic(-STEEP)),
  sinc: (at) => wave(1 - at),
  isinc: (at) => 1 - wave(at),
};

/** The factor of a clip's samples: its gain, or 0 if it is muted. */
export const loudnessOf = (/** @type {any} */ clip) => (clip?.mute ? 0 : 10 ** ((clip?.volume ?? 0) / 20));

/** The volume of a video by which it is nearest to that: browsers play nothing louder than the file. */
export const volumeOf = (/** @type {any} */ clip, gain = 1) => Math.min(1, gain * loudnessOf(clip));
