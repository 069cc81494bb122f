/**
 * The page's state: signals that panels read, and the few functions that change them.
 *
 * `edit` is what the person sees, `stored` what the server has; what differs is unsaved. Panels dispatch commands and
 * write no signal of this module themselves but `playhead` and `error`.
 */
import { batch, computed, signal } from "../parts/preact.js";
import * as model from "./model.js";

const NOTHING = { clip_id: null, keyframe: null, span: null, transition: false };

/** @type {import("../parts/preact.js").Signal} the edit; null until it is loaded */
export const edit = signal(null);
/** The edit as the server last said it has it. */
export const stored = signal(null);
/** What is selected: {clip_id, keyframe: frame | null, span: index | null, transition: bool}. */
export const selection = signal(NOTHING);
/** Seconds of the selected clip's source. */
export const playhead = signal(0);
/** The newest answer of the draft call; null until there is one. `draftOf` is the edit it answers for. */
export const draft = signal(null);
export const draftOf = signal(null);
/** What saving.js is at: {state: "idle" | "saving" | "conflict" | "offline" | "error" | "signed-out", message?}. */
export const saving = signal({ state: "idle" });
/** Errors of an export that was refused; the draft's own are in `draft`. */
export const exportProblems = signal([]);
/** What the last command was refused for, in words; panels show it and may clear it. */
export const error = signal(null);
/** What `reveal` showed last: panels scroll to it and put the focus there. {problem, count}; count grows each time. */
export const revealed = signal(null);

/** Commands that tell what the server did already: they are no edits, and undo leaves them. */
const TOLD = new Set(["add-clip", "remove-clip", "set-project"]);

const history = signal(model.NO_HISTORY);

/** The id of the project on the page; null until it is loaded. */
export const projectId = computed(() => edit.value?.project.id ?? null);
export const clips = computed(() => edit.value?.clips ?? []);
/** A clip by its id, or null. */
export const clipById = (id) => clips.value.find((clip) => clip.clip_id === id) ?? null;
/** The selected clip, or null. */
export const selected = computed(() => clipById(selection.value.clip_id));
/** The draft's part for the selected clip, or null. */
export const drafted = computed(() => draft.value?.clips.find((clip) => clip.clip_id === selection.value.clip_id) ?? null);
/** What is to be saved. */
export const unsaved = computed(() => (edit.value && stored.value ? model.changes(stored.value, edit.value) : { clips: [], order: null }));
export const dirty = computed(() => model.anyOf(unsaved.value));
/** How saved the edit is: as `saving`, and "saved" or "unsaved" for "idle". */
export const saveState = computed(() => (saving.value.state === "idle" ? { state: dirty.value ? "unsaved" : "saved" } : saving.value));
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);
/** Every error of the newest draft, else of the newest export: {clip_id, pointer, message, hint}. */
export const problems = computed(() => (draft.value?.errors.length ? draft.value.errors : exportProblems.value));

/** Begin with a project as the API answers it: nothing to undo, nothing unsaved. */
export function load(project) {
  const loaded = model.editOf(project);
  batch(() => {
    [edit.value, stored.value] = [loaded, loaded];
    history.value = model.NO_HISTORY;
    if (!loaded.clips.some((clip) => clip.clip_id === selection.value.clip_id)) select({ clip_id: loaded.clips[0]?.clip_id ?? null });
  });
}

/** Carry out a command; false, with the reason in `error`, when it cannot be. */
export function dispatch(command) {
  const before = edit.value;
  let after;
  try {
    after = model.apply(before, command);
  } catch (refused) {
    error.value = refused.message;
    return false;
  }
  batch(() => {
    error.value = null;
    if (after === before) return;
    if (TOLD.has(command.do)) stored.value = model.apply(stored.value, command);
    else history.value = model.recorded(history.value, before, command.merge ?? null);
    edit.value = after;
    if (!selected.value) select({ clip_id: after.clips[0]?.clip_id ?? null });
  });
  return true;
}

/** The next command begins a step of its own, whatever its `merge`: a drag has ended. */
export function endMerge() {
  history.value = { ...history.value, key: null };
}

export const undo = () => step(model.undone);
export const redo = () => step(model.redone);

function step(move) {
  const moved = edit.value && move(history.value, edit.value);
  if (!moved) return false;
  batch(() => {
    [edit.value, history.value, error.value] = [moved.edit, moved.history, null];
    select(selection.value); // a keyframe that is gone is selected no more
  });
  return true;
}

/** Select a clip, or a part of it; what is not said is not selected. A keyframe that is not there selects its clip. */
export function select(what) {
  const next = { ...NOTHING, clip_id: selection.value.clip_id, ...what };
  const clip = clipById(next.clip_id);
  if (!clip || !model.keyframesOf(clip).some((each) => each.frame === next.keyframe)) next.keyframe = null;
  if (!model.same(next, selection.value)) {
    batch(() => {
      if (next.clip_id !== selection.value.clip_id) playhead.value = clip?.segments_data?.trimRange?.start ?? 0;
      selection.value = next;
    });
  }
}

/** Select what a problem is about. */
export function reveal(problem) {
  const found = model.pointedAt(edit.value, problem);
  batch(() => {
    if (found.clip_id !== null) select(found);
    revealed.value = { problem, count: (revealed.value?.count ?? 0) + 1 };
  });
}

/** What the server has of a clip now; where the person has gone on since `sent` was sent, the edit keeps theirs. */
export function took(clip, sent = {}) {
  const known = model.fromStored(clip);
  const before = model.clipOf(stored.value, known.clip_id);
  const gone = (name, mine) => !model.alike(name, Object.hasOwn(sent, name) ? sent[name] : before[name], mine[name]);
  batch(() => {
    stored.value = model.changed(stored.value, known.clip_id, () => known);
    edit.value = model.changed(edit.value, known.clip_id, (mine) => ({ ...known, ...model.pick(mine, model.FIELDS.filter((name) => gone(name, mine))) }));
  });
}

/** What the server has, whole, while the person goes on: what they changed stays theirs, the rest becomes the server's. */
export function tookAll(theirs) {
  batch(() => {
    const kept = model.changes(stored.value, edit.value);
    stored.value = theirs;
    edit.value = model.over(theirs, kept);
    select(selected.value ? selection.value : { clip_id: edit.value.clips[0]?.clip_id ?? null });
  });
}

/** Give up own changes of some fields, `[{clip_id, field, theirs}]`, as a step that can be undone. */
export function giveUp(fields) {
  const before = edit.value;
  batch(() => {
    history.value = model.recorded(history.value, before);
    for (const { clip_id, field, theirs } of fields) {
      edit.value = model.changed(edit.value, clip_id, (clip) => ({ ...clip, [field]: theirs }));
    }
  });
}

/** A clip as the server made it of an earlier version: saved already, and a step that can be undone. */
export function tookBack(clip) {
  const known = model.fromStored(clip);
  batch(() => {
    history.value = model.recorded(history.value, edit.value);
    stored.value = model.changed(stored.value, known.clip_id, () => known);
    edit.value = model.changed(edit.value, known.clip_id, () => known);
    select(selection.value);
  });
}
