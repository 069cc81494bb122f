import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { editOf } from "../../server/static/studio/edit/model.js";
import * as store from "../../server/static/studio/edit/store.js";

const box = { x: 0, y: 0, width: 90, height: 160 };
const clip = (id, more = {}) => ({
  id, version: 1, raw_clip_id: "r", name: id, rotation: 0, crop_data: [{ frame: 0, ...box }],
  segments_data: null, timing_data: null, transition_data: null, ...more,
});
const project = (clips = [clip("a"), clip("b")]) => ({ id: "p", name: "P", aspect_ratio: "9:16", settings: {}, clips });
const answered = (...clips) => editOf(project(clips));
const turn = (id, rotation, merge) => store.dispatch({ do: "set-rotation", clip_id: id, rotation, merge });
const ids = () => store.clips.value.map((each) => each.clip_id);
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
  const sent = store.edit.value;
  turn("a", 180);
  store.tookSaved(answered(clip("a", { version: 2, rotation: 90, name: "first" }), clip("b")), sent);
  assert.deepEqual(store.unsaved.value.clips, [{ clip_id: "a", version: 2, fields: { rotation: 180 } }]);
  assert.equal(store.edit.value.clips[0].version, 2);
});

test("a change that is undone during its save is unsaved again", () => {
  turn("a", 90);
  const sent = store.edit.value;
  store.undo();
  store.tookSaved(answered(clip("a", { version: 2, rotation: 90 }), clip("b")), sent);
  assert.deepEqual(store.unsaved.value.clips[0].fields, { rotation: 0 });
});

test("the server's form of a sent field replaces ours", () => {
  store.dispatch({ do: "set-spans", clip_id: "a", spans: [{ start: 0, end: 1, speed: 0.5 }] });
  const sent = store.edit.value;
  const canonical = { version: 2, trimRange: null, spans: [{ start: 0, end: 1, speed: 0.5, of: "theirs" }] };
  store.tookSaved(answered(clip("a", { version: 2, segments_data: canonical }), clip("b")), sent);
  assert.deepEqual([store.dirty.value, store.selected.value.segments_data], [false, canonical]);
});

test("changes from elsewhere are taken in where I changed nothing", () => {
  turn("a", 90);
  store.tookAll(editOf(project([clip("b", { version: 4, name: "theirs" }), clip("a", { version: 3, name: "too" }), clip("c")])));
  assert.deepEqual(store.clips.value.map((each) => [each.clip_id, each.name, each.rotation]), [["b", "theirs", 0], ["a", "too", 90], ["c", "c", 0]]);
  assert.deepEqual(store.unsaved.value.clips, [{ clip_id: "a", version: 3, fields: { rotation: 90 } }]);
});

test("changes that were given up can be restored by undo, and nothing before them", () => {
  turn("b", 3);
  turn("a", 90);
  store.giveUp([{ clip_id: "a", field: "rotation", theirs: 180 }]);
  assert.equal(rotation("a"), 180);
  store.undo();
  assert.deepEqual([rotation("a"), rotation("b"), store.canUndo.value], [90, 3, false]);
});

test("a restored version is saved, and is a step of undo", () => {
  store.tookBack(clip("a", { version: 7, rotation: 45 }));
  assert.deepEqual([rotation("a"), store.dirty.value, store.selected.value.version], [45, false, 7]);
  store.undo();
  assert.deepEqual([rotation("a"), store.dirty.value, store.selected.value.version], [0, true, 7]);
});

test("one history: a crop, then a removal, taken back one after the other, each at its place", () => {
  store.dispatch({ do: "set-keyframe", clip_id: "a", keyframe: { frame: 30, ...box } });
  store.select({ clip_id: "b" });
  store.dispatch({ do: "remove-clip", clip_id: "b" });
  assert.deepEqual([ids(), store.selected.value.clip_id, store.unsaved.value.remove], [["a"], "a", [{ clip_id: "b", version: 1 }]]);
  assert.deepEqual(store.justRemoved.value.map((each) => each.name), ["b"]);
  store.undo();
  assert.deepEqual([ids(), store.selected.value.clip_id, store.justRemoved.value], [["a", "b"], "b", []]);
  store.undo();
  assert.deepEqual([store.selected.value.clip_id, store.selected.value.crop_data.length, store.dirty.value], ["a", 1, false]);
  assert.deepEqual([store.revealed.value.problem, store.revealed.value.frame], [null, 30]);
  store.redo();
  assert.deepEqual([store.selection.value.clip_id, store.selection.value.keyframe], ["a", 30]);
});

test("a removal that was saved is taken back as a new clip of the same id, which is then saved", () => {
  store.dispatch({ do: "remove-clip", clip_id: "a" });
  store.tookSaved(answered(clip("b")), store.edit.value);
  assert.equal(store.dirty.value, false);
  store.undo();
  assert.deepEqual(store.unsaved.value.add.map((each) => each.clip_id), ["a"]);
  assert.deepEqual(store.unsaved.value.order, ["a", "b"]);
  store.tookSaved(answered(clip("a", { version: 2 }), clip("b")), store.edit.value);
  assert.deepEqual([store.dirty.value, store.clips.value[0].version], [false, 2]);
  store.redo();
  assert.deepEqual(store.unsaved.value.remove, [{ clip_id: "a", version: 2 }]);
});

test("several clips are changed in one step, and so is the project", () => {
  store.dispatch({ do: "several", commands: [{ do: "set-project", project: { aspect_ratio: "1:1" } },
    { do: "set-rotation", clip_id: "a", rotation: 1 }, { do: "set-rotation", clip_id: "b", rotation: 2 }] });
  assert.deepEqual([store.unsaved.value.clips.length, store.unsaved.value.project], [2, { aspect_ratio: "1:1" }]);
  store.undo();
  assert.deepEqual([rotation("a"), rotation("b"), store.edit.value.project.aspect_ratio, store.canUndo.value], [0, 0, "9:16", false]);
});

test("a drag goes on as another step after changes from elsewhere, and undo leaves those alone", () => {
  turn("a", 1, "drag");
  store.tookAll(answered(clip("a"), clip("b", { version: 2, rotation: 7 })));
  turn("a", 2, "drag");
  store.undo();
  store.undo();
  assert.deepEqual([rotation("a"), rotation("b"), store.dirty.value], [0, 7, false]);
});

test("a clip that did not change is the same object after a save", () => {
  const [, other] = store.clips.value;
  turn("a", 1);
  store.tookSaved(answered(clip("a", { version: 2, rotation: 1 }), clip("b")), store.edit.value);
  assert.equal(store.clips.value[1], other);
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
  const { count } = store.revealed.value;
  store.reveal({ clip_id: "b", pointer: "/clips/1/crop_data/0/x", message: "" });
  assert.deepEqual(store.selection.value, { clip_id: "b", keyframe: 0, keyframes: [0], span: null, transition: false });
  assert.equal(store.revealed.value.count, count + 1);
});

test("the project's id is that of the edit, and stays when the edit is taken in anew", () => {
  assert.equal(store.projectId.value, "p");
  store.tookAll(editOf(project([clip("b")])));
  assert.equal(store.projectId.value, "p");
});

test("the history lasts a reload if the server's state is the one that it ends in", () => {
  assert.equal(store.keptHistory.value.past.length, 0);
  turn("a", 1);
  assert.equal(store.keptHistory.value, null);
  const saved = [clip("a", { version: 2, rotation: 1 }), clip("b")];
  store.tookSaved(answered(...saved), store.edit.value);
  const kept = JSON.parse(JSON.stringify(store.keptHistory.value));
  store.load(project(saved), kept);
  assert.deepEqual([store.undo(), rotation("a"), store.redo(), rotation("a")], [true, 0, true, 1]);
  for (const changed of [[clip("a", { version: 3 }), clip("b")], [clip("b"), saved[0]], [saved[0]]]) {
    store.load(project(changed), kept);
    assert.equal(store.canUndo.value, false);
  }
  store.load({ ...project(saved), name: "Q" }, kept);
  assert.equal(store.canUndo.value, false);
});
