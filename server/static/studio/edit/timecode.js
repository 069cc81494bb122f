/**
 * Times in one form: 0:02.43, minutes, seconds and their decimals, with hours in front where there are any. A frame is
 * written as the time at which it begins; a typed time means the frame that begins nearest to it.
 */

import { clock } from "../parts/words.js";

/** A rate as its stored text says it: "30", "30000/1001". @param {string} text */
export function rateOf(text) {
  const [above, below = "1"] = text.split("/");
  const value = Number(above) / Number(below);
  if (!(value > 0)) throw new Error(`“${text}” is no frame rate`);
  return { text, value, base: Math.round(value) };
}

/** @typedef {ReturnType<typeof rateOf>} Rate */

/** The frame on screen at a time. @param {number} seconds @param {Rate} rate */
export function frameAt(seconds, rate) {
  return Math.max(0, Math.floor(seconds * rate.value + 1e-4));
}

/** The frame that a browser says begins at a time. Browsers round, so the time a quarter of a frame later is looked up. */
export const frameBegunAt = (/** @type {number} */ seconds, /** @type {Rate} */ rate) => frameAt(seconds + 1 / 4 / rate.value, rate);

/** When a frame begins. @param {number} frame @param {Rate} rate */
export function timeOf(frame, rate) {
  return frame / rate.value;
}

/** The time at which a frame begins, as text: with so many decimals that no two frames have the same. @param {number} frame @param {Rate} rate */
export const timecode = (frame, rate) => clock(timeOf(Math.max(0, Math.round(frame)), rate), rate.value < 100 ? 2 : 3);

const WRITTEN = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?|[.,]\d+)\s*s?$/i;

/**
 * The frame of a text, null for a text that is none of these: "2.5", "2,5" and "2.5 s" as seconds, "1:02.5" with minutes,
 * "1:00:02.5" with hours, "75f" as a frame. @param {string} text @param {Rate} rate
 */
export function parseTimecode(text, rate) {
  const plain = text.trim();
  const counted = /^(\d+)\s*f$/i.exec(plain);
  if (counted) return Number(counted[1]);
  const seconds = secondsIn(plain);
  return seconds === null ? null : Math.round(seconds * rate.value);
}

/** The seconds of a text, in the forms of `parseTimecode` but frames; null for any other. @param {string} text */
export function secondsIn(text) {
  const found = WRITTEN.exec(text.trim());
  if (!found) return null;
  const [hours, minutes, seconds] = found.slice(1).map((part) => Number((part ?? "0").replace(",", ".")));
  if ((found[2] && seconds >= 60) || (found[1] && minutes > 59)) return null;
  return (hours * 60 + minutes) * 60 + seconds;
}

/** A length of time for people: 0.5 s, 12 s, 1:02.90. @param {number} seconds */
export const spoken = (seconds) => (seconds < 60 ? `${Number(seconds.toFixed(2))} s` : clock(seconds));

/**
 * The stored time of a frame's beginning: rounded down to a millionth of a second, so that a clip that begins here has
 * the frame, and a clip that ends here has not. @param {number} frame @param {Rate} rate
 */
export function storedTime(frame, rate) {
  return Math.floor(timeOf(frame, rate) * 1e6 + 1e-3) / 1e6;
}
