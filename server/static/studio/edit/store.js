/**
 * The page's state: signals that panels read, and the few functions that change them.
 *
 * `edit` is the edit on the page, `stored` the server's; their difference is unsaved. Panels change the edit by commands;
 * the only signals of this module that they set are `playhead` and `error`.
 */
import { batch, computed, signal } from "../parts/preact.js";
import * as made from "./changes.js";
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
/**
 * The place that was selected last for people to look at, {problem, frame, count}: panels go to it, and focus it if it is a
 * problem's; `problem` is null after undo. Each time raises `count`.
 */
export const revealed = signal(null);

const history = signal(made.NO_HISTORY);

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
export const unsaved = computed(() => (edit.value && stored.value ? made.changes(stored.value, edit.value) : made.NONE));
export const dirty = computed(() => made.anyOf(unsaved.value));
/** The state of saving for people: as `saving`, with "saved" or "unsaved" in place of "idle". */
export const saveState = computed(() => (saving.value.state === "idle" ? { state: dirty.value ? "unsaved" : "saved" } : saving.value));
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);
/** The clips that the last step removed: undo brings them back. */
export const justRemoved = computed(() => {
  const step = history.value.past.at(-1);
  return step?.forth.remove.length ? step.back.add : [];
});
/** What to keep of the history for a reload; null while something is unsaved, because a reload discards that. */
export const keptHistory = computed(() => (edit.value && !dirty.value ? made.keptOf(history.value, stored.value) : null));
/** Every error of the newest draft, else of the newest export: {clip_id, pointer, message, hint}. */
export const problems = computed(() => (draft.value?.errors.length ? draft.value.errors : exportProblems.value));

/** Load a project as the API answers it, with nothing unsaved, and with the history that was kept if it ends here. */
export function load(project, kept = null) {
  const loaded = model.editOf(project);
  batch(() => {
    [edit.value, stored.value] = [loaded, loaded];
    history.value = made.regained(kept, loaded);
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
    history.value = made.recorded(history.value, before, after, command.merge ?? null);
    edit.value = after;
    if (!selected.value) selectNear(before);
  });
  return true;
}

/** End a drag: the next command is an undo step of its own, whatever its `merge`. */
export function endMerge() {
  history.value = { ...history.value, key: null };
}

/** Select the clip that took the place of the selected one, which is gone from the edit `before`. */
function selectNear(before) {
  const at = before.clips.findIndex((clip) => clip.clip_id === selection.value.clip_id);
  select({ clip_id: clips.value[Math.min(Math.max(at, 0), clips.value.length - 1)]?.clip_id ?? null });
}

/** Take the last command back, and select the place that it changed; false if there is none. */
export const undo = () => step(made.undone);
/** Carry out again what was taken back. */
export const redo = () => step(made.redone);

function step(move) {
  const before = edit.value;
  const moved = before && move(history.value, before);
  if (!moved) return false;
  const place = made.placeOf(before, moved.edit, moved.made, selection.value.clip_id);
  batch(() => {
    [edit.value, history.value, error.value] = [moved.edit, moved.history, null];
    select(place?.selection ?? selection.value); // which also deselects keyframes that no longer exist
    if (!selected.value) selectNear(before);
    if (place) show(null, place.frame);
  });
  return true;
}

function show(problem, frame) {
  revealed.value = { problem, frame, count: (revealed.value?.count ?? 0) + 1 };
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
    show(problem, null);
  });
}

/** Take in the server's answer to a save of the edit `sent`: changes that were made meanwhile stay, unsaved. */
export function tookSaved(theirs, sent) {
  takeIn(theirs, made.changes(sent, edit.value));
}

/** Take in the server's whole edit: unsaved changes stay, everything else becomes the server's. */
export function tookAll(theirs) {
  endMerge(); // a drag under way must not take their changes into its step
  takeIn(theirs, made.sparing(made.changes(stored.value, edit.value), stored.value, theirs));
}

function takeIn(theirs, mine) {
  const before = edit.value;
  batch(() => {
    stored.value = made.steady(before, theirs);
    edit.value = made.over(stored.value, mine);
    if (selected.value) select(selection.value);
    else selectNear(before);
  });
}

/** Replace unsaved fields by the server's, `[{clip_id, field, theirs}]`: the history begins anew, with this step. */
export function giveUp(fields) {
  const before = edit.value;
  batch(() => {
    for (const { clip_id, field, theirs } of fields) {
      edit.value = model.changed(edit.value, clip_id, (clip) => ({ ...clip, [field]: theirs }));
    }
    history.value = made.recorded(made.NO_HISTORY, before, edit.value);
  });
}

/** Take in a clip that the server restored from an earlier version: it is saved already, and can be undone. */
export function tookBack(clip) {
  const known = model.fromStored(clip);
  batch(() => {
    const before = edit.value;
    stored.value = model.changed(stored.value, known.clip_id, () => known);
    edit.value = model.changed(before, known.clip_id, () => known);
    history.value = made.recorded(history.value, before, edit.value);
    select(selection.value);
  });
}
