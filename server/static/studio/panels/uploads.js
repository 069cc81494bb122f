/** Uploads of footage, and the clips made of it. */
import { signal } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { largest, rounded } from "../edit/box.js";
import { newClip } from "../edit/model.js";
import { NAME_LENGTH } from "../parts/limits.js";
import { ratio } from "../playback/now.js";
import { dispatch } from "../edit/store.js";
import { explained } from "../parts/words.js";

/** [{id, name, sent, size, failed, cancel}] in the order they were begun. */
export const uploads = signal([]);

let count = 0;

const change = (id, members) => (uploads.value = uploads.value.map((each) => (each.id === id ? { ...each, ...members } : each)));
export const forget = (id) => (uploads.value = uploads.value.filter((each) => each.id !== id));

/** Have the browser ask before the page is left during an upload. */
export function guardUploads() {
  addEventListener("beforeunload", (event) => uploads.peek().some((each) => !each.failed) && event.preventDefault());
}

/** Upload files one after another; each becomes a clip at the film's end when it has arrived. */
export async function uploadAll(files) {
  const begun = [...files].map((file) => ({ file, id: (count += 1), ender: new AbortController() }));
  uploads.value = [...uploads.value, ...begun.map(({ file, id, ender }) => ({ id, name: file.name, sent: 0, size: file.size, cancel: () => cancel(id, ender) }))];
  for (const { file, id, ender } of begun) if (!ender.signal.aborted) await uploadOne(file, id, ender.signal);
}

function cancel(id, ender) {
  ender.abort();
  forget(id);
}

async function uploadOne(file, id, ended) {
  try {
    const raw = await api.upload(file, { onProgress: (sent) => change(id, { sent }), signal: ended });
    forget(id);
    addClip(raw);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (!(problem instanceof api.Problem)) throw problem;
    change(id, { failed: explained(problem.members) });
  }
}

/** Add a clip of footage at the film's end, framed by the largest box of the film's shape. The selection stays. */
export function addClip(raw) {
  const box = rounded(largest(ratio.value, shownSize(raw.media_info.video)));
  const name = raw.name.slice(0, NAME_LENGTH);
  const clip = newClip({ clip_id: api.freshId(), raw_clip_id: raw.id, name, crop_data: [{ frame: 0, ...box }] });
  dispatch({ do: "add-clip", clip });
}

/** The size of the displayed picture: cropped, stretched to square pixels, rotated as the file says. */
function shownSize({ width, height, sar, rotation, crop }) {
  const [left, top, right, bottom] = crop ?? [0, 0, 0, 0];
  const [over, under = 1] = String(sar).split("/").map(Number);
  const across = Math.round(((width - left - right) * over) / under);
  const down = height - top - bottom;
  return rotation % 180 ? { width: down, height: across } : { width: across, height: down };
}
