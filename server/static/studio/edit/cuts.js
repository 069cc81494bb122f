/**
 * Splitting a clip at a source time, and joining two that play on from each other: as commands for one step of undo.
 * Trims, speeds, freezes and keyframes are in source time, so both halves keep them where they are.
 *
 * @typedef {import("./model.js").Clip} Clip
 */

import { FIELD_NAMES } from "../parts/words.js";
import { alike, FILM_FIELDS, newClip, pick, same, segmentsOf } from "./model.js";
import { holds } from "./spans.js";

/** Seconds by which two times may differ and be the same frame: stored times have six decimals. */
const SAME = 1e-5;

/** The fields in which the halves of a clip differ. */
const OWN = ["segments_data", "transition_data"];

/**
 * The commands that split a clip. The second half enters by a cut. A freeze at the cut belongs to the second half.
 * @param {Clip} clip @param {number} place of the clip among the clips @param {number} at source seconds
 * @param {[number, number]} inOut of the clip @param {string} as the id of the second half
 */
export function splitting(clip, place, at, [start, end], as) {
  if (at <= start + SAME || at >= end - SAME) throw new Error("a clip is split between its in and its out point: move the playhead there");
  const { spans } = segmentsOf(clip);
  const half = newClip({ ...pick(clip), clip_id: as, raw_clip_id: clip.raw_clip_id, transition_data: { type: "cut" } });
  return [
    { do: "add-clip", clip: half, at: place + 1 },
    { do: "set-trim", clip_id: clip.clip_id, start, end: at },
    { do: "set-spans", clip_id: clip.clip_id, spans: spans.filter((each) => !holds(each) || each.at < at) },
    { do: "set-trim", clip_id: as, start: at, end },
    { do: "set-spans", clip_id: as, spans: spans.filter((each) => !holds(each) || each.at >= at) },
  ];
}

/**
 * The commands that join a clip and the one after it; the clip keeps its name and the transition into it. Throws the
 * reason why they cannot be one clip. @param {Clip} clip @param {Clip | undefined} next @param {number} lasts seconds of the footage
 */
export function joining(clip, next, lasts) {
  if (!next) throw new Error("there is no clip after this one to join it with");
  const [before, after] = [clip.segments_data?.trimRange, next.segments_data?.trimRange];
  if (clip.raw_clip_id !== next.raw_clip_id || !before || !after || Math.abs(before.end - after.start) > SAME) {
    throw new Error("only a clip that plays on where this one ends can be joined with it");
  }
  if (next.transition_data?.type !== "cut") throw new Error("there is a transition between the clips: make it a cut, then join them");
  const differs = FILM_FIELDS.find((name) => !OWN.includes(name) && !alike(name, clip[name], next[name]));
  const [one, other] = [clip, next].map((each) => segmentsOf(each).spans);
  if (differs || !same(played(one), played(other))) {
    throw new Error(`the clips differ in “${differs ? FIELD_NAMES[differs] : "Speed"}”: make it the same in both, then join them`);
  }
  const whole = before.start <= SAME && after.end >= lasts - SAME;
  const trim = whole ? { start: null, end: null } : { start: before.start, end: after.end };
  const cut = after.start;
  const frozen = [...one.filter((each) => holds(each) && each.at < cut), ...other.filter((each) => holds(each) && each.at >= cut)];
  return [
    { do: "set-trim", clip_id: clip.clip_id, ...trim },
    { do: "set-spans", clip_id: clip.clip_id, spans: [...played(one), ...frozen] },
    { do: "remove-clip", clip_id: next.clip_id },
  ];
}

const played = (spans) => spans.filter((each) => !holds(each));
