/**
 * Evaluates a clip's part of the draft: source time, crop and speed at a record frame, and the record frame of a source
 * time. The pieces are the compiler's own curves as polynomials, so this module needs no keyframes, eases or speeds.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Box  pixels of the displayed picture
 * @typedef {{frame: number, frames: number, poly: number[]}} TimePiece  source seconds over k - frame
 * @typedef {{frame: number, frames: number, x: number[], y: number[], width: number[], height: number[]}} CropPiece
 * @typedef {{start: number, end: number, x: number[], y: number[], width: number[], height: number[]}} PathPiece
 */

import { SLOT_BIAS } from "../parts/limits.js";

const HALVINGS = 52;
const SMOOTH_STEPS = 8;

/** @param {number[]} poly lowest power first @param {number} t */
export function evaluate(poly, t) {
  let value = 0;
  for (let i = poly.length - 1; i >= 0; i--) value = value * t + poly[i];
  return value;
}

/** @param {number[]} poly @param {number} t */
export function slope(poly, t) {
  let value = 0;
  for (let i = poly.length - 1; i >= 1; i--) value = value * t + i * poly[i];
  return value;
}

/**
 * The last piece that begins at or before `at`; the first one before them all.
 * @template P @param {P[]} pieces @param {number} at @param {(piece: P) => number} begin @returns {P}
 */
export function pieceAt(pieces, at, begin) {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (begin(pieces[middle]) <= at) low = middle;
    else high = middle - 1;
  }
  return pieces[low];
}

const byFrame = (/** @type {{frame: number}} */ piece) => piece.frame;
const byStart = (/** @type {{start: number}} */ piece) => piece.start;

/** @returns {Box} */
function boxOf(/** @type {CropPiece | PathPiece} */ piece, /** @type {number} */ t) {
  return {
    x: evaluate(piece.x, t),
    y: evaluate(piece.y, t),
    width: evaluate(piece.width, t),
    height: evaluate(piece.height, t),
  };
}

/** Source seconds at record frame `k` of the clip. @param {TimePiece[]} source @param {number} k */
export function sourceAt(source, k) {
  const piece = pieceAt(source, k, byFrame);
  return evaluate(piece.poly, k - piece.frame);
}

/** Source seconds a record second at record frame `k`. @param {TimePiece[]} source @param {number} k @param {number} fps */
export function speedAt(source, k, fps) {
  const piece = pieceAt(source, k, byFrame);
  return slope(piece.poly, k - piece.frame) * fps;
}

/** The source times at which the clip begins and ends. @param {TimePiece[]} source @returns {[number, number]} */
export function played(source) {
  const last = source[source.length - 1];
  return [evaluate(source[0].poly, 0), evaluate(last.poly, last.frames)];
}

/**
 * The record frame, with its fraction, at which source time `at` plays, clamped to the clip; of a held picture the
 * first. @param {TimePiece[]} source @param {number} at
 */
export function recordAt(source, at) {
  const piece = pieceAt(source, at, (each) => each.poly[0]);
  const first = source.find((each) => each.poly[0] === piece.poly[0] && each.frame <= piece.frame) ?? piece;
  const chosen = at === piece.poly[0] ? first : piece;
  return chosen.frame + inverse(chosen.poly, Math.max(chosen.frames, 0), at);
}

/** The place in [0, length] at which a rising polynomial is `value`. */
function inverse(/** @type {number[]} */ poly, /** @type {number} */ length, /** @type {number} */ value) {
  if (value <= poly[0]) return 0;
  if (value >= evaluate(poly, length)) return length;
  let [low, high] = [0, length];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (evaluate(poly, middle) <= value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The frame of the clip up to which the picture at frame `k` is held; null where the source moves on. @param {TimePiece[]} source @param {number} k */
export function heldUntil(source, k) {
  const piece = pieceAt(source, k, byFrame);
  const held = k < piece.frame + piece.frames && piece.poly.slice(1).every((c) => c === 0);
  return held ? piece.frame + piece.frames : null;
}

/** The slot, a whole frame of the clip in the film, that shows a record frame with a fraction. @param {number} k record frames */
export const slotOf = (k) => Math.floor(k + 1 / 2 + SLOT_BIAS);

/** The crop at record frame `k` of the clip. @param {CropPiece[]} crop @param {number} k @returns {Box} */
export function cropAt(crop, k) {
  const piece = pieceAt(crop, k, byFrame);
  return boxOf(piece, k - piece.frame);
}

/** The crop at a source time, also outside the trim. @param {PathPiece[]} path @param {number} at @returns {Box} */
export function pathAt(path, at) {
  const piece = pieceAt(path, at, byStart);
  return boxOf(piece, Math.min(Math.max(at, piece.start), piece.end) - piece.start);
}

/**
 * The source frame that record frame `n` shows, of a source of `rate` frames a second: the last that has begun half a
 * slot later. A frame that begins where a picture is held is the held one. @param {TimePiece[]} source @param {number} n @param {number} rate
 */
export function frameShown(source, n, rate) {
  const [start, end] = played(source);
  const first = Math.ceil((start - 1e-6) * rate);
  const last = Math.ceil((end - 1e-6) * rate) - 1;
  if (last < first) return Math.floor(start * rate);
  const late = n + 1 / 2 - SLOT_BIAS;
  const at = sourceAt(source, late) * rate;
  const begun = heldUntil(source, late) === null ? Math.ceil(at - 1e-6) - 1 : Math.floor(at + 1e-6);
  return Math.min(Math.max(begun, first), last);
}

/**
 * The path of the box's centre, as points. A piece applies to the frames that begin in it, so it is drawn to the last of
 * them, `step` before its end. @param {PathPiece[]} path @param {number} step seconds of a frame
 * @returns {[number, number][]}
 */
export function centres(path, step) {
  /** @type {[number, number][]} */
  const points = [];
  for (const piece of path) {
    const lasts = Math.max(0, piece.end - piece.start - step);
    const bends = [piece.x, piece.y, piece.width, piece.height].some((poly) => poly.length > 2);
    const steps = bends ? SMOOTH_STEPS : 1;
    for (let i = 0; i <= steps; i++) {
      const box = boxOf(piece, (lasts * i) / steps);
      points.push([box.x + box.width / 2, box.y + box.height / 2]);
    }
  }
  return points;
}
