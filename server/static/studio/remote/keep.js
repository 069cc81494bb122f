/** Keeps the steps of undo in the tab's storage, so that they last a reload. */
import { effect } from "../parts/preact.js";
import { keptHistory, projectId } from "../edit/store.js";
import { keep, kept } from "../parts/kept.js";

const MOST = 100;
const place = (id) => `reelc history ${id}`;

/** What was kept of a project's history; null if nothing was. */
export function keptOf(id) {
  const text = kept("sessionStorage", place(id));
  return text && JSON.parse(text);
}

/** Begin to keep the history whenever everything is saved; the function that is returned ends it. */
export function startKeeping() {
  return effect(() => {
    if (keptHistory.value) keepNewest(place(projectId.peek()), keptHistory.value);
  });
}

/** Store the newest steps, as many as the browser has room for. */
function keepNewest(at, { state, past, future }) {
  for (let most = MOST; most >= 1; most = Math.floor(most / 4)) {
    if (keep("sessionStorage", at, JSON.stringify({ state, past: past.slice(-most), future: future.slice(0, most) }))) return;
  }
  keep("sessionStorage", at, null);
}
