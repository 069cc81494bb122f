import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { editOf } from "../../server/static/studio/edit/model.js";
import * as store from "../../server/static/studio/edit/store.js";

const box = { x: 0, y: 0, width: 90, height: 160 };
const clip = (id, more = {}) => ({
  id, version: 1, raw_clip_id: "r", name: id, rotation: 0, crop_data: [{ frame: 0, ...box }],
  segments_data: null, timing_data: null, transition_data: null, ...more,
});
const project = (clips = [clip("a"), clip("b")]) => ({ id: "p", name: "P", aspect_ratio: "9:16", clips });
const turn = (id, rotation, merge) => store.dispatch({ do: "set-rotation", clip_id: id, rotation, merge });
const rotation = (id) => store.clips.value.find((each) => each.clip_id === id).rotation;

beforeEach(() => store.load(project()));

test("the first clip is selected, and nothing is unsaved", () => {
  assert.equal(store.selected.value.clip_id, "a");
  assert.equal(store.dirty.value, false);
  assert.equal(store.canUndo.value, false);
});

test("a command is undone and redone", () => {
  assert.ok(turn("a", 90));
  assert.deepEqual([store.dirty.value, store.canUndo.value], [true, true]);
  store.undo();
  assert.deepEqual([rotation("a"), store.dirty.value, store.canRedo.value], [0, false, true]);
  store.redo();
  assert.equal(rotation("a"), 90);
});

test("a refused command changes nothing and says why", () => {
  assert.equal(store.dispatch({ do: "rename-clip", clip_id: "a", name: "" }), false);
  assert.match(store.error.value, /name/);
  assert.equal(store.dirty.value, false);
});

test("a drag is one step, the next drag another", () => {
  for (const angle of [1, 2, 3]) turn("a", angle, "drag");
  store.endMerge();
  for (const angle of [4, 5]) turn("a", angle, "drag");
  store.undo();
  assert.equal(rotation("a"), 3);
  store.undo();
  assert.equal(rotation("a"), 0);
});

test("a save is stored, and later changes stay unsaved", () => {
  turn("a", 90);
  store.dispatch({ do: "rename-clip", clip_id: "a", name: "first" });
  const sent = { rotation: 90, name: "first" };
  turn("a", 180);
  store.took(clip("a", { version: 2, ...sent }), sent);
  assert.deepEqual(store.unsaved.value.clips, [{ clip_id: "a", version: 2, fields: { rotation: 180 } }]);
  assert.equal(store.edit.value.clips[0].version, 2);
});

test("a change that is undone during its save is unsaved again", () => {
  turn("a", 90);
  store.undo();
  store.took(clip("a", { version: 2, rotation: 90 }), { rotation: 90 });
  assert.deepEqual(store.unsaved.value.clips[0].fields, { rotation: 0 });
});

test("the server's form of a sent field replaces ours", () => {
  store.dispatch({ do: "set-spans", clip_id: "a", spans: [{ start: 0, end: 1, speed: 0.5 }] });
  const sent = { segments_data: store.selected.value.segments_data };
  const canonical = { version: 2, trimRange: null, spans: [{ start: 0, end: 1, speed: 0.5, of: "theirs" }] };
  store.took(clip("a", { version: 2, segments_data: canonical }), sent);
  assert.equal(store.dirty.value, false);
});

test("changes from elsewhere are taken in where I changed nothing", () => {
  turn("a", 90);
  store.tookAll(editOf(project([clip("b", { version: 4, name: "theirs" }), clip("a", { version: 3, name: "too" }), clip("c")])));
  assert.deepEqual(store.clips.value.map((each) => [each.clip_id, each.name, each.rotation]), [["b", "theirs", 0], ["a", "too", 90], ["c", "c", 0]]);
  assert.deepEqual(store.unsaved.value.clips, [{ clip_id: "a", version: 3, fields: { rotation: 90 } }]);
});

test("changes that were given up can be restored by undo", () => {
  turn("a", 90);
  store.giveUp([{ clip_id: "a", field: "rotation", theirs: 180 }]);
  assert.equal(rotation("a"), 180);
  store.undo();
  assert.equal(rotation("a"), 90);
});

test("a restored version is saved, and is a step of undo", () => {
  store.tookBack(clip("a", { version: 7, rotation: 45 }));
  assert.deepEqual([rotation("a"), store.dirty.value, store.selected.value.version], [45, false, 7]);
  store.undo();
  assert.deepEqual([rotation("a"), store.dirty.value, store.selected.value.version], [0, true, 7]);
});

test("adding or removing a clip is not a step of undo", () => {
  store.dispatch({ do: "remove-clip", clip_id: "a" });
  assert.deepEqual([store.dirty.value, store.canUndo.value, store.selected.value.clip_id], [false, false, "b"]);
});

test("keyframes that exist are selected, and one of them is in the fields", () => {
  store.dispatch({ do: "set-keyframes", clip_id: "a", keyframes: [{ frame: 30, ...box }, { frame: 60, ...box }] });
  const chosen = () => [store.selection.value.keyframe, store.selection.value.keyframes];
  store.select({ clip_id: "a", keyframe: 30, keyframes: [60, 30, 31] });
  assert.deepEqual(chosen(), [30, [30, 60]]);
  store.select({ keyframe: 31, keyframes: [0, 30] });
  assert.deepEqual(chosen(), [30, [0, 30]]);
  store.undo();
  assert.deepEqual(chosen(), [0, [0]]);
  store.select({ span: 0 });
  assert.deepEqual(chosen(), [null, []]);
});

test("revealing a problem selects its place", () => {
  store.reveal({ clip_id: "b", pointer: "/clips/1/crop_data/0/x", message: "" });
  assert.deepEqual(store.selection.value, { clip_id: "b", keyframe: 0, keyframes: [0], span: null, transition: false });
  assert.equal(store.revealed.value.count, 1);
});

test("the project's id is that of the edit, and stays when the edit is taken in anew", () => {
  assert.equal(store.projectId.value, "p");
  store.tookAll(editOf(project([clip("b")])));
  assert.equal(store.projectId.value, "p");
});
