/**
 * Three hints for somebody's first edit, one at a time, each where it is about. A hint goes when what it says is done, or by
 * its button, and never comes back in this browser.
 */
import { computed, effect, html, signal } from "../parts/preact.js";
import { clips, unsaved } from "../edit/store.js";
import { kept, keep } from "../parts/kept.js";
import { starting } from "../remote/export.js";

const AREA = "localStorage";
const NAME = "reelc hints seen";

const changed = (field) => unsaved.value.clips.some(({ fields }) => field in fields);

/** The hints in their order: the place of each, what it says, and whether that is being done. */
const HINTS = [
  { at: "stage", text: "Drag the box over what the video should show. Move the playhead and drag again: the box glides from one place to the other.", done: () => changed("crop_data") },
  { at: "lane", text: "Drag either end of the clip to trim it. Press S to split it at the playhead.", done: () => changed("segments_data") },
  { at: "side", text: "Export makes the video. Its Download button appears here.", done: () => starting.value },
];

const seen = signal(new Set((kept(AREA, NAME) ?? "").split(" ")));

/** The hint that is shown; undefined if all were. */
const current = computed(() => (clips.value.length ? HINTS.find(({ at }) => !seen.value.has(at)) : undefined));

function see(...places) {
  seen.value = new Set([...seen.value, ...places]);
  keep(AREA, NAME, [...seen.value].filter(Boolean).join(" "));
}

/** Begin to notice what is done; the function that is returned ends it. */
export function startHinting() {
  return effect(() => {
    const done = HINTS.filter((hint) => !seen.peek().has(hint.at) && hint.done()).map(({ at }) => at);
    if (done.length) see(...done);
  });
}

/** The hint at a place of the page, while its turn is; it lies over the page and moves nothing. */
export function Hint({ at }) {
  if (current.value?.at !== at) return null;
  const number = HINTS.indexOf(current.value) + 1;
  return html`<aside class="hint" role="status" aria-label="Hint ${number} of ${HINTS.length}">
    <p>${current.value.text}</p>
    <div class="row end"><span class="quiet">${number} of ${HINTS.length}</span><button class="plain small" onClick=${() => see(...HINTS.map((each) => each.at))}>No hints</button><button class="small" onClick=${() => see(at)}>Got it</button></div>
  </aside>`;
}
