/** Deletion of uploads: the question, the way back, and the list of those that can be restored. */
import { html, signal } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { Confirm } from "../parts/dialog.js";
import { redraft } from "../remote/draft.js";
import { renew } from "../remote/footage.js";
import { count, left } from "../parts/words.js";

/** The uploads, and those that can be restored; null until they are loaded. */
export const kept = signal(null);
export const deleted = signal(null);
/** Why the last request failed, for people; empty if it did not. */
export const refused = signal("");
/** The upload that is asked about, or null, and the one that was deleted last. */
const asked = signal(null);
const last = signal(null);

async function attempt(work) {
  refused.value = "";
  try {
    await work();
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    refused.value = problem.message;
  }
}

/** Load the lists. */
export const loadUploads = () => attempt(load);

async function load() {
  const [here, gone] = await Promise.all([api.rawClips(), api.deletedRawClips()]);
  [kept.value, deleted.value] = [here.raw_clips, gone.raw_clips];
}

/** Ask whether an upload is to be deleted. */
export const askDelete = (raw) => (asked.value = raw);

async function remove(raw) {
  asked.value = null;
  await attempt(async () => {
    await api.removeRawClip(raw.id);
    last.value = raw;
    changed(raw.id);
    await load();
  });
}

/** Restore a deleted upload. */
export const restore = (id) => attempt(async () => {
  await api.restoreRawClip(id);
  if (last.peek()?.id === id) last.value = null;
  changed(id);
  await load();
});

/** Request again everything of an upload, and of the edit that may use it. */
function changed(id) {
  renew(id);
  redraft();
}

/** The question, while there is one. */
export function Deletion() {
  const raw = asked.value;
  if (!raw) return null;
  return html`<${Confirm} title=${`Delete “${raw.name}”?`} yes="Delete upload" danger onYes=${() => remove(raw)} onClose=${() => (asked.value = null)}>
    ${raw.used_in.length ? html`<p>${count(raw.used_in.length, "clip uses", "clips use")} it, and cannot be exported without it:</p><${Places} raw=${raw} />` : html`<p>No clip uses it.</p>`}
    <p class="quiet">You can restore it from “Recently deleted” for a while.</p><//>`;
}

/** The clips that use an upload, by project. */
function Places({ raw }) {
  const projects = new Map(raw.used_in.map((use) => [use.project_id, use.project]));
  const clipsIn = (id) => raw.used_in.filter((use) => use.project_id === id).map((use) => use.clip).join(", ");
  return html`<ul class="places">${[...projects].map(([id, name]) => html`<li key=${id}><b>${name}</b>: ${clipsIn(id)}</li>`)}</ul>`;
}

/** The notice of the last deletion, with the way back, or why a request failed. */
export function Deleted() {
  const raw = last.value;
  if (refused.value) return html`<p class="notice bad" role="alert">${refused.value}</p>`;
  return raw && html`<p class="notice" role="status">Deleted “${raw.name}”. <button class="small" onClick=${() => restore(raw.id)} aria-label=${`Undo: restore ${raw.name}`}>Undo</button></p>`;
}

/** The uploads that can be restored, each with the time left. */
export function RecentlyDeleted() {
  if (!deleted.value?.length) return null;
  return html`<details class="gone-list"><summary>Recently deleted (${deleted.value.length})</summary>
    <ul class="raws" aria-label="Recently deleted">${deleted.value.map((raw) => html`<li key=${raw.id}>
      <span><b class="clip-name">${raw.name}</b><span class="quiet">${left(raw.kept_until)}</span></span>
      <button class="small" onClick=${() => restore(raw.id)} aria-label=${`Restore ${raw.name}`}>Restore</button></li>`)}</ul></details>`;
}
