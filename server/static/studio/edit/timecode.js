/**
 * Timecodes: 00:02.13, with hours in front where there are any; 00:02;13 for drop-frame rates.
 *
 * Drop-frame counts 30 labels a second at 29.97 and leaves out two a minute, but none in each tenth minute, so that
 * labels keep step with the clock. At 59.94 it is twice that.
 */

const DROPPED = new Map([
  ["30000/1001", 2],
  ["60000/1001", 4],
]);

/** A rate as its stored text says it: "30", "30000/1001". @param {string} text */
export function rateOf(text) {
  const [above, below = "1"] = text.split("/");
  const value = Number(above) / Number(below);
  if (!(value > 0)) throw new Error(`“${text}” is no frame rate`);
  return { text, value, base: Math.round(value), dropped: DROPPED.get(text) ?? 0 };
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

/** @param {number} value @param {number} [digits] */
const padded = (value, digits = 2) => String(value).padStart(digits, "0");

/** @param {number} frame @param {Rate} rate */
export function timecode(frame, rate) {
  const label = labelOf(Math.max(0, Math.round(frame)), rate);
  const digits = rate.base > 100 ? 3 : 2;
  const [seconds, rest] = [Math.floor(label / rate.base), label % rate.base];
  const [minutes, hours] = [Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600)];
  const clock = `${padded(minutes)}:${padded(seconds % 60)}${rate.dropped ? ";" : "."}${padded(rest, digits)}`;
  return hours ? `${padded(hours)}:${clock}` : clock;
}

/** The number of a frame in labels, which drop-frame rates skip some of. */
function labelOf(/** @type {number} */ frame, /** @type {Rate} */ { base, dropped }) {
  if (!dropped) return frame;
  const minute = base * 60 - dropped;
  const ten = minute * 10 + dropped;
  const [tens, rest] = [Math.floor(frame / ten), frame % ten];
  return frame + 9 * dropped * tens + dropped * Math.max(0, Math.floor((rest - dropped) / minute));
}

/** The frame of a label; null for a label that drop-frame skips. */
function frameOf(/** @type {number} */ label, /** @type {Rate} */ rate) {
  const minutes = Math.floor(label / (rate.base * 60));
  const frame = label - rate.dropped * (minutes - Math.floor(minutes / 10));
  return labelOf(frame, rate) === label ? frame : null;
}

const WRITTEN = /^(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.:;,](\d+))?$/;

/**
 * The frame of a text, null for a text that is none of these: "1:02.13", "2.13" and "2:13.00" as timecodes, "75f" as
 * a frame, "2.5s" as seconds. The number after the last separator counts frames. @param {string} text @param {Rate} rate
 */
export function parseTimecode(text, rate) {
  const plain = text.trim();
  const counted = /^(\d+)\s*f$/i.exec(plain);
  if (counted) return Number(counted[1]);
  const clocked = /^(\d+(?:\.\d*)?|\.\d+)\s*s$/i.exec(plain);
  if (clocked) return Math.round(Number(clocked[1]) * rate.value);
  const found = WRITTEN.exec(plain);
  if (!found) return null;
  const [hours, minutes, seconds, rest] = found.slice(1).map((part) => Number(part ?? 0));
  if (rest >= rate.base || (found[2] && seconds > 59) || (found[1] && minutes > 59)) return null;
  return frameOf(((hours * 60 + minutes) * 60 + seconds) * rate.base + rest, rate);
}

/** Seconds for people: 0.5 s, 12 s, 1:02. @param {number} seconds */
export function spoken(seconds) {
  if (seconds >= 60) return `${Math.floor(seconds / 60)}:${padded(Math.floor(seconds % 60))}`;
  return `${Number(seconds.toFixed(2))} s`;
}

/**
 * The stored time of a frame's beginning: rounded down to a millionth of a second, so that a clip that begins here has
 * the frame, and a clip that ends here has not. @param {number} frame @param {Rate} rate
 */
export function storedTime(frame, rate) {
  return Math.floor(timeOf(frame, rate) * 1e6 + 1e-3) / 1e6;
}
