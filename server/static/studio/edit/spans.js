/**
 * Speed spans of a clip: parts of the source that play at another speed than 1, sorted and disjoint.
 *
 * @typedef {{from: number, to: number, ease: "linear" | "smooth"}} Ramp
 * @typedef {{start: number, end: number | null, speed: number | Ramp}} Span  `end` null is the end of the footage
 * @typedef {{at: number, freeze: number}} Freeze  a picture that is held for `freeze` seconds of the film
 */

import { FASTEST, SLOWEST } from "../parts/limits.js";

/** Seconds of a new span, and of the shortest span. */
const NEW = 1;
const SHORTEST = 0.02;

/** @param {Span | Freeze} each @returns {each is Freeze} */
export const holds = (each) => "freeze" in each;
/** @param {Span} span @param {number} duration */
export const endOf = (span, duration) => span.end ?? duration;

/** @param {(Span | Freeze)[]} spans */
function sorted(spans) {
  const at = (/** @type {Span | Freeze} */ each) => (holds(each) ? each.at : each.start);
  return [...spans].sort((a, b) => at(a) - at(b));
}

/** The index of the span that a source time lies in, -1 for none. @param {(Span | Freeze)[]} spans @param {number} at @param {number} duration */
export function spanAt(spans, at, duration) {
  return spans.findIndex((each) => !holds(each) && each.start <= at && at < endOf(each, duration));
}

/** The times between which a span can be moved and resized. @param {(Span | Freeze)[]} spans @param {number} index @param {number} duration @returns {[number, number]} */
export function room(spans, index, duration) {
  const own = /** @type {Span} */ (spans[index]);
  const others = /** @type {Span[]} */ (spans.filter((each, i) => i !== index && !holds(each)));
  const before = others.filter((each) => each.start < own.start).map((each) => endOf(each, duration));
  const after = others.filter((each) => each.start > own.start).map((each) => each.start);
  return [Math.max(0, ...before), Math.min(duration, ...after)];
}

/**
 * A new span from `at` on, as long as there is room, and its index. @param {(Span | Freeze)[]} spans @param {number} at
 * @param {number} duration @param {number} end where the clip ends @param {number | Ramp} speed
 * @returns {{spans: (Span | Freeze)[], index: number}}
 */
export function added(spans, at, duration, end, speed = 0.5) {
  if (spanAt(spans, at, duration) >= 0) throw new Error("there is a speed here already: change it, or split it");
  const next = Math.min(end, duration, ...spans.filter((each) => !holds(each)).map((each) => each.start).filter((start) => start > at));
  const until = Math.min(at + NEW, next);
  if (until - at < SHORTEST) throw new Error("there is no room for a speed here");
  const span = { start: at, end: until, speed };
  const changed = sorted([...spans, span]);
  return { spans: changed, index: changed.indexOf(span) };
}

/** The spans with a picture held for `seconds` at a source time, and the index of the freeze there: a new one, or the one that is there already. @param {(Span | Freeze)[]} spans @param {number} at @param {number} seconds @returns {{spans: (Span | Freeze)[], index: number}} */
export function frozen(spans, at, seconds) {
  const here = spans.find((each) => holds(each) && Math.abs(each.at - at) < 1e-5);
  const made = here ? spans : sorted([...spans, { at, freeze: seconds }]);
  return { spans: made, index: made.findIndex((each) => holds(each) && Math.abs(each.at - at) < 1e-5) };
}

/** The spans with one split in two at a source time; the halves of a ramp change speed as the ramp did. @param {(Span | Freeze)[]} spans @param {number} at @param {number} duration @returns {(Span | Freeze)[]} */
export function split(spans, at, duration) {
  const index = spanAt(spans, at, duration);
  const span = /** @type {Span} */ (spans[index]);
  if (index < 0) throw new Error("there is no speed here to split");
  const end = endOf(span, duration);
  if (at - span.start < SHORTEST || end - at < SHORTEST) throw new Error("this is too close to an end of the speed");
  const [before, after] = partsOf(span.speed, (at - span.start) / (end - span.start));
  const parts = [{ ...span, end: at, speed: before }, { ...span, start: at, speed: after }];
  return spans.flatMap((each, i) => (i === index ? parts : [each]));
}

/** The speeds of both halves. A ramp is linear in record time, so the square of its speed is linear in source time. */
function partsOf(/** @type {number | Ramp} */ speed, /** @type {number} */ part) {
  if (typeof speed === "number") return [speed, speed];
  if (speed.ease === "smooth") throw new Error("a smooth ramp cannot be split: make it linear first");
  const middle = Number(Math.sqrt(speed.from ** 2 + (speed.to ** 2 - speed.from ** 2) * part).toFixed(6));
  return [{ ...speed, to: middle }, { ...speed, from: middle }];
}

/** The spans with other ends of one, which stays between its neighbours. @param {(Span | Freeze)[]} spans @param {number} index @param {{start?: number, end?: number}} ends @param {number} duration */
export function resized(spans, index, ends, duration) {
  const span = /** @type {Span} */ (spans[index]);
  const [low, high] = room(spans, index, duration);
  let start = ends.start ?? span.start;
  let end = ends.end ?? endOf(span, duration);
  if (ends.start !== undefined && ends.end !== undefined) {
    const shift = Math.max(low - start, 0) + Math.min(high - end, 0);
    [start, end] = [start + shift, end + shift];
  }
  start = Math.min(Math.max(start, low), end - SHORTEST);
  end = Math.max(Math.min(end, high), start + SHORTEST);
  return spans.map((each, i) => (i === index ? { ...span, start, end } : each));
}

/** @param {(Span | Freeze)[]} spans @param {number} index @param {number | Ramp} speed */
export function withSpeed(spans, index, speed) {
  const ends = typeof speed === "number" ? [speed] : [speed.from, speed.to];
  if (!ends.every((each) => each >= SLOWEST && each <= FASTEST)) throw new Error(`a speed must be from ${SLOWEST} to ${FASTEST}`);
  return spans.map((each, i) => (i === index ? { ...each, speed } : each));
}

/** @param {(Span | Freeze)[]} spans @param {number} index */
export const without = (spans, index) => spans.filter((_, i) => i !== index);

const figure = (/** @type {number} */ speed) => `${Number(speed.toFixed(2))}×`;

/** A speed as a label. @param {number | Ramp} speed */
export function speedName(speed) {
  return typeof speed === "number" ? figure(speed) : `${figure(speed.from)} → ${figure(speed.to)}`;
}

/** The speed at a part of a span, for drawing its block. @param {number | Ramp} speed @param {number} part 0..1 */
export function drawnSpeed(speed, part) {
  if (typeof speed === "number") return speed;
  return speed.from + (speed.to - speed.from) * (speed.ease === "smooth" ? part * part * (3 - 2 * part) : part);
}
