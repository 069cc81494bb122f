import assert from "node:assert/strict";
import { test } from "node:test";
import * as made from "../../server/static/studio/edit/changes.js";
import * as model from "../../server/static/studio/edit/model.js";

const box = { x: 0, y: 0, width: 90, height: 160 };
const stored = (id, more = {}) => ({
  id, version: 1, raw_clip_id: "r", name: id, rotation: 0,
  crop_data: [{ frame: 0, ...box }], segments_data: null, timing_data: null, transition_data: null, ...more,
});
const editOf = (...clips) => model.editOf({ id: "p", name: "P", aspect_ratio: "9:16", settings: {}, clips });
const start = () => editOf(stored("a"), stored("b"), stored("c"));
const run = (edit, ...commands) => commands.reduce(model.apply, edit);
const ids = (edit) => edit.clips.map((clip) => clip.clip_id);
const turn = (clip_id, rotation) => ({ do: "set-rotation", clip_id, rotation });
const added = (clip_id) => ({ do: "add-clip", clip: model.newClip({ clip_id, raw_clip_id: "r", name: clip_id }), at: 1 });
const EVERYTHING = [turn("a", 9), { do: "remove-clip", clip_id: "b" }, added("d"), { do: "move-clip", clip_id: "c", to: 0 },
  { do: "set-project", project: { name: "Q", settings: { canvas: { fps: "25" } } } }];

test("changed fields are saved, unless they mean the same", () => {
  const before = start();
  assert.deepEqual(made.changes(before, before), made.NONE);
  assert.equal(made.anyOf(made.NONE), false);
  const emptied = run(before, { do: "set-trim", clip_id: "a", start: null, end: null });
  assert.equal(made.anyOf(made.changes(before, emptied)), false);
});

test("changes name fields, versions, new and removed clips, the order and the project", () => {
  const before = start();
  const found = made.changes(before, run(before, ...EVERYTHING));
  assert.deepEqual(found.clips, [{ clip_id: "a", version: 1, fields: { rotation: 9 } }]);
  assert.deepEqual(found.add.map((clip) => clip.clip_id), ["d"]);
  assert.deepEqual(found.remove, [{ clip_id: "b", version: 1 }]);
  assert.deepEqual(found.order, ["c", "a", "d"]);
  assert.deepEqual(found.project, { name: "Q", settings: { canvas: { fps: "25" } } });
  assert.equal(made.changes(before, run(before, { do: "remove-clip", clip_id: "b" })).order, null);
});

test("changes made to the edit that they began with give the edit that they lead to", () => {
  const before = start();
  const after = run(before, ...EVERYTHING);
  assert.deepEqual(made.over(before, made.changes(before, after)), after);
  assert.deepEqual(made.over(after, made.changes(after, before)), before);
});

test("a field is in conflict only if both sides changed it, to different values", () => {
  const before = start();
  const mine = run(before, turn("a", 90), { do: "rename-clip", clip_id: "a", name: "mine" }, turn("b", 90));
  const theirs = run(before, turn("a", 180), turn("b", 90), { do: "rename-clip", clip_id: "c", name: "theirs" });
  assert.deepEqual(made.conflicts(before, mine, theirs), [{ clip_id: "a", name: "a", field: "rotation", mine: 90, theirs: 180 }]);
  assert.deepEqual(made.conflicts(before, mine, before), []);
});

test("merging keeps my fields, my clips and my order, and their clips", () => {
  const before = start();
  const kept = made.changes(before, run(before, turn("a", 90), { do: "move-clip", clip_id: "c", to: 0 }, added("new")));
  const theirs = editOf(stored("b"), stored("a", { version: 2, name: "theirs" }), stored("d"), stored("c"));
  const merged = made.over(theirs, kept);
  assert.deepEqual(ids(merged), ["c", "new", "a", "b", "d"]);
  assert.deepEqual([merged.clips[2].rotation, merged.clips[2].name, merged.clips[2].version], [90, "theirs", 2]);
});

test("a clip that I removed and others changed stays", () => {
  const before = start();
  const kept = made.changes(before, run(before, { do: "remove-clip", clip_id: "a" }, { do: "remove-clip", clip_id: "b" }));
  const theirs = editOf(stored("a", { version: 2 }), stored("b"), stored("c"));
  assert.deepEqual(ids(made.over(theirs, made.sparing(kept, before, theirs))), ["a", "c"]);
});

test("undo takes back everything, and only what its step changed", () => {
  const first = start();
  const second = run(first, ...EVERYTHING);
  const elsewhere = { ...second, clips: second.clips.map((clip) => ({ ...clip, version: 5, name: `${clip.name} 2` })) };
  const back = made.undone(made.recorded(made.NO_HISTORY, first, second), elsewhere);
  assert.deepEqual(back.edit.clips.map((clip) => [clip.clip_id, clip.name, clip.rotation, clip.version]),
    [["a", "a 2", 0, 5], ["b", "b", 0, 1], ["c", "c 2", 0, 5]]);
  assert.deepEqual(back.edit.project, first.project);
  const again = made.redone(back.history, back.edit);
  assert.deepEqual([ids(again.edit), again.edit.project.name], [["c", "a", "d"], "Q"]);
  assert.equal(made.redone(again.history, again.edit), null);
  assert.equal(made.undone(made.NO_HISTORY, first), null);
});

test("a drag is one step, a new command clears the redo steps, and what changes nothing is no step", () => {
  const at = (rotation) => run(start(), turn("a", rotation));
  let history = made.recorded(made.NO_HISTORY, at(0), at(1), "drag");
  history = made.recorded(history, at(1), at(2), "drag");
  assert.deepEqual([history.past.length, made.undone(history, at(2)).edit.clips[0].rotation], [1, 0]);
  assert.equal(made.recorded(history, at(2), at(0), "drag").past.length, 0);
  history = made.recorded(history, at(2), at(3));
  assert.equal(history.past.length, 2);
  const back = made.undone(history, at(3));
  assert.deepEqual([back.history.future.length, made.recorded(back.history, at(2), at(4)).future.length], [1, 0]);
  assert.equal(made.recorded(made.NO_HISTORY, at(1), at(1)).past.length, 0);
});

test("the place of changes is the clip, and the keyframe, span or transition that changed", () => {
  const before = start();
  const place = (...commands) => {
    const after = run(before, ...commands);
    return made.placeOf(before, after, made.changes(before, after), "c");
  };
  const at = (selection, frame = null) => ({ selection, frame });
  const key = { frame: 30, ...box };
  assert.deepEqual(place({ do: "set-keyframe", clip_id: "b", keyframe: key }), at({ clip_id: "b", keyframe: 30, keyframes: [30] }, 30));
  assert.deepEqual(place({ do: "remove-keyframes", clip_id: "b", frames: [0] }), at({ clip_id: "b" }, 0));
  assert.deepEqual(place({ do: "remove-keyframes", clip_id: "c", frames: [0] }), at(null, 0));
  assert.deepEqual(place({ do: "set-spans", clip_id: "b", spans: [{ start: 0, end: 1, speed: 2 }] }), at({ clip_id: "b", span: 0 }));
  assert.deepEqual(place({ do: "set-transition", clip_id: "b", transition: { type: "fade", duration: 1 } }), at({ clip_id: "b", transition: true }));
  assert.deepEqual(place(added("d")), at({ clip_id: "d" }));
  assert.deepEqual(place({ do: "remove-clip", clip_id: "a" }), at({ clip_id: "b" }));
  assert.deepEqual(place({ do: "move-clip", clip_id: "a", to: 2 }), at({ clip_id: "a" }));
  assert.deepEqual(place(turn("b", 1), turn("c", 1)), at(null));
  assert.equal(place({ do: "set-project", project: { name: "Q" } }), null);
});
