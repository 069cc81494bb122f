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
import { framed, shifted, without, withSet } from "./keyframes.js";
import { reshaped } from "./refit.js";
import { FIELD_NAMES } from "../parts/words.js";

/** The fields of a clip that are edited here, saved, and given back by undo. */
export const FIELDS = Object.keys(FIELD_NAMES);
/** The fields of a project that are edited here, saved, and given back by undo. */
export const PROJECT_FIELDS = ["name", "aspect_ratio", "settings"];
/** The fields that a film depends on: those that a draft is asked with. */
export const FILM_FIELDS = FIELDS.filter((name) => name !== "name");

/** Some fields of a clip: those that are edited, unless others are named. */
export const pick = (clip, names = FIELDS) => Object.fromEntries(names.map((name) => [name, clip[name]]));

const COMMANDS = {
  "set-keyframe": keyed((keys, { keyframe }) => withSet(keys, [keyframe])),
  "set-keyframes": keyed((keys, { keyframes }) => withSet(keys, keyframes)),
  "remove-keyframes": keyed((keys, { frames }) => without(keys, frames)),
  "move-keyframes": keyed((keys, { frames, by }) => shifted(keys, frames, by)),
  "set-crop": (clip, { crop_data }) => ({ ...clip, crop_data: framed(crop_data) }),
  "set-trim": setTrim,
  "set-spans": setSpans,
  "set-transition": setTransition,
  "set-loop": setLoop,
  "set-damage": (clip, { damage }) => ({ ...clip, damage }),
  "set-rotation": (clip, { rotation }) => ({ ...clip, rotation: finite(rotation, "a rotation") }),
  "turn-clip": turnClip,
  "set-volume": (clip, { volume }) => ({ ...clip, volume: finite(volume, "a volume") }),
  "set-mute": (clip, { mute }) => ({ ...clip, mute }),
  "rename-clip": renameClip,
};

const OF_THE_EDIT = {
  "move-clip": moveClip,
  "add-clip": addClip,
  "duplicate-clip": duplicateClip,
  "remove-clip": (edit, { clip_id }) => ({ ...edit, clips: edit.clips.filter((each) => each !== clipOf(edit, clip_id)) }),
  "set-crops": setCrops,
  "set-project": setProject,
  "restore-project": restoreProject,
  reshape: reshaped,
  several: (edit, { commands }) => commands.reduce(apply, edit),
};

/** The edit with a command carried out; the same object when it changes nothing. Throws the reason, for people, if it is refused. */
export function apply(edit, command) {
  const { do: what } = command;
  if (Object.hasOwn(OF_THE_EDIT, what)) return OF_THE_EDIT[what](edit, command);
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

/** A clip that is not saved yet, with these members; its fields are otherwise untouched. */
export const newClip = (members) => ({ version: 0, ...Object.fromEntries(FIELDS.map((name) => [name, null])), rotation: 0, ...members });

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

/** A command of keyframes: `change` turns a clip's list and the command into the new list. */
function keyed(change) {
  return (clip, command) => {
    const before = keyframesOf(clip);
    const after = change(before, command);
    return after === before ? clip : { ...clip, crop_data: after };
  };
}

/** The keyframes of several clips, as one step. */
function setCrops(edit, { crops }) {
  return crops.reduce((made, { clip_id, crop_data }) => changed(made, clip_id, (clip) => ({ ...clip, crop_data: framed(crop_data) })), edit);
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

/** Sets how the picture is turned, together with the crops that follow it. */
function turnClip(clip, { turn, mirror, rotation, crop_data }) {
  return { ...clip, turn, mirror, rotation, crop_data: crop_data.length ? framed(crop_data) : clip.crop_data };
}

function setTransition(clip, { transition }) {
  if (transition && transition.type !== "cut" && !(transition.duration > 0)) {
    throw new Error("a transition must take more than 0 seconds");
  }
  return { ...clip, transition_data: transition };
}

function renameClip(clip, { name }) {
  return { ...clip, name: visible(name) };
}

function visible(name) {
  if (!name.trim()) throw new Error("a name needs a visible character");
  return name.trim().slice(0, NAME_LENGTH);
}

/** Sets some fields of the project, `{name?, aspect_ratio?, settings?}`. */
function setProject(edit, { project }) {
  const named = project.name === undefined ? project : { ...project, name: visible(project.name) };
  const after = { ...edit.project, ...named };
  return same(after, edit.project) ? edit : { ...edit, project: after };
}

/** Makes the edit what a stored state of the project `was`, in the API's form. Clips that were removed since come back as new ones. */
function restoreProject(edit, { was }) {
  const now = new Map(edit.clips.map((clip) => [clip.clip_id, clip]));
  const clips = was.clips.map(fromStored).map((clip) => (now.has(clip.clip_id) ? restored(now.get(clip.clip_id), clip) : newClip({ ...pick(clip), clip_id: clip.clip_id, raw_clip_id: clip.raw_clip_id })));
  const { project } = setProject(edit, { project: pick(was, PROJECT_FIELDS) });
  const unmoved = clips.length === edit.clips.length && clips.every((clip, index) => clip === edit.clips[index]);
  return unmoved && project === edit.project ? edit : { project, clips: unmoved ? edit.clips : clips };
}

/** A clip with the fields that it had. */
function restored(clip, had) {
  return FIELDS.every((field) => alike(field, clip[field], had[field])) ? clip : { ...clip, ...pick(had) };
}

function moveClip(edit, { clip_id, to }) {
  const clip = clipOf(edit, clip_id);
  const clips = edit.clips.filter((each) => each !== clip);
  clips.splice(Math.max(0, Math.min(to, clips.length)), 0, clip);
  return clips.every((each, index) => each === edit.clips[index]) ? edit : { ...edit, clips };
}

/** Adds a clip, made by `newClip`, at an index or at the end. */
function addClip(edit, { clip, at }) {
  if (edit.clips.some((each) => each.clip_id === clip.clip_id)) throw new Error("this clip is in the project already");
  const clips = [...edit.clips];
  clips.splice(at ?? clips.length, 0, clip);
  return { ...edit, clips };
}

/** Adds a copy of a clip after it; the caller chooses its id. */
function duplicateClip(edit, { clip_id, as }) {
  const clip = clipOf(edit, clip_id);
  const copy = newClip({ ...pick(clip), clip_id: as, raw_clip_id: clip.raw_clip_id, name: `${clip.name} copy`.slice(-NAME_LENGTH) });
  return addClip(edit, { clip: copy, at: edit.clips.indexOf(clip) + 1 });
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
  if (["turn", "mirror", "volume", "mute"].includes(field)) return value || null;
  return value ?? null;
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
