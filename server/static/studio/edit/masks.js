/**
 * The shapes of blends: how much of the leaving clip a pixel shows. `progress` goes from 1, the leaving clip alone, to 0.
 *
 * They are those of ffmpeg's xfade, which counts in 32-bit floats; `float` rounds where a pixel could fall to the other
 * side of an edge. Each entry of `MASKS` makes, for one frame, the function that gives a pixel's share.
 *
 * @typedef {{width: number, height: number, film: {width: number, height: number}}} Size  of the picture drawn, and of the film's
 * @typedef {(x: number, y: number) => number} Mask  the leaving clip's share, from 0 to 1
 */

const float = Math.fround;
const whole = (/** @type {number} */ value) => Math.trunc(float(value));

/** A cubic that rises from 0 at `from` to 1 at `to`. @param {number} from @param {number} to @param {number} at */
export function smoothstep(from, to, at) {
  const t = Math.min(Math.max((at - from) / (to - from), 0), 1);
  return t * t * (3 - 2 * t);
}

const soft = (/** @type {number} */ at) => smoothstep(0, 1, at);

/** xfade's noise: a number from 0 to 1 that depends on two whole numbers. @param {number} x @param {number} y */
function noise(x, y) {
  const angle = float(float(x * float(12.9898)) + float(y * float(78.233)));
  const wave = float(float(Math.sin(angle)) * float(43758.545));
  return wave - Math.floor(wave);
}

/** Row or column of the film of one of the picture: noise is of the film's pixels. @param {number} at @param {number} size @param {number} film */
const ofFilm = (at, size, film) => Math.floor(((at + 1 / 2) * film) / size);

/** A wipe whose edge passes along an axis. @param {"x" | "y"} axis @param {boolean} back whether it comes from the far end */
const wipe = (axis, back) => (/** @type {number} */ progress, /** @type {Size} */ { width, height }) => {
  const edge = whole((axis === "x" ? width : height) * (back ? progress : float(1 - progress)));
  return (/** @type {number} */ x, /** @type {number} */ y) => Number((axis === "x" ? x : y) > edge !== back);
};

/** A wipe whose corner shrinks into one of the picture's. @param {boolean} left @param {boolean} top */
const corner = (left, top) => {
  const [across, down] = [wipe("x", left), wipe("y", top)];
  return (/** @type {number} */ progress, /** @type {Size} */ size) => {
    const [inX, inY] = [across(progress, size), down(progress, size)];
    return (/** @type {number} */ x, /** @type {number} */ y) => inX(x, y) * inY(x, y);
  };
};

/** A soft edge: `place` is 0 where it arrives first, 1 where it arrives last. */
const softly = (/** @type {(x: number, y: number, size: Size) => number} */ place) => (/** @type {number} */ progress, /** @type {Size} */ size) =>
  (/** @type {number} */ x, /** @type {number} */ y) => 1 - soft(1 + place(x, y, size) - 2 * progress);

const fromLeft = (x, _, { width }) => x / width;
const fromRight = (x, _, { width }) => (width - 1 - x) / width;
const fromTop = (_, y, { height }) => y / height;
const fromBottom = (_, y, { height }) => (height - 1 - y) / height;
const product = (one, other) => (x, y, size) => one(x, y, size) * other(x, y, size);
const fromMiddle = (x, _, { width }) => Math.abs(x - width / 2) / (width / 2);
const fromCentre = (_, y, { height }) => Math.abs(y - height / 2) / (height / 2);
const inverse = (place) => (x, y, size) => 1 - place(x, y, size);

/** A circle with a soft edge about the middle, that opens on the entering clip or closes over the leaving one. */
const circle = (/** @type {boolean} */ opens) => (/** @type {number} */ progress, /** @type {Size} */ { width, height }) => {
  const [x0, y0] = [width >> 1, height >> 1];
  const [radius, shift] = [Math.sqrt(x0 * x0 + y0 * y0), ((opens ? progress : 1 - progress) - 1 / 2) * 3];
  return (/** @type {number} */ x, /** @type {number} */ y) => {
    const share = soft(Math.sqrt((x - x0) ** 2 + (y - y0) ** 2) / radius + shift);
    return opens ? share : 1 - share;
  };
};

/** Ten slats, one after the other along `place`. */
const slats = (/** @type {(x: number, y: number, size: Size) => number} */ place) => (/** @type {number} */ progress, /** @type {Size} */ size) =>
  (/** @type {number} */ x, /** @type {number} */ y) => {
    const at = float(place(x, y, size));
    const turn = float(10 * at);
    return smoothstep(-0.5, 0, at - progress * 1.5) <= turn - Math.floor(turn) ? 1 : 0;
  };

/** A clock's hand. */
const hand = (/** @type {number} */ progress, /** @type {Size} */ { width, height }) => (/** @type {number} */ x, /** @type {number} */ y) =>
  1 - soft(Math.atan2(x - (width >> 1), y - (height >> 1)) - (progress - 1 / 2) * Math.PI * 2.5);

/** Streaks of different lengths, which the wind blows away along an axis. @param {"x" | "y"} axis @param {boolean} back */
const wind = (axis, back) => (/** @type {number} */ progress, /** @type {Size} */ { width, height, film }) => {
  const [length, lines] = axis === "x" ? [width, height] : [height, width];
  const streaks = Float32Array.from({ length: lines }, (_, line) => {
    const number = ofFilm(line, lines, axis === "x" ? film.height : film.width);
    return axis === "x" ? noise(0, number) : noise(number, 0);
  });
  return (/** @type {number} */ x, /** @type {number} */ y) => {
    const [along, line] = axis === "x" ? [x, y] : [y, x];
    const at = back ? 1 - along / length : along / length;
    return 1 - smoothstep(0, -0.2, at * 0.8 + 0.2 * streaks[line] - (1 - progress) * 1.2);
  };
};

const grain = (/** @type {number} */ progress, /** @type {Size} */ { width, height, film }) => (/** @type {number} */ x, /** @type {number} */ y) =>
  Number(noise(ofFilm(x, width, film.width), ofFilm(y, height, film.height)) * 2 + progress * 2 - 1.5 >= 0.5);

/** @type {Record<string, (progress: number, size: Size) => Mask>} */
export const MASKS = {
  dissolve: (progress) => () => progress,
  grain,
  wipeleft: wipe("x", true), wiperight: wipe("x", false), wipeup: wipe("y", true), wipedown: wipe("y", false),
  wipetl: corner(true, true), wipetr: corner(false, true), wipebl: corner(true, false), wipebr: corner(false, false),
  smoothleft: softly(fromLeft), smoothright: softly(fromRight), smoothup: softly(fromTop), smoothdown: softly(fromBottom),
  diagtl: softly(product(fromLeft, fromTop)), diagtr: softly(product(fromRight, fromTop)),
  diagbl: softly(product(fromLeft, fromBottom)), diagbr: softly(product(fromRight, fromBottom)),
  circleopen: circle(true), circleclose: circle(false),
  vertopen: softly(inverse(fromMiddle)), vertclose: softly(fromMiddle), horzopen: softly(inverse(fromCentre)), horzclose: softly(fromCentre),
  hlslice: slats(fromLeft), hrslice: slats(fromRight), vuslice: slats(fromTop), vdslice: slats(fromBottom),
  radial: hand,
  hlwind: wind("x", true), hrwind: wind("x", false), vuwind: wind("y", true), vdwind: wind("y", false),
};
