/** The project's export, one at a time: begun from the saved edit, followed to its end, resumed after a reload. */
import { computed, signal } from "../parts/preact.js";
import * as api from "./api.js";
import { follow } from "./follow.js";
import { save, refresh } from "./save.js";
import { explained } from "../parts/words.js";
import { clips, dirty, edit, exportProblems, projectId, stored } from "../edit/store.js";

/** The newest state of the export: {export_id, state, stage, progress, frame, frames, fps, eta_s, error, done}; or null. */
export const job = signal(null);
/** The film that the newest complete export made: {id, filename, duration, frames, size}; or null. */
export const film = signal(null);
/** Why an export was not begun or not cancelled, for people; null otherwise. */
export const refused = signal(null);
/** True from the press of the button until the export is under way or refused. */
export const starting = signal(false);
/** Whether the server does not answer at the moment. */
export const away = signal(false);
export const underWay = computed(() => starting.value || (job.value !== null && !job.value.done));
/** Whether the film was made of another edit than the one on the page; null if that is not known. */
export const outdated = computed(() => (made.value ? dirty.value || made.value !== revisionOf(edit.value) : null));

const made = signal(null);
let stop = () => {};

const revisionOf = (of) => JSON.stringify([...of.clips.map((clip) => [clip.clip_id, clip.version]), of.project.aspect_ratio, of.project.settings]);

/** Save, then export. Calls during an export do nothing. */
export const exportNow = () => exportWith(null);

/** As `exportNow`, with settings for this export alone; null for the project's. */
export async function exportWith(settings) {
  if (underWay.value) return;
  starting.value = true;
  refused.value = null;
  exportProblems.value = [];
  try {
    await begun(settings);
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    await notBegun(problem);
  } finally {
    starting.value = false;
  }
}

async function begun(settings) {
  if (!clips.value.length) return void (refused.value = "There are no clips yet: add one first.");
  if (!(await save())) return void (refused.value = "Not exported: your changes could not be saved, so the video would not be what you see.");
  const exportId = api.freshId();
  const of = stored.value;
  await api.beginExport(projectId.value, exportId, of.clips.map(({ clip_id, version }) => ({ clip_id, version })), settings);
  watch({ export_id: exportId, state: "queued", stage: "queued", progress: 0, begun: Date.now() }, revisionOf(of));
}

async function notBegun(problem) {
  refused.value = `Not exported. ${explained(problem.members)}`;
  if (problem.error === "export_in_progress" && problem.members.running_export_id) {
    refused.value = "An export of this project is already running; here it is.";
    watch({ ...(await api.exported(problem.members.running_export_id)), done: false }, null);
  } else if (problem.error === "version_conflict") {
    refused.value = "Not exported: the project was changed in another window just now. Look at it, then export again.";
    await refresh();
  } else if (problem.members.errors?.length || problem.members.clip_id) exportProblems.value = problem.faults;
}

function watch(first, revision) {
  stop();
  job.value = first.begun ? first : { ...first, begun: Date.parse(first.started_at ?? first.created_at) };
  stop = follow(first.export_id, (state) => {
    away.value = Boolean(state.away);
    if (state.away) return;
    job.value = { ...job.value, ...state };
    if (state.done) void ended(revision);
  });
}

async function ended(revision) {
  if (job.value.error?.errors?.length) exportProblems.value = job.value.error.errors;
  if (job.value.state === "complete") await showFilm(job.value.export_id, revision);
}

async function showFilm(exportId, revision) {
  const { result, started_at, completed_at } = await api.exported(exportId);
  if (!result) return;
  const took = (Date.parse(completed_at) - Date.parse(started_at)) / 1000;
  film.value = { ...(await api.film(result.working_video_id)), took, warnings: result.warnings };
  made.value = revision;
}

/** Cancel the export that is under way. */
export async function cancel() {
  if (!job.value || job.value.done) return;
  job.value = { ...job.value, cancelling: true };
  try {
    const found = await api.cancelExport(job.value.export_id);
    stop();
    job.value = { ...job.value, ...found, cancelling: false, done: true };
    if (found.state === "complete") await showFilm(found.export_id, null);
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    refused.value = `Not cancelled: ${problem.message}`;
    job.value = { ...job.value, cancelling: false };
  }
}

/** Resume the project's newest export: follow it if it runs, show its error if it failed; load the last film. */
export async function startExporting() {
  try {
    await takenUp();
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    refused.value = `The last export cannot be shown: ${problem.message}`;
  }
}

async function takenUp() {
  const [newest] = (await api.exportsOf(projectId.value)).exports;
  if (newest && (newest.state === "queued" || newest.state === "running")) watch(newest, null);
  else if (newest?.state === "error") job.value = { ...newest, done: true };
  const { working_video_id } = edit.value.project;
  if (!working_video_id || film.value) return;
  const warnings = newest?.result?.working_video_id === working_video_id ? newest.result.warnings : [];
  film.value = { ...(await api.film(working_video_id)), warnings };
}
