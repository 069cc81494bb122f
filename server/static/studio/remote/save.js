/**
 * Saves the edit: everything unsaved in one request, which is done whole or not at all. Each changed clip states the version
 * that it was changed from. One run at a time. Failures that may pass are tried again for as long as the page is open; on a
 * conflict people choose.
 */
import { effect, signal } from "../parts/preact.js";
import * as api from "./api.js";
import { conflicts, differ } from "../edit/changes.js";
import { editOf, pick } from "../edit/model.js";
import { explained } from "../parts/words.js";
import { dirty, edit, exportProblems, giveUp, projectId, saving, stored, tookAll, tookSaved, unsaved } from "../edit/store.js";

/** Milliseconds without a change after which the edit is saved by itself. */
export const IDLE = 3000;
const SOONEST = 1000;
const LATEST = 30_000;

/** Fields that were changed here and elsewhere: [{clip_id, name, field, mine, theirs}]; null if there is no conflict. */
export const conflict = signal(null);
/** A message for people that needs no answer, or null. */
export const notice = signal(null);
/** The time of the next try, in ms since 1970; 0 if there is none. */
export const nextTry = signal(0);

let running = null;
let again = 0;
let idle = 0;
let tries = 0;
let leaving = false;
/** The text of the save that is not answered yet, and its idempotency key: the server carries out a repeated save once. */
let unanswered = { text: "", key: "" };

/** Save the edit. True if all of it, with changes that were made meanwhile, is durable. */
export async function save() {
  clearTimeout(idle);
  if (conflict.value) return false;
  running ??= run().finally(() => (running = null));
  return running;
}

async function run() {
  clearTimeout(again);
  nextTry.value = 0;
  saving.value = { state: "saving" };
  try {
    while (dirty.value) await once();
    tries = 0;
    saving.value = { state: "idle" };
    return true;
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    failed(problem);
    return false;
  }
}

/** Save all that is unsaved now; changes from elsewhere that do not conflict are taken in on the way. */
async function once() {
  const sent = edit.value;
  const body = bodyOf(unsaved.value);
  try {
    const { warnings: _, ...project } = await api.saveChanges(projectId.value, body, keyOf(body));
    unanswered = { text: "", key: "" };
    tookSaved(editOf(project), sent);
  } catch (problem) {
    if (!(problem instanceof api.Problem) || !staleOf(problem)) throw problem;
    unanswered = { text: "", key: "" };
    await catchUp(problem);
  }
}

/** Whether the save was refused because another window has saved since this one read the project. */
function staleOf(problem) {
  if (problem.error === "invalid_request") return problem.members.pointer === "/order";
  return problem.status === 412 || problem.error === "clip_not_found";
}

/** The request for unsaved changes. */
function bodyOf({ clips, add, remove, order, project }) {
  return {
    ...(clips.length && { clips: clips.map(({ clip_id, version, fields }) => ({ clip_id, version, ...fields })) }),
    ...(add.length && { add: add.map((clip) => ({ clip_id: clip.clip_id, raw_clip_id: clip.raw_clip_id, ...pick(clip) })) }),
    ...(remove.length && { remove }),
    ...(order && { order }),
    ...(project && { project }),
  };
}

function keyOf(body) {
  const text = JSON.stringify(body);
  if (unanswered.text !== text) unanswered = { text, key: api.freshId() };
  return unanswered.key;
}

/** Take in the server's edit; throws `problem` if both sides changed the same field. */
async function catchUp(problem) {
  const theirs = editOf(await api.project(projectId.value));
  const found = conflicts(stored.value, edit.value, theirs);
  if (!differ(stored.value, theirs)) throw problem; // the same request would be refused again: do not loop
  tookAll(theirs);
  if (found.length) {
    conflict.value = found;
    throw problem;
  }
  notice.value = "Changes from another window were merged; yours are kept.";
}

function failed(problem) {
  if (conflict.value) saving.value = { state: "conflict", message: "The same fields were changed in another window." };
  else if (problem.passing) tryAgain(problem);
  else if (problem.status === 401) saving.value = { state: "signed-out", message: "You are signed out. Sign in in another tab, then save." };
  else {
    exportProblems.value = problem.faults;
    saving.value = { state: "error", message: explained(problem.members) };
  }
}

function tryAgain(problem) {
  const after = problem.after ?? Math.min(LATEST, SOONEST * 2 ** tries);
  tries += 1;
  nextTry.value = Date.now() + after;
  saving.value = { state: "offline", message: problem.message };
  again = setTimeout(() => void save(), after);
}

/** Settle the conflict: save mine over theirs, or take theirs in place of mine. */
export function settle(mine) {
  if (!mine) giveUp(conflict.value);
  conflict.value = null;
  return save();
}

/** Take in what another window has saved, unless it conflicts with unsaved changes here. */
export async function refresh() {
  if (running || conflict.value || !edit.value) return;
  try {
    const theirs = editOf(await api.project(projectId.value));
    if (running || conflict.value) return;
    const found = conflicts(stored.value, edit.value, theirs);
    if (found.length) return; // the next save asks
    if (!differ(stored.value, theirs)) return;
    tookAll(theirs);
    notice.value = "Changes from another window were merged.";
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem; // the next save reports it
  }
}

/** Begin to save automatically; the function that is returned ends it. */
export function startSaving() {
  const stop = effect(() => {
    void edit.value;
    clearTimeout(idle);
    if (!dirty.value) return;
    if (saving.peek().state === "error") saving.value = { state: "idle" }; // the new edit may be one that the server accepts
    if (saving.peek().state === "idle") idle = setTimeout(() => void save(), IDLE);
  });
  const on = [
    [window, "online", () => saving.peek().state === "offline" && void save()],
    [window, "beforeunload", (event) => (dirty.peek() || running) && event.preventDefault()],
    [window, "pagehide", () => (leaving = true)],
    [window, "pageshow", () => (leaving = false)],
    [document, "visibilitychange", seen],
    [window, "focus", seen],
  ];
  for (const [target, name, heard] of on) target.addEventListener(name, heard);
  return () => {
    stop();
    clearTimeout(idle);
    clearTimeout(again);
    for (const [target, name, heard] of on) target.removeEventListener(name, heard);
  };
}

/** Save when the tab is hidden, but not when the page is left (the browser has asked then); on coming back refresh or try again. */
function seen() {
  const { state } = saving.peek();
  if (document.visibilityState === "hidden") {
    if (dirty.peek() && state === "idle" && !leaving) void save();
  } else if (state === "offline" || state === "signed-out") void save();
  else void refresh();
}
