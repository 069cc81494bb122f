/**
 * The page's state: signals that panels read, and the few functions that change them.
 *
 * `edit` is the edit on the page, `stored` the server's; their difference is unsaved. Panels change the edit by commands;
 * the only signals of this module that they set are `playhead` and `error`.
 */
import { batch, computed, signal } from "../parts/preact.js";
import * as model from "./model.js";

const NOTHING = { clip_id: null, keyframe: null, keyframes: [], span: null, transition: false };

/** @type {import("../parts/preact.js").Signal} the edit; null until it is loaded */
export const edit = signal(null);
/** The edit as the server has it, as far as is known. */
export const stored = signal(null);
/** The selection: {clip_id, keyframe: frame | null, keyframes: frames of all selected ones, span: index | null, transition: bool}. */
export const selection = signal(NOTHING);
/** Seconds of the selected clip's source. */
export const playhead = signal(0);
/** The newest answer of the draft call; null until there is one. `draftOf` is the edit it answers for. */
export const draft = signal(null);
export const draftOf = signal(null);
/** The state of saving, which remote/save.js sets: {state: "idle" | "saving" | "conflict" | "offline" | "error" | "signed-out", message?}. */
export const saving = signal({ state: "idle" });
/** Errors of an export that was refused; the draft's own are in `draft`. */
export const exportProblems = signal([]);
/** Why the last command was refused, for people; null if it was not. Panels display it and may clear it. */
export const error = signal(null);
/** The problem that `reveal` selected last, {problem, count}: panels scroll to it and focus it. Each call raises `count`. */
export const revealed = signal(null);

/** Commands that repeat a change which the server has made already: they are not edits, and undo leaves them alone. */
const SERVER_MADE = new Set(["add-clip", "remove-clip", "set-project"]);

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
/** The changes that are not saved yet. */
export const unsaved = computed(() => (edit.value && stored.value ? model.changes(stored.value, edit.value) : { clips: [], order: null }));
export const dirty = computed(() => model.anyOf(unsaved.value));
/** The state of saving for people: as `saving`, with "saved" or "unsaved" in place of "idle". */
export const saveState = computed(() => (saving.value.state === "idle" ? { state: dirty.value ? "unsaved" : "saved" } : saving.value));
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);
/** Every error of the newest draft, else of the newest export: {clip_id, pointer, message, hint}. */
export const problems = computed(() => (draft.value?.errors.length ? draft.value.errors : exportProblems.value));

/** Load a project as the API answers it, with nothing to undo and nothing unsaved. */
export function load(project) {
  const loaded = model.editOf(project);
  batch(() => {
    [edit.value, stored.value] = [loaded, loaded];
    history.value = model.NO_HISTORY;
    if (!loaded.clips.some((clip) => clip.clip_id === selection.value.clip_id)) select({ clip_id: loaded.clips[0]?.clip_id ?? null });
  });
}

/** Carry out a command; false if it is refused, with the reason in `error`. */
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
    if (SERVER_MADE.has(command.do)) stored.value = model.apply(stored.value, command);
    else history.value = model.recorded(history.value, before, command.merge ?? null);
    edit.value = after;
    if (!selected.value) select({ clip_id: after.clips[0]?.clip_id ?? null });
  });
  return true;
}

/** End a drag: the next command is an undo step of its own, whatever its `merge`. */
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
    select(selection.value); // deselects a keyframe that no longer exists
  });
  return true;
}

/** The keyframes of a selection that exist; `keyframe`, which the fields are about, is one of them. */
function existing({ clip_id, keyframe, keyframes }) {
  const known = model.keyframesOf(clipById(clip_id) ?? {}).map(({ frame }) => frame);
  const asked = keyframes.length ? keyframes : [keyframe];
  const found = known.filter((frame) => asked.includes(frame));
  return { keyframes: found, keyframe: found.includes(keyframe) ? keyframe : (found.at(-1) ?? null) };
}

/** Select a clip or a part of it; parts that are not named are deselected, and so are keyframes that do not exist. */
export function select(what) {
  const next = { ...NOTHING, clip_id: selection.value.clip_id, ...what };
  const clip = clipById(next.clip_id);
  Object.assign(next, existing(next));
  if (!model.same(next, selection.value)) {
    batch(() => {
      if (next.clip_id !== selection.value.clip_id) playhead.value = clip?.segments_data?.trimRange?.start ?? 0;
      selection.value = next;
    });
  }
}

/** Select the clip, keyframe, span or transition that a problem names. */
export function reveal(problem) {
  const found = model.pointedAt(edit.value, problem);
  batch(() => {
    if (found.clip_id !== null) select(found);
    revealed.value = { problem, count: (revealed.value?.count ?? 0) + 1 };
  });
}

/** Take in a clip as the server has it; fields that were edited after `sent` was sent keep their newer values. */
export function took(clip, sent = {}) {
  const known = model.fromStored(clip);
  const before = model.clipOf(stored.value, known.clip_id);
  const gone = (name, mine) => !model.alike(name, Object.hasOwn(sent, name) ? sent[name] : before[name], mine[name]);
  batch(() => {
    stored.value = model.changed(stored.value, known.clip_id, () => known);
    edit.value = model.changed(edit.value, known.clip_id, (mine) => ({ ...known, ...model.pick(mine, model.FIELDS.filter((name) => gone(name, mine))) }));
  });
}

/** Take in the server's whole edit: unsaved changes stay, everything else becomes the server's. */
export function tookAll(theirs) {
  batch(() => {
    const kept = model.changes(stored.value, edit.value);
    stored.value = theirs;
    edit.value = model.over(theirs, kept);
    select(selected.value ? selection.value : { clip_id: edit.value.clips[0]?.clip_id ?? null });
  });
}

/** Replace unsaved fields by the server's, `[{clip_id, field, theirs}]`, as a step that can be undone. */
export function giveUp(fields) {
  const before = edit.value;
  batch(() => {
    history.value = model.recorded(history.value, before);
    for (const { clip_id, field, theirs } of fields) {
      edit.value = model.changed(edit.value, clip_id, (clip) => ({ ...clip, [field]: theirs }));
    }
  });
}

/** Take in a clip that the server restored from an earlier version: it is saved already, and can be undone. */
export function tookBack(clip) {
  const known = model.fromStored(clip);
  batch(() => {
    history.value = model.recorded(history.value, edit.value);
    stored.value = model.changed(stored.value, known.clip_id, () => known);
    edit.value = model.changed(edit.value, known.clip_id, () => known);
    select(selection.value);
  });
}
