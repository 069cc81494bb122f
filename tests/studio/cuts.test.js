import assert from "node:assert/strict";
import { test } from "node:test";
import { joining, splitting } from "../../server/static/studio/edit/cuts.js";
import { apply, newClip } from "../../server/static/studio/edit/model.js";

const KEYS = [{ frame: 0, x: 0, y: 0, width: 90, height: 160 }, { frame: 120, x: 300, y: 0, width: 90, height: 160 }];
const SPANS = [{ start: 1, end: 3, speed: { from: 1, to: 2, ease: "smooth" } }, { at: 1.5, freeze: 1 }, { at: 2, freeze: 0.5 }, { at: 2.5, freeze: 2 }];
const clip = (id, fields) => newClip({ clip_id: id, raw_clip_id: "r", name: id, crop_data: KEYS, ...fields });
const whole = clip("a", { segments_data: { version: 2, trimRange: { start: 0.5, end: 3.5 }, spans: SPANS }, volume: -6, transition_data: { type: "fade", duration: 1 } });
const EDIT = { project: {}, clips: [whole, clip("z", { transition_data: { type: "dissolve", duration: 1 } })] };

const split = (edit, at, ends = [0.5, 3.5]) => apply(edit, { do: "several", commands: splitting(edit.clips[0], 0, at, ends, "b") });
const join = (edit, lasts = 10) => apply(edit, { do: "several", commands: joining(edit.clips[0], edit.clips[1], lasts) });

test("both halves keep keyframes, speeds and looks where they are in source time, and the second enters by a cut", () => {
  const [a, b, z] = split(EDIT, 2).clips;
  assert.deepEqual([a.clip_id, b.clip_id, z.clip_id], ["a", "b", "z"]);
  assert.deepEqual([a.segments_data.trimRange, b.segments_data.trimRange], [{ start: 0.5, end: 2 }, { start: 2, end: 3.5 }]);
  for (const half of [a, b]) {
    assert.deepEqual([half.crop_data, half.volume, half.raw_clip_id, half.name], [KEYS, -6, "r", "a"]);
    assert.deepEqual(half.segments_data.spans[0], SPANS[0]);
  }
  assert.deepEqual([a.transition_data, b.transition_data.type, z.transition_data.type], [whole.transition_data, "cut", "dissolve"]);
  assert.equal(b.version, 0);
});

test("a freeze is in one half; one at the cut is in the second", () => {
  const frozen = (each) => each.segments_data.spans.filter((span) => "freeze" in span).map((span) => span.at);
  assert.deepEqual(split(EDIT, 2).clips.slice(0, 2).map(frozen), [[1.5], [2, 2.5]]);
});

test("halves that are joined are the clip", () => {
  assert.deepEqual(join(split(EDIT, 2)).clips[0], { ...whole, segments_data: { ...whole.segments_data, spans: [...SPANS].sort((x, y) => (x.at ?? x.start) - (y.at ?? y.start)) } });
  const untrimmed = { project: {}, clips: [clip("a", { transition_data: null })] };
  const joined = join(split(untrimmed, 4, [0, 10]));
  assert.equal(joined.clips.length, 1);
  assert.equal(joined.clips[0].segments_data.trimRange, null, "the whole footage again");
});

test("a clip is not split at its ends", () => {
  for (const at of [0.5, 0.2, 3.5, 9]) assert.throws(() => split(EDIT, at), /between its in and its out point/);
});

test("clips that were not one are not joined, and the reason is given", () => {
  const halves = split(EDIT, 2);
  const changed = (fields) => ({ ...halves, clips: halves.clips.map((each) => (each.clip_id === "b" ? { ...each, ...fields } : each)) });
  const segments = halves.clips[1].segments_data;
  assert.throws(() => joining(whole, undefined, 10), /no clip after/);
  assert.throws(() => join(EDIT), /plays on/);
  assert.throws(() => join(changed({ raw_clip_id: "other" })), /plays on/);
  assert.throws(() => join(changed({ segments_data: { ...segments, trimRange: { start: 2.1, end: 3.5 } } })), /plays on/);
  assert.throws(() => join(changed({ transition_data: null })), /transition between/);
  assert.throws(() => join(changed({ volume: 0 })), /“Volume”/);
  assert.throws(() => join(changed({ crop_data: KEYS.slice(1) })), /“Crop”/);
  assert.throws(() => join(changed({ segments_data: { ...segments, spans: [] } })), /“Speed”/);
});
