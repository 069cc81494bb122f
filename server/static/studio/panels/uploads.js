/** Uploads of footage, and the clips made of it. */
import { signal } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { largest, rounded } from "../edit/box.js";
import { undrafted } from "../remote/draft.js";
import { fromStored, pick } from "../edit/model.js";
import { NAME_LENGTH } from "../parts/limits.js";
import { ratio } from "../playback/now.js";
import { clips, dispatch, projectId, select, selection } from "../edit/store.js";
import { explained } from "../parts/words.js";

/** [{id, name, sent, size, failed, cancel}] in the order they were begun. */
export const uploads = signal([]);
/** Why an action failed, for people; null otherwise. */
export const failed = signal(null);

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
    await addClip(raw);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (!(problem instanceof api.Problem)) throw problem;
    change(id, { failed: explained(problem.members) });
  }
}

/** Add a clip of footage at the film's end, framed by the largest box of the film's shape. The selection stays. */
export async function addClip(raw) {
  const box = rounded(largest(ratio.value, shownSize(raw.media_info.video)));
  await attempt(async () => {
    const { clip } = await api.addClip(projectId.value, { raw_clip_id: raw.id, crop_data: [{ frame: 0, ...box }] });
    dispatch({ do: "add-clip", clip: fromStored(clip) });
  });
}

/** The size of the displayed picture: cropped, stretched to square pixels, rotated as the file says. */
function shownSize({ width, height, sar, rotation, crop }) {
  const [left, top, right, bottom] = crop ?? [0, 0, 0, 0];
  const [over, under = 1] = String(sar).split("/").map(Number);
  const across = Math.round(((width - left - right) * over) / under);
  const down = height - top - bottom;
  return rotation % 180 ? { width: down, height: across } : { width: across, height: down };
}

/** The request for a new clip with the footage and the fields of another. */
const like = (clip) => ({ raw_clip_id: clip.raw_clip_id, ...pick(clip) });

/** Add a copy of a clip, with its unsaved changes, after it. */
export async function duplicate(clip) {
  await put({ ...like(clip), name: `${clip.name} copy`.slice(-NAME_LENGTH) }, clips.value.indexOf(clip) + 1);
}

/** Remove a clip; resolves to a function that adds it again in its place, or to false if it could not be removed. */
export async function remove(clip) {
  const at = clips.value.indexOf(clip);
  let gone = false;
  await attempt(() => undrafted(async () => {
    await api.removeClip(projectId.value, clip.clip_id);
    dispatch({ do: "remove-clip", clip_id: clip.clip_id });
    gone = true;
  }));
  return gone && (() => put(like(clip), at));
}

/** Add a clip at a place, and select it unless something else was selected meanwhile. */
async function put(body, at) {
  const before = selection.peek();
  await attempt(async () => {
    const { clip } = await api.addClip(projectId.value, body);
    dispatch({ do: "add-clip", clip: fromStored(clip) });
    dispatch({ do: "move-clip", clip_id: clip.id, to: at });
    if (selection.peek() === before) select({ clip_id: clip.id });
  });
}

async function attempt(work) {
  failed.value = null;
  try {
    await work();
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    failed.value = problem.message;
  }
}
