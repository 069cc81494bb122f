/** What the server has of raw clips: facts, a video that this browser plays, a filmstrip, peaks. Each asked for once. */

import { signal } from "../parts/vendor.js";

const AGAIN = 700;

/** @type {Map<string, import("../parts/vendor.js").Signal>} */
const known = new Map();

/** A signal that is null until its answer is there. */
function once(path, answer) {
  if (!known.has(path)) {
    const told = signal(null);
    known.set(path, told);
    if (path) answer(path, told);
  }
  return known.get(path);
}

async function asked(path, options) {
  const response = await fetch(path, { headers: { Accept: "application/json" }, ...options });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** JSON at a path; it stays null when there is none, and what it is for is left out of the page. */
const json = (path, told) => asked(path).then((value) => (told.value = value), () => (told.value = null));

const base = (id) => `/api/raw-clips/${encodeURIComponent(id)}`;

/** The facts of a raw clip: its `media_info`. */
export function factsOf(id) {
  return once(id ? `${base(id)}` : "", (path, told) =>
    asked(path).then((clip) => (told.value = clip.media_info), () => (told.value = null)));
}

/** {columns, width, height, pictures, step_s} of the filmstrip. */
export const filmstripOf = (id) => once(`${base(id)}/filmstrip.json`, json);
/** Column and row of the strip's picture for a time of the source. */
export function pictureAt(strip, seconds) {
  const number = Math.min(Math.floor(seconds / strip.step_s), strip.pictures - 1);
  return [number % strip.columns, Math.floor(number / strip.columns)];
}
/** The style of an element that shows this picture, so many times as large, `left` pixels of it cut off. */
export function pictureStyle(id, strip, seconds, scale, left = 0) {
  const [column, row] = pictureAt(strip, seconds);
  return {
    backgroundImage: `url("${filmstripPath(id)}")`,
    backgroundSize: `${strip.columns * strip.width * scale}px auto`,
    backgroundPosition: `${-column * strip.width * scale - left}px ${-row * strip.height * scale}px`,
  };
}
export const filmstripPath = (id) => `${base(id)}/filmstrip`;
/** {rate, peaks} of the sound. */
export const peaksOf = (id) => once(`${base(id)}/peaks`, json);

/** What to play: {path, state: "original" | "making" | "proxy" | "error", progress, message}. */
export const playableOf = (id) => once(`${base(id)}/proxy`, watch);

function watch(path, told) {
  asked(path).then((answer) => heard(path, told, answer), () => (told.value = original(path)));
}

const original = (path) => ({ path: path.replace(/proxy$/, "media"), state: "original", progress: 1 });

function heard(path, told, { state, progress, error }) {
  if (state === "not_needed") told.value = original(path);
  else if (state === "ready") told.value = { path: `${path}/media`, state: "proxy", progress: 1 };
  else if (state === "error") told.value = { path: null, state: "error", progress: 0, message: error?.message ?? "it cannot be read" };
  else {
    told.value = { path: null, state: "making", progress: progress ?? 0 };
    if (state === "absent") make(path, told);
    else setTimeout(() => watch(path, told), AGAIN);
  }
}

/** Have a proxy made, and watch it. Asking twice is asking once. */
function make(path, told) {
  asked(path, { method: "POST" }).then(() => setTimeout(() => watch(path, told), AGAIN), (refused) => {
    told.value = { path: null, state: "error", progress: 0, message: refused.message };
  });
}

/** The browser cannot play the original: have a proxy made, if what failed was the original. */
export function unplayable(id) {
  const told = playableOf(id);
  if (told.value?.state !== "original") return;
  told.value = { path: null, state: "making", progress: 0 };
  make(`${base(id)}/proxy`, told);
}
