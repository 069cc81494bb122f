/**
 * The edit as a value: the stored fields of a project and its clips, and the commands that change them. This module uses
 * neither the page nor the server nor the clock. The compiler defines what an edit means; the draft call asks it.
 *
 * @typedef {{frame: number, x: number, y: number, width: number, height: number, ease?: string, origin?: string}} Keyframe
 * @typedef {number | {from: number, to: number, ease?: string}} Speed
 * @typedef {{start: number, end: number, speed: Speed}} Span
 * @typedef {{version: 2, trimRange: {start: number, end: number} | null, spans: Span[]}} Segments
 * @typedef {{type: string, duration?: number}} Transition
 * @typedef {{clip_id: string, version: number, raw_clip_id: string | null, name: string, rotation: number,
 *   crop_data: Keyframe[] | null, segments_data: Segments | null, timing_data: object | null,
 *   transition_data: Transition | null}} Clip
 * @typedef {{project: object, clips: Clip[]}} Edit
 */

import { NAME_LENGTH, SEGMENTS_VERSION } from "../parts/limits.js";
import { reshaped } from "./refit.js";
import { FIELD_NAMES } from "../parts/words.js";

/** The fields of a clip that are edited here, saved, and given back by undo. */
export const FIELDS = Object.keys(FIELD_NAMES);
/** The fields that a film depends on: those that a draft is asked with. */
export const FILM_FIELDS = FIELDS.filter((name) => name !== "name");

/** Some fields of a clip: those that are edited, unless others are named. */
export const pick = (clip, names = FIELDS) => Object.fromEntries(names.map((name) => [name, clip[name]]));

const COMMANDS = {
  "set-keyframe": setKeyframe,
  "remove-keyframe": removeKeyframe,
  "move-keyframe": moveKeyframe,
  "set-crop": (clip, { crop_data }) => ({ ...clip, crop_data: framed(crop_data) }),
  "set-trim": setTrim,
  "set-spans": setSpans,
  "set-transition": setTransition,
  "set-loop": setLoop,
  "set-damage": (clip, { damage }) => ({ ...clip, damage }),
  "set-rotation": (clip, { rotation }) => ({ ...clip, rotation: finite(rotation, "a rotation") }),
  "rename-clip": renameClip,
};

/** The edit with a command carried out; the same object when it changes nothing. Throws the reason, for people, if it is refused. */
export function apply(edit, command) {
  const { do: what } = command;
  if (what === "move-clip") return moveClip(edit, command);
  if (what === "add-clip") return addClip(edit, command);
  if (what === "remove-clip") return { ...edit, clips: edit.clips.filter((each) => each !== clipOf(edit, command.clip_id)) };
  if (what === "reshape") return reshaped(edit, command);
  if (what === "set-project") return { ...edit, project: { ...edit.project, ...command.project } };
  if (!Object.hasOwn(COMMANDS, what)) throw new Error(`there is no command ${what}`);
  return changed(edit, command.clip_id, (clip) => COMMANDS[what](clip, command));
}

/** A clip of an edit. */
export function clipOf(edit, clipId) {
  const found = edit.clips.find((each) => each.clip_id === clipId);
  if (!found) throw new Error("this clip is no longer in the project");
  return found;
}

/** The edit with one clip put through a function. */
export function changed(edit, clipId, change) {
  const before = clipOf(edit, clipId);
  const after = change(before);
  if (same(before, after)) return edit;
  return { ...edit, clips: edit.clips.map((each) => (each === before ? after : each)) };
}

/** A clip of the edit, from the API's answer. */
export function fromStored(stored) {
  const { id, version, raw_clip_id, sort_order, saved_at } = stored;
  return { clip_id: id, version, raw_clip_id, sort_order, saved_at, ...pick(stored) };
}

/** The edit of a project, from the API's answer. */
export function editOf(stored) {
  const { clips, ...project } = stored;
  return { project, clips: clips.map(fromStored) };
}

/** The keyframes of a clip, an empty list if it has none. */
export const keyframesOf = (clip) => clip.crop_data ?? [];

/** The trim and the spans of a clip, empty if nothing is stored. */
export function segmentsOf(clip) {
  return clip.segments_data ?? { version: SEGMENTS_VERSION, trimRange: null, spans: [] };
}

function setKeyframe(clip, { keyframe }) {
  const before = keyframesOf(clip).filter((each) => each.frame !== keyframe.frame);
  return { ...clip, crop_data: framed([...before, keyframe]) };
}

function removeKeyframe(clip, { frame }) {
  const kept = keyframesOf(clip).filter((each) => each.frame !== frame);
  if (kept.length === keyframesOf(clip).length) throw new Error(`there is no keyframe at frame ${frame}`);
  return { ...clip, crop_data: kept };
}

function moveKeyframe(clip, { frame, to }) {
  const moved = keyframesOf(clip).find((each) => each.frame === frame);
  if (!moved) throw new Error(`there is no keyframe at frame ${frame}`);
  if (frame === to) return clip;
  if (keyframesOf(clip).some((each) => each.frame === to)) throw new Error(`there is a keyframe at frame ${to} already`);
  const others = keyframesOf(clip).filter((each) => each !== moved);
  return { ...clip, crop_data: framed([...others, { ...moved, frame: to }]) };
}

/** Sorted keyframes; throws unless each has a whole frame from 0 of its own, and a box that is not empty. */
function framed(keyframes) {
  const sorted = [...(keyframes ?? [])].sort((one, other) => one.frame - other.frame);
  sorted.forEach((each, index) => {
    if (!Number.isInteger(each.frame) || each.frame < 0) throw new Error("a keyframe needs a whole frame number, from 0");
    if (index && sorted[index - 1].frame === each.frame) throw new Error(`two keyframes are at frame ${each.frame}`);
    for (const side of ["x", "y", "width", "height"]) finite(each[side], `a keyframe's ${side}`);
    if (each.width <= 0 || each.height <= 0) throw new Error("a crop needs a width and a height above 0");
  });
  return sorted;
}

/** Sets the trim in `segments_data`, and removes one that `timing_data` has in an old form: it would come into force again. */
function setTrim(clip, { start, end }) {
  const whole = start == null && end == null;
  const trimRange = whole ? null : { start: finite(start ?? 0, "the in point"), end: finite(end, "the out point") };
  if (trimRange && trimRange.start < 0) throw new Error("the in point is before the clip's start");
  if (trimRange && trimRange.end <= trimRange.start) throw new Error("the out point must come after the in point");
  return { ...clip, timing_data: untrimmed(clip.timing_data), segments_data: { ...segmentsOf(clip), trimRange } };
}

function untrimmed(timing) {
  if (timing === null || typeof timing !== "object") return null;
  const { trimRange, trim_start, trim_end, ...rest } = timing;
  return Object.keys(rest).length ? rest : null;
}

/** Sets the spans of speed, sorted and not overlapping, and the holds among them. An end of null is the end of the footage. */
function setSpans(clip, { spans }) {
  const sorted = [...spans].sort((one, other) => (one.start ?? one.at) - (other.start ?? other.at));
  const held = sorted.filter((each) => "freeze" in each);
  for (const { at, freeze } of held) {
    if (finite(at, "the time of a held picture") < 0 || !(finite(freeze, "a hold") > 0)) throw new Error("a picture must be held for more than 0 seconds");
  }
  const played = sorted.filter((each) => !("freeze" in each));
  played.forEach((each, index) => {
    if (!((each.end ?? Infinity) > each.start) || each.start < 0) throw new Error("a span must end after it starts");
    if (index && each.start < (played[index - 1].end ?? Infinity)) throw new Error("two spans overlap");
    for (const speed of typeof each.speed === "object" ? [each.speed.from, each.speed.to] : [each.speed]) {
      if (!(finite(speed, "a speed") > 0)) throw new Error("a speed must be more than 0");
    }
  });
  return { ...clip, segments_data: { ...segmentsOf(clip), spans: sorted } };
}

/** Sets whether a moving image loops, together with the out point: a loop plays on to an out point past the image's end. */
function setLoop(clip, { loop, start, end }) {
  return { ...setTrim(clip, { start, end }), loop };
}

function setTransition(clip, { transition }) {
  if (transition && transition.type !== "cut" && !(transition.duration > 0)) {
    throw new Error("a transition must take more than 0 seconds");
  }
  return { ...clip, transition_data: transition };
}

function renameClip(clip, { name }) {
  if (!name.trim()) throw new Error("a name needs a visible character");
  return { ...clip, name: name.trim().slice(0, NAME_LENGTH) };
}

function moveClip(edit, { clip_id, to }) {
  const clip = clipOf(edit, clip_id);
  const clips = edit.clips.filter((each) => each !== clip);
  clips.splice(Math.max(0, Math.min(to, clips.length)), 0, clip);
  return clips.every((each, index) => each === edit.clips[index]) ? edit : { ...edit, clips };
}

function addClip(edit, { clip, at }) {
  const clips = [...edit.clips];
  clips.splice(at ?? clips.length, 0, clip);
  return { ...edit, clips };
}

function finite(number, what) {
  if (!Number.isFinite(number)) throw new Error(`${what} must be a number`);
  return number;
}

/** Whether two JSON values are equal, in any order of names; a name that is absent equals undefined. */
export function same(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => same(one[name], other[name]));
}

/** Whether two values of a clip's field mean the same: an empty list of keyframes or spans means the same as null. */
export function alike(field, one, other) {
  return same(plainest(field, one), plainest(field, other));
}

function plainest(field, value) {
  if (field === "crop_data") return value ?? [];
  if (field === "segments_data") return value && (value.trimRange || value.spans?.length) ? value : null;
  return value ?? null;
}

/**
 * The changes that turn `stored` into `edit`: the changed fields of each clip, and the order if it differs. Clips that
 * only one of them has are left out: adding and removing a clip is saved at once.
 */
export function changes(stored, edit) {
  const before = new Map(stored.clips.map((clip) => [clip.clip_id, clip]));
  const clips = edit.clips.filter((clip) => before.has(clip.clip_id)).map((clip) => {
    const old = before.get(clip.clip_id);
    const fields = FIELDS.filter((name) => !alike(name, old[name], clip[name]));
    return { clip_id: clip.clip_id, version: old.version, fields: pick(clip, fields) };
  });
  const order = edit.clips.map((clip) => clip.clip_id);
  const moved = !same(order, stored.clips.map((clip) => clip.clip_id));
  return { clips: clips.filter((each) => Object.keys(each.fields).length), order: moved ? order : null };
}

/**
 * Fields that were changed both here and elsewhere, to different values: people decide which is kept. `stored` is the
 * edit that both began with. A field that only one side changed is no conflict.
 */
export function conflicts(stored, edit, theirs) {
  const others = new Map(theirs.clips.map((clip) => [clip.clip_id, clip]));
  const before = new Map(stored.clips.map((clip) => [clip.clip_id, clip]));
  return changes(stored, edit).clips.filter((each) => others.has(each.clip_id)).flatMap((each) => {
    const [other, old] = [others.get(each.clip_id), before.get(each.clip_id)];
    return Object.entries(each.fields)
      .filter(([field, mine]) => !alike(field, other[field], old[field]) && !alike(field, other[field], mine))
      .map(([field, mine]) => ({ clip_id: each.clip_id, name: other.name, field, mine, theirs: other[field] }));
  });
}

/** Their edit with my unsaved changes applied to it. */
export function over(theirs, kept) {
  const mine = new Map(kept.clips.map((each) => [each.clip_id, each.fields]));
  const clips = theirs.clips.map((clip) => ({ ...clip, ...mine.get(clip.clip_id) }));
  if (!kept.order) return { ...theirs, clips };
  const place = new Map(kept.order.map((id, index) => [id, index]));
  const at = (clip) => place.get(clip.clip_id) ?? kept.order.length;
  return { ...theirs, clips: clips.sort((one, other) => at(one) - at(other)) };
}

/** Whether there is something to save. */
export const anyOf = (found) => found.clips.length > 0 || found.order !== null;

/** The edit with the order and the fields of an earlier one, for undo. It keeps its versions, and its set of clips. */
export function restored(edit, past) {
  const there = new Map(edit.clips.map((clip) => [clip.clip_id, clip]));
  const known = new Set(past.clips.map((clip) => clip.clip_id));
  const back = past.clips.filter((clip) => there.has(clip.clip_id)).map((clip) => ({ ...there.get(clip.clip_id), ...pick(clip) }));
  const clips = [...back, ...edit.clips.filter((clip) => !known.has(clip.clip_id))];
  return { ...edit, clips };
}

/** No steps of undo. `past` and `future` are edits; commands of one drag have one `key` and are one step. */
export const NO_HISTORY = { past: [], future: [], key: null };
const LONGEST = 500;

/** The history after a command changed the edit `before`. */
export function recorded(history, before, key = null) {
  const joined = key !== null && key === history.key;
  const past = joined ? history.past : [...history.past, before].slice(-LONGEST);
  return { past, future: [], key };
}

/** One step back, or null when there is none. */
export function undone(history, edit) {
  if (!history.past.length) return null;
  const past = history.past.slice(0, -1);
  return { edit: restored(edit, history.past.at(-1)), history: { past, future: [edit, ...history.future], key: null } };
}

/** One step forward again, or null when there is none. */
export function redone(history, edit) {
  if (!history.future.length) return null;
  const [next, ...future] = history.future;
  return { edit: restored(edit, next), history: { past: [...history.past, edit], future, key: null } };
}

/** The selection that a problem's pointer names: a keyframe, a span, the transition, or the clip alone. */
export function pointedAt(edit, problem) {
  const index = /^\/clips\/(\d+)/.exec(problem.pointer ?? "");
  const clip = edit.clips.find((each) => each.clip_id === problem.clip_id) ?? (index ? edit.clips[Number(index[1])] : undefined);
  const found = { clip_id: clip?.clip_id ?? null, keyframe: null, span: null, transition: false };
  const [, key] = /\/crop_data\/(\d+)/.exec(problem.pointer ?? "") ?? [];
  const [, span] = /\/segments_data\/spans\/(\d+)/.exec(problem.pointer ?? "") ?? [];
  if (clip && key !== undefined) found.keyframe = keyframesOf(clip)[Number(key)]?.frame ?? null;
  if (clip && span !== undefined) found.span = Number(span);
  found.transition = /\/transition_data/.test(problem.pointer ?? "");
  return found;
}
