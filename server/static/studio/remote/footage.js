/** Raw clips on the server: facts, a video that this browser plays, a filmstrip, peaks. Each is requested once. */

import { STILL_TICK } from "../parts/limits.js";
import * as api from "./api.js";
import { signal } from "../parts/preact.js";

const AGAIN = 700;

/** Functions that request again what is known of a raw clip. @type {((id: string) => void)[]} */
const again = [];

/** Request everything about a raw clip again: it was deleted, or restored. */
export const renew = (id) => again.forEach((each) => each(id));

/** A function from a raw clip's id to a signal, null until `begin(id, signal)` sets it. Each id is begun once. */
function once(begin) {
  /** @type {Map<string, import("../parts/vendor.js").Signal>} */
  const known = new Map();
  again.push((id) => {
    const found = known.get(id);
    if (!found) return;
    found.value = null;
    begin(id, found);
  });
  return (id) => {
    if (!known.has(id)) {
      known.set(id, signal(null));
      if (id) begin(id, known.get(id));
    }
    return known.get(id);
  };
}

/** As `once`, for the answer of `ask(id)`. If that fails the signal stays null, and the page does without. */
const answerOf = (ask) => once((id, found) => ask(id).then((answer) => (found.value = answer), () => {}));

/** The facts of a raw clip: its `media_info`. */
export const factsOf = answerOf(async (id) => (await api.rawClip(id)).media_info);
/** Formats of images that the server reads, still or moving; a still of another format is "image2". */
const MOVING = ["gif", "apng", "webp", "avif", "heif"];
/** Whether these facts are of one picture without a length of its own. */
export const isStill = (facts) => Number(facts.video.time_base) === STILL_TICK;
/** Whether these facts are of an image that moves. */
export const isMovingImage = (facts) => MOVING.includes(facts.format) && !isStill(facts);
/** Whether these facts are of an image, still or moving. */
export const isImage = (facts) => isStill(facts) || MOVING.includes(facts.format);
/** {columns, width, height, pictures, step_s} of the filmstrip. */
export const filmstripOf = answerOf(api.filmstrip);
/** {rate, peaks} of the sound. */
export const peaksOf = answerOf(api.peaks);

/** Column and row of the strip's picture for a time of the source. */
export function pictureAt(strip, seconds) {
  const number = Math.min(Math.floor(seconds / strip.step_s), strip.pictures - 1);
  return [number % strip.columns, Math.floor(number / strip.columns)];
}

/** The style of an element that shows this picture, scaled by `scale`, with `left` pixels cut off. */
export function pictureStyle(id, strip, seconds, scale, left = 0) {
  const [column, row] = pictureAt(strip, seconds);
  return {
    backgroundImage: `url("${api.filmstripPicture(id)}")`,
    backgroundSize: `${strip.columns * strip.width * scale}px auto`,
    backgroundPosition: `${-column * strip.width * scale - left}px ${-row * strip.height * scale}px`,
  };
}

/** The video to play: {path, state: "original" | "making" | "proxy" | "error", progress, message}. */
export const playableOf = once(watch);

function watch(id, found) {
  api.proxy(id).then((answer) => take(id, found, answer), (refused) => {
    found.value = refused.status === 404 ? broken(refused.message) : original(id);
  });
}

const original = (id) => ({ path: api.mediaOf(id), state: "original", progress: 1 });
const broken = (message) => ({ path: null, state: "error", progress: 0, message });

function take(id, found, { state, progress, error }) {
  if (state === "not_needed") found.value = original(id);
  else if (state === "ready") found.value = { path: api.proxyMedia(id), state: "proxy", progress: 1 };
  else if (state === "error") found.value = broken(error?.message ?? "it cannot be read");
  else {
    found.value = { path: null, state: "making", progress: progress ?? 0 };
    if (state === "absent") make(id, found);
    else setTimeout(() => watch(id, found), AGAIN);
  }
}

/** Have a proxy made, and watch it. */
function make(id, found) {
  api.makeProxy(id).then(() => setTimeout(() => watch(id, found), AGAIN), (refused) => (found.value = broken(refused.message)));
}

/** Have a proxy made, because the browser cannot play the video; nothing to do if that was a proxy already. */
export function unplayable(id) {
  const found = playableOf(id);
  if (found.value?.state !== "original") return;
  found.value = { path: null, state: "making", progress: 0 };
  make(id, found);
}
