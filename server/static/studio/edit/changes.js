/**
 * The changes between two edits: they are saved, merged with those of another window, undone and redone. All of it is
 * functions of values.
 *
 * @typedef {{clip_id: string, version: number, fields: object}} Changed the changed fields of a clip, and the version that they change
 * @typedef {{clips: Changed[], add: object[], remove: {clip_id: string, version: number}[], order: string[] | null,
 *   project: object | null}} Changes `order` names every clip; null if the clips that stay keep theirs and none was added
 * @typedef {{forth: Changes, back: Changes}} Step a change and its reverse
 */

import { alike, FIELDS, keyframesOf, pick, PROJECT_FIELDS, same, segmentsOf } from "./model.js";

/** No changes. @type {Changes} */
export const NONE = { clips: [], add: [], remove: [], order: null, project: null };

/** Whether there are any changes. */
export const anyOf = (made) => made.clips.length + made.add.length + made.remove.length > 0 || made.order !== null || made.project !== null;

const byId = (clips) => new Map(clips.map((clip) => [clip.clip_id, clip]));
const ids = (clips) => clips.map((clip) => clip.clip_id);

/** The changes that turn one edit into another. @returns {Changes} */
export function changes(before, after) {
  const [old, now] = [byId(before.clips), byId(after.clips)];
  const [stay, add] = [after.clips.filter((clip) => old.has(clip.clip_id)), after.clips.filter((clip) => !old.has(clip.clip_id))];
  const remove = before.clips.filter((clip) => !now.has(clip.clip_id)).map(({ clip_id, version }) => ({ clip_id, version }));
  const clips = stay.map((clip) => changed(old.get(clip.clip_id), clip)).filter((each) => Object.keys(each.fields).length);
  const moved = add.length || !same(ids(stay), ids(before.clips.filter((clip) => now.has(clip.clip_id))));
  const project = PROJECT_FIELDS.filter((name) => !same(before.project[name], after.project[name]));
  return { clips, add, remove, order: moved ? ids(after.clips) : null, project: project.length ? pick(after.project, project) : null };
}

function changed(old, clip) {
  if (old === clip) return { clip_id: clip.clip_id, version: old.version, fields: {} };
  const fields = FIELDS.filter((name) => !alike(name, old[name], clip[name]));
  return { clip_id: clip.clip_id, version: old.version, fields: pick(clip, fields) };
}

/** An edit with changes made to it. Those of clips that it lacks are left out; its own further clips come last. */
export function over(edit, made) {
  const fields = new Map(made.clips.map((each) => [each.clip_id, each.fields]));
  const [gone, there] = [new Set(ids(made.remove)), byId(edit.clips)];
  const stay = edit.clips.filter((clip) => !gone.has(clip.clip_id));
  const clips = stay.map((clip) => (fields.has(clip.clip_id) ? { ...clip, ...fields.get(clip.clip_id) } : clip));
  clips.push(...made.add.filter((clip) => !there.has(clip.clip_id)));
  return { ...edit, project: made.project ? { ...edit.project, ...made.project } : edit.project, clips: made.order ? inOrder(clips, made.order) : clips };
}

function inOrder(clips, order) {
  const place = new Map(order.map((id, index) => [id, index]));
  const at = (clip) => place.get(clip.clip_id) ?? order.length;
  return [...clips].sort((one, other) => at(one) - at(other));
}

/** Whether two edits differ, or have other versions. */
export const differ = (one, other) => anyOf(changes(one, other)) || one.clips.some((clip, index) => clip.version !== other.clips[index].version);

/**
 * Fields that were changed both here and elsewhere, to different values: people decide which is kept. `stored` is the
 * edit that both began with. A field that only one side changed is no conflict.
 */
export function conflicts(stored, edit, theirs) {
  const [others, before] = [byId(theirs.clips), byId(stored.clips)];
  return changes(stored, edit).clips.filter((each) => others.has(each.clip_id)).flatMap((each) => {
    const [other, old] = [others.get(each.clip_id), before.get(each.clip_id)];
    return Object.entries(each.fields)
      .filter(([field, mine]) => !alike(field, other[field], old[field]) && !alike(field, other[field], mine))
      .map(([field, mine]) => ({ clip_id: each.clip_id, name: other.name, field, mine, theirs: other[field] }));
  });
}

/** My changes without the removal of clips that were changed elsewhere: what others work on stays. */
export function sparing(made, stored, theirs) {
  const [old, now] = [byId(stored.clips), byId(theirs.clips)];
  const untouched = ({ clip_id }) => now.get(clip_id)?.version === old.get(clip_id)?.version;
  return { ...made, remove: made.remove.filter(untouched) };
}

/** `theirs` with the objects of `edit` where they are equal: what did not change is not drawn anew. */
export function steady(edit, theirs) {
  const known = byId(edit.clips);
  return { ...theirs, clips: theirs.clips.map((clip) => (same(known.get(clip.clip_id), clip) ? known.get(clip.clip_id) : clip)) };
}

/** No steps of undo. `past` and `future` are steps; commands of one drag have one `key` and are one step from the edit `from`. */
export const NO_HISTORY = { past: [], future: [], key: null, from: null, rest: [] };
const LONGEST = 500;

/** The history after the edit `before` became `after`. @param {string | null} key */
export function recorded(history, before, after, key = null) {
  const joined = key !== null && key === history.key;
  const [from, rest] = joined ? [history.from, history.rest] : [before, history.past];
  const step = { forth: changes(from, after), back: changes(after, from) };
  return { past: anyOf(step.forth) ? [...rest, step].slice(-LONGEST) : rest, future: [], key, from, rest };
}

/** One step back, {edit, history, made}, where `made` are the changes that it made; or null when there is none. */
export function undone(history, edit) {
  const step = history.past.at(-1);
  if (!step) return null;
  const moved = { ...NO_HISTORY, past: history.past.slice(0, -1), future: [step, ...history.future] };
  return { edit: over(edit, step.back), history: moved, made: step.back };
}

/** One step forward again, or null when there is none. */
export function redone(history, edit) {
  const [step, ...future] = history.future;
  if (!step) return null;
  return { edit: over(edit, step.forth), history: { ...NO_HISTORY, past: [...history.past, step], future }, made: step.forth };
}

/** What to keep of the history, with the state of the saved edit that it ends in. */
export const keptOf = ({ past, future }, stored) => ({ state: stateOf(stored), past, future });

/** The history that was kept, if it ends in this saved edit; else none. */
export function regained(kept, stored) {
  return kept && same(kept.state, stateOf(stored)) ? { ...NO_HISTORY, past: kept.past, future: kept.future } : NO_HISTORY;
}

/** A saved edit as its project's fields and the versions of its clips, which name everything else. */
export const stateOf = ({ project, clips }) => [pick(project, PROJECT_FIELDS), clips.map(({ clip_id, version }) => [clip_id, version])];

/**
 * The place of changes that turned `before` into `after`: the `selection` of it, null where the present one will do, and
 * the `frame` of a keyframe that changed. Null if they concern no clip. Of several clips it is `near`, if that is one.
 */
export function placeOf(before, after, made, near) {
  const [old, now] = [byId(before.clips), byId(after.clips)];
  const several = made.add.length ? ids(made.add) : ids(made.clips).filter((id) => now.has(id));
  const id = several.includes(near) ? near : several[0] ?? movedClip(before, after, made);
  if (!id) return null;
  const touched = made.clips.find((each) => each.clip_id === id);
  const { frame = null, ...part } = touched && old.has(id) ? partOf(old.get(id), now.get(id), touched.fields) : {};
  const chosen = Object.keys(part).length > 0 || id !== near;
  return { selection: chosen ? { clip_id: id, ...part } : null, frame };
}

/** The clip that moved furthest, or the one in the place of a removed one; undefined if there is none. */
function movedClip(before, after, made) {
  if (made.remove.length) {
    const at = before.clips.findIndex((clip) => clip.clip_id === made.remove[0].clip_id);
    return after.clips[Math.min(at, after.clips.length - 1)]?.clip_id;
  }
  if (!made.order) return undefined;
  const far = (id) => Math.abs(ids(after.clips).indexOf(id) - ids(before.clips).indexOf(id));
  return ids(after.clips).reduce((most, id) => (far(id) > far(most) ? id : most));
}

/** The keyframes, the span or the transition of a clip that changed, as parts of a selection, and the frame of the first. */
function partOf(old, now, fields) {
  if ("crop_data" in fields) {
    const [was, is] = [keyframesOf(old), keyframesOf(now)];
    const missingIn = (list) => (each) => !list.some((one) => same(one, each));
    const frames = is.filter(missingIn(was)).map((each) => each.frame);
    return frames.length ? { keyframe: frames[0], keyframes: frames, frame: frames[0] } : { frame: was.find(missingIn(is))?.frame };
  }
  if ("segments_data" in fields) {
    const [was, is] = [segmentsOf(old).spans ?? [], segmentsOf(now).spans ?? []];
    const index = is.findIndex((each, at) => !same(each, was[at]));
    return { span: index < 0 ? null : index };
  }
  return "transition_data" in fields ? { transition: true } : {};
}
