/**
 * Draws the frames of blends from the two clips' frames, as ffmpeg's xfade does: pixel by pixel, four numbers each.
 *
 * Most blends weight or move pixels, in whatever colours they are. Those of `BY_LUMA` compare or replace luma and chroma:
 * their pictures are Y, Cb, Cr of 8 bits in limited range, which `toLuma` and `fromLuma` convert.
 *
 * @typedef {Uint8ClampedArray | Float32Array} Picture  rows of pixels of four numbers; the fourth is left out
 * @typedef {import("./masks.js").Size} Size
 * @typedef {{a: Picture, b: Picture, out: Picture, progress: number, size: Size, black: number[], white: number[]}} Frame
 */

import { MASKS, smoothstep } from "./masks.js";

const float = Math.fround;
const whole = (/** @type {number} */ value) => Math.trunc(float(value));

/** Blends that are defined by luma and chroma. */
export const BY_LUMA = ["fadegrays", "fadefast", "fadeslow", "distance"];
/** xfade's darkest and brightest pixel: beyond limited range, and by one off grey. */
const [BLACK, WHITE] = [[0, 127, 127], [255, 127, 127]];
/** The same in red, green and blue: darker than black, and brighter than white. */
const [DARK, LIGHT] = [BLACK, WHITE].map((pixel) => fromLuma(pixel, []));

/** The two frames weighted by a mask. @param {Frame} frame @param {import("./masks.js").Mask} mask */
function weighted({ a, b, out, size: { width, height } }, mask) {
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      const share = mask(x, y);
      const from = share === 1 ? a : b;
      for (let c = i; c < i + 3; c++) out[c] = share === 1 || share === 0 ? from[c] : a[c] * share + b[c] * (1 - share);
    }
  }
}

/**
 * Pixels that come from elsewhere: `from(x, y)` is the picture, the column and the row. @param {Frame} frame
 * @param {(x: number, y: number) => [Picture, number, number]} from
 */
function moved({ out, size: { width, height } }, from) {
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      const [source, column, row] = from(x, y);
      const j = 4 * (row * width + column);
      for (let c = 0; c < 3; c++) out[i + c] = source[j + c];
    }
  }
}

/**
 * The entering clip comes in over an axis. @param {"x" | "y"} axis @param {1 | -1} way @param {{a: boolean, b: boolean}} moves
 * which clips move with the edge
 */
const pushed = (axis, way, moves) => (/** @type {Frame} */ frame) => {
  const { a, b, progress, size: { width, height } } = frame;
  const length = axis === "x" ? width : height;
  const shift = whole(way * progress * length);
  const round = (/** @type {number} */ at) => ((at % length) + length) % length;
  moved(frame, (x, y) => {
    const at = (axis === "x" ? x : y) + shift;
    const entered = at >= 0 && at < length;
    if (!(entered ? moves.b : moves.a)) return [entered ? b : a, x, y];
    return axis === "x" ? [entered ? b : a, round(at), y] : [entered ? b : a, x, round(at)];
  });
};

/** The leaving clip is squeezed to a line in the middle. @param {"x" | "y"} axis */
const squeezed = (axis) => (/** @type {Frame} */ frame) => {
  const { a, b, progress, size: { width, height } } = frame;
  const length = axis === "x" ? width : height;
  moved(frame, (x, y) => {
    const at = float(0.5 + float(float(float((axis === "x" ? x : y) / length) - 0.5) / progress));
    if (at < 0 || at > 1) return [b, x, y];
    const from = even(float(at * (length - 1)));
    return axis === "x" ? [a, from, y] : [a, x, from];
  });
};

/** Rounded, halves to even. @param {number} value */
const even = (value) => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

function zoomed(/** @type {Frame} */ { a, b, out, progress, size: { width, height } }) {
  const [zoom, share] = [smoothstep(0.5, 1, progress), smoothstep(0, 0.5, progress)];
  const from = (/** @type {number} */ at, /** @type {number} */ length) => Math.ceil(float(float(0.5 + float(float(at / length) - 0.5) * zoom) * (length - 1)));
  for (let y = 0, i = 0; y < height; y++) {
    const row = from(y, height) * width;
    for (let x = 0; x < width; x++, i += 4) {
      const j = 4 * (row + from(x, width));
      for (let c = 0; c < 3; c++) out[i + c] = a[j + c] * share + b[i + c] * (1 - share);
    }
  }
}

function pixelized(/** @type {Frame} */ { a, b, out, progress, size: { width, height } }) {
  const large = float(Math.ceil(float(Math.min(progress, float(1 - progress)) * 50)) / 50);
  const side = float(float(2 * large * Math.min(width, height)) / 20);
  const of = (/** @type {number} */ at, /** @type {number} */ length) => whole(Math.min((Math.floor(float(at / side)) + 1 / 2) * side, length - 1));
  for (let y = 0, i = 0; y < height; y++) {
    const row = of(y, height) * width;
    for (let x = 0; x < width; x++, i += 4) {
      const j = 4 * (row + of(x, width));
      for (let c = 0; c < 3; c++) out[i + c] = a[j + c] * progress + b[j + c] * (1 - progress);
    }
  }
}

/** Each pixel is the mean of some to its right: of half the picture in the middle of the blend. */
function blurred(/** @type {Frame} */ { a, b, out, progress, size: { width, height } }) {
  const reach = whole(1 + float((width >> 1) * 2 * (progress <= 0.5 ? progress : float(1 - progress))));
  for (let line = 0; line < 4 * width * height; line += 4 * width) {
    for (let c = line; c < line + 3; c++) {
      let [left, entered, count] = [0, 0, reach];
      for (let x = 0; x < reach; x++) [left, entered] = [left + a[c + 4 * x], entered + b[c + 4 * x]];
      for (let x = 0; x < width; x++) {
        out[c + 4 * x] = (left * progress + entered * (1 - progress)) / count;
        const next = x + reach < width ? c + 4 * (x + reach) : -1;
        left += (next < 0 ? 0 : a[next]) - a[c + 4 * x];
        entered += (next < 0 ? 0 : b[next]) - b[c + 4 * x];
        if (next < 0) count -= 1;
      }
    }
  }
}

/** Black outside a shape that closes over the leaving clip and opens on the entering one. */
const cropped = (/** @type {(open: number, size: Size) => (x: number, y: number) => boolean} */ shape) => (/** @type {Frame} */ { a, b, out, progress, size, black }) => {
  const [inside, seen] = [shape(Math.abs(float(progress) - 0.5), size), progress < 0.5 ? b : a];
  for (let y = 0, i = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, i += 4) {
      const there = inside(x, y);
      for (let c = 0; c < 3; c++) out[i + c] = there ? seen[i + c] : black[c];
    }
  }
};

const inCircle = (/** @type {number} */ open, /** @type {Size} */ { width, height }) => {
  const [x0, y0] = [width >> 1, height >> 1];
  const radius = (2 * open) ** 3 * Math.sqrt(x0 * x0 + y0 * y0);
  return (/** @type {number} */ x, /** @type {number} */ y) => Math.sqrt((x - x0) ** 2 + (y - y0) ** 2) <= radius;
};

const inRectangle = (/** @type {number} */ open, /** @type {Size} */ { width, height }) => {
  const [wide, high] = [whole(open * width), whole(open * height)];
  return (/** @type {number} */ x, /** @type {number} */ y) => Math.abs(x - (width >> 1)) < wide && Math.abs(y - (height >> 1)) < high;
};

/** The weights of a blend through a colour: of the leaving clip, of its colour, of the entering clip, of its colour. */
function throughout(/** @type {number} */ progress) {
  const [leaving, entering] = [smoothstep(0.8, 1, progress), smoothstep(0.2, 1, progress)];
  return [leaving * progress, (1 - leaving) * progress, (1 - entering) * (1 - progress), entering * (1 - progress)];
}

/** Through one colour. @param {"black" | "white"} name */
const through = (name) => (/** @type {Frame} */ frame) => {
  const { a, b, out, progress, size: { width, height } } = frame;
  const [leaving, first, entering, second] = throughout(progress);
  for (let c = 0; c < 3; c++) {
    const colour = frame[name][c] * (first + second);
    for (let i = c; i < 4 * width * height; i += 4) out[i] = a[i] * leaving + b[i] * entering + colour;
  }
};

/** Through the grey of each pixel. */
function grayed(/** @type {Frame} */ { a, b, out, progress, size: { width, height } }) {
  const [leaving, first, entering, second] = throughout(progress);
  for (let i = 0; i < 4 * width * height; i += 4) {
    out[i] = a[i] * (leaving + first) + b[i] * (entering + second);
    for (let c = i + 1; c < i + 3; c++) out[c] = a[c] * leaving + b[c] * entering + 128 * (first + second);
  }
}

/** A dissolve that hurries or lingers where the frames differ: `power(difference)`, of a difference from 0 to 1. */
const paced = (/** @type {(difference: number) => number} */ power) => (/** @type {Frame} */ { a, b, out, progress, size: { width, height } }) => {
  const shares = Float64Array.from({ length: 256 }, (_, difference) => progress ** power(difference / 255));
  for (let i = 0; i < 4 * width * height; i++) {
    const share = shares[Math.round(Math.abs(a[i] - b[i]))];
    out[i] = a[i] * share + b[i] * (1 - share);
  }
};

function distance(/** @type {Frame} */ { a, b, out, progress, size: { width, height } }) {
  for (let i = 0; i < 4 * width * height; i += 4) {
    const far = Math.sqrt((a[i] - b[i]) ** 2 + (a[i + 1] - b[i + 1]) ** 2 + (a[i + 2] - b[i + 2]) ** 2) / 255;
    for (let c = i; c < i + 3; c++) out[c] = (far <= progress ? a[c] : b[c]) * progress + b[c] * (1 - progress);
  }
}

const ways = (/** @type {string} */ stem, /** @type {{a: boolean, b: boolean}} */ moves) => ({
  [`${stem}left`]: pushed("x", -1, moves), [`${stem}right`]: pushed("x", 1, moves), [`${stem}up`]: pushed("y", -1, moves), [`${stem}down`]: pushed("y", 1, moves),
});

/** @type {Record<string, (frame: Frame) => void>} */
const DRAWN = {
  ...Object.fromEntries(Object.entries(MASKS).map(([kind, mask]) => [kind, (/** @type {Frame} */ frame) => weighted(frame, mask(frame.progress, frame.size))])),
  ...ways("slide", { a: true, b: true }), ...ways("cover", { a: false, b: true }), ...ways("reveal", { a: true, b: false }),
  squeezeh: squeezed("y"), squeezev: squeezed("x"), zoomin: zoomed, pixelize: pixelized, hblur: blurred,
  circlecrop: cropped(inCircle), rectcrop: cropped(inRectangle),
  fadeblack: through("black"), fadewhite: through("white"), fadegrays: grayed,
  fadefast: paced((difference) => 1 + Math.log(1 + difference)),
  fadeslow: paced((difference) => 1 + Math.log(2 - difference)),
  distance,
};

/** The share as xfade rounds it. @param {number} progress */
const counted = (progress) => float(1 - float(1 - progress));

/** The blends that `blend` draws. */
export const BLENDS = Object.keys(DRAWN);

/**
 * Draw a frame of a blend into `out`: `a` of the leaving clip, whose share goes from 1 to 0 as `progress`, and `b` of the
 * entering one; pictures of luma and chroma. @param {string} kind @param {number} progress @param {Picture} a @param {Picture} b
 * @param {Picture} out @param {Size} size
 */
export function blend(kind, progress, a, b, out, size) {
  DRAWN[kind]({ a, b, out, progress: counted(progress), size, black: BLACK, white: WHITE });
}

/** The same with pictures as on screen, red, green and blue. @param {Uint8ClampedArray} out */
export function blendColours(kind, progress, a, b, out, size) {
  if (!BY_LUMA.includes(kind)) return DRAWN[kind]({ a, b, out, progress: counted(progress), size, black: DARK, white: LIGHT });
  const made = new Float32Array(out.length);
  blend(kind, progress, toLuma(a), toLuma(b), made, size);
  fromLuma(made, out);
}

/** Luma and chroma by BT.709, in limited range, of red, green and blue in full range. @param {Picture} colours */
export function toLuma(colours) {
  const made = new Float32Array(colours.length);
  for (let i = 0; i < colours.length; i += 4) {
    const luma = 0.2126 * colours[i] + 0.7152 * colours[i + 1] + 0.0722 * colours[i + 2];
    made[i] = 16 + (luma * 219) / 255;
    made[i + 1] = 128 + ((colours[i + 2] - luma) * 224) / (255 * 1.8556);
    made[i + 2] = 128 + ((colours[i] - luma) * 224) / (255 * 1.5748);
  }
  return made;
}

/** Red, green and blue in full range, beyond it where the luma and chroma are. @param {Picture | number[]} lumas @param {Picture | number[]} out */
function fromLuma(lumas, out) {
  for (let i = 0; i < lumas.length; i += 4) {
    const luma = ((lumas[i] - 16) * 255) / 219;
    const blue = ((lumas[i + 1] - 128) * 255 * 1.8556) / 224;
    const red = ((lumas[i + 2] - 128) * 255 * 1.5748) / 224;
    out[i] = luma + red;
    out[i + 1] = luma - (0.2126 * red + 0.0722 * blue) / 0.7152;
    out[i + 2] = luma + blue;
  }
  return out;
}
