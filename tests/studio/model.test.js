import assert from "node:assert/strict";
import { test } from "node:test";
import * as model from "../../server/static/studio/edit/model.js";

const box = { x: 0, y: 0, width: 90, height: 160 };
const stored = (id, more = {}) => ({
  id, version: 1, raw_clip_id: "r", name: id, rotation: 0,
  crop_data: [{ frame: 0, ...box }], segments_data: null, timing_data: null, transition_data: null, ...more,
});
const start = () => model.editOf({ id: "p", name: "P", aspect_ratio: "9:16", clips: [stored("a"), stored("b"), stored("c")] });
const run = (edit, ...commands) => commands.reduce(model.apply, edit);
const ids = (edit) => edit.clips.map((clip) => clip.clip_id);
const frames = (edit, id = "a") => model.keyframesOf(model.clipOf(edit, id)).map((each) => each.frame);

test("a keyframe is set in its place, and one of the same frame is replaced", () => {
  const edit = run(start(),
    { do: "set-keyframe", clip_id: "a", keyframe: { frame: 90, ...box } },
    { do: "set-keyframe", clip_id: "a", keyframe: { frame: 30, ...box } },
    { do: "set-keyframe", clip_id: "a", keyframe: { frame: 90, ...box, x: 7 } });
  assert.deepEqual(frames(edit), [0, 30, 90]);
  assert.equal(edit.clips[0].crop_data[2].x, 7);
  assert.deepEqual(frames(edit, "b"), [0]);
});

const keyed = (...all) => run(start(), { do: "set-keyframes", clip_id: "a", keyframes: all.map((frame) => ({ frame, ...box, x: frame })) });

test("several keyframes are set at once, and replace those at the same frames", () => {
  const edit = run(keyed(30, 60), { do: "set-keyframes", clip_id: "a", keyframes: [{ frame: 60, ...box, x: 1 }, { frame: 45, ...box, x: 2 }] });
  assert.deepEqual(edit.clips[0].crop_data.map(({ frame, x }) => [frame, x]), [[0, 0], [30, 30], [45, 2], [60, 1]]);
});

test("keyframes move together, as far apart as they were, to free frames only", () => {
  const edit = keyed(30, 40, 90);
  const move = (by, ...all) => ({ do: "move-keyframes", clip_id: "a", frames: all, by });
  const moved = run(edit, move(15, 30, 40));
  assert.deepEqual(moved.clips[0].crop_data.map(({ frame, x }) => [frame, x]), [[0, 0], [45, 30], [55, 40], [90, 90]]);
  assert.deepEqual(frames(run(edit, move(10, 30, 40))), [0, 40, 50, 90]);
  assert.throws(() => run(edit, move(50, 30, 40)), /keyframe at frame 90 already/);
  assert.throws(() => run(edit, move(-31, 30, 40)), /from 0/);
  assert.throws(() => run(edit, move(1, 31)), /no keyframe at frame 31/);
  assert.equal(run(edit, move(0, 30)), edit);
});

test("keyframes are removed together", () => {
  assert.deepEqual(frames(run(keyed(30, 40, 90), { do: "remove-keyframes", clip_id: "a", frames: [0, 40] })), [30, 90]);
});

test("the framing of several clips is set as one command", () => {
  const edit = run(start(), { do: "set-crops", crops: [{ clip_id: "a", crop_data: [{ frame: 0, ...box, x: 1 }] }, { clip_id: "c", crop_data: [{ frame: 0, ...box, x: 3 }] }] });
  assert.deepEqual(edit.clips.map((clip) => clip.crop_data[0].x), [1, 0, 3]);
  assert.throws(() => run(start(), { do: "set-crops", crops: [{ clip_id: "gone", crop_data: [] }] }), /no longer/);
});

test("an impossible command is refused with a reason", () => {
  const refused = (command, why) => assert.throws(() => run(start(), { clip_id: "a", ...command }), why);
  refused({ do: "set-keyframe", keyframe: { frame: 1.5, ...box } }, /whole frame/);
  refused({ do: "set-keyframe", keyframe: { frame: 1, ...box, width: 0 } }, /width/);
  refused({ do: "set-keyframe", keyframe: { frame: 1, ...box, x: NaN } }, /number/);
  refused({ do: "remove-keyframes", frames: [0, 8] }, /no keyframe/);
  refused({ do: "set-trim", start: 3, end: 2 }, /out point/);
  refused({ do: "set-trim", start: -1, end: 2 }, /before/);
  refused({ do: "set-spans", spans: [{ start: 0, end: 2, speed: 1 }, { start: 1, end: 3, speed: 1 }] }, /overlap/);
  refused({ do: "set-spans", spans: [{ start: 0, end: 2, speed: { from: 1, to: 0 } }] }, /more than 0/);
  refused({ do: "set-transition", transition: { type: "fade" } }, /seconds/);
  refused({ do: "rename-clip", name: "  " }, /name/);
  refused({ do: "fly" }, /no command/);
  refused({ do: "set-rotation", clip_id: "gone", rotation: 90 }, /no longer/);
});

test("a trim is kept in the segments, and an old form of it is removed", () => {
  const old = model.editOf({ id: "p", clips: [stored("a", { timing_data: { trimRange: [1, 2], playbackRate: 2 } })] });
  const edit = run(old, { do: "set-trim", clip_id: "a", start: 0.5, end: 3 });
  assert.deepEqual(edit.clips[0].segments_data, { version: 2, trimRange: { start: 0.5, end: 3 }, spans: [] });
  assert.deepEqual(edit.clips[0].timing_data, { playbackRate: 2 });
  assert.equal(run(edit, { do: "set-trim", clip_id: "a", start: null, end: null }).clips[0].segments_data.trimRange, null);
});

test("clips move, and one that stays where it is changes nothing", () => {
  assert.deepEqual(ids(run(start(), { do: "move-clip", clip_id: "c", to: 0 })), ["c", "a", "b"]);
  assert.deepEqual(ids(run(start(), { do: "move-clip", clip_id: "a", to: 99 })), ["b", "c", "a"]);
  const edit = start();
  assert.equal(run(edit, { do: "move-clip", clip_id: "b", to: 1 }), edit);
});

test("changed fields are saved, unless they mean the same", () => {
  const before = start();
  assert.equal(model.anyOf(model.changes(before, before)), false);
  const emptied = run(before, { do: "set-trim", clip_id: "a", start: null, end: null });
  assert.equal(model.anyOf(model.changes(before, emptied)), false);
  const edit = run(before,
    { do: "set-rotation", clip_id: "b", rotation: 90 }, { do: "move-clip", clip_id: "c", to: 0 });
  assert.deepEqual(model.changes(before, edit),
    { clips: [{ clip_id: "b", version: 1, fields: { rotation: 90 } }], order: ["c", "a", "b"] });
});

test("undo restores fields and order; versions and clips stay", () => {
  const first = start();
  const second = run(first, { do: "set-rotation", clip_id: "a", rotation: 90 }, { do: "move-clip", clip_id: "c", to: 0 });
  const now = { ...second, clips: second.clips.filter((clip) => clip.clip_id !== "b").map((clip) => ({ ...clip, version: 5 })) };
  const back = model.undone(model.recorded(model.NO_HISTORY, first), now);
  assert.deepEqual(ids(back.edit), ["a", "c"]);
  assert.deepEqual(back.edit.clips.map((clip) => [clip.rotation, clip.version]), [[0, 5], [0, 5]]);
  assert.deepEqual(ids(model.redone(back.history, back.edit).edit), ["c", "a"]);
});

test("a drag is one step, and a new command clears the redo steps", () => {
  let history = model.recorded(model.NO_HISTORY, "0", "drag");
  history = model.recorded(history, "1", "drag");
  history = model.recorded(history, "2");
  assert.deepEqual(history.past, ["0", "2"]);
  assert.deepEqual(model.recorded({ ...history, future: ["x"] }, "3").future, []);
  assert.equal(model.undone(model.NO_HISTORY, "0"), null);
});

test("a pointer selects what it names", () => {
  const edit = run(start(), { do: "set-keyframe", clip_id: "b", keyframe: { frame: 30, ...box } });
  const at = (pointer, clip_id) => model.pointedAt(edit, { pointer, clip_id });
  assert.deepEqual(at("/clips/1/crop_data/1/width", "b"), { clip_id: "b", keyframe: 30, span: null, transition: false });
  assert.deepEqual(at("/clips/2/segments_data/spans/3/speed"), { clip_id: "c", keyframe: null, span: 3, transition: false });
  assert.deepEqual(at("/clips/1/transition_data/duration", "b"), { clip_id: "b", keyframe: null, span: null, transition: true });
  assert.deepEqual(at(undefined, "gone"), { clip_id: null, keyframe: null, span: null, transition: false });
});

test("a field is in conflict only if both sides changed it, to different values", () => {
  const before = start();
  const mine = run(before, { do: "set-rotation", clip_id: "a", rotation: 90 }, { do: "rename-clip", clip_id: "a", name: "mine" },
    { do: "set-rotation", clip_id: "b", rotation: 90 });
  const theirs = run(before, { do: "set-rotation", clip_id: "a", rotation: 180 }, { do: "set-rotation", clip_id: "b", rotation: 90 },
    { do: "rename-clip", clip_id: "c", name: "theirs" });
  assert.deepEqual(model.conflicts(before, mine, theirs), [{ clip_id: "a", name: "a", field: "rotation", mine: 90, theirs: 180 }]);
  assert.deepEqual(model.conflicts(before, mine, before), []);
});

test("merging keeps my fields and my order, and their clips", () => {
  const before = start();
  const kept = model.changes(before, run(before, { do: "set-rotation", clip_id: "a", rotation: 90 }, { do: "move-clip", clip_id: "c", to: 0 }));
  const theirs = model.editOf({ id: "p", clips: [stored("b"), stored("a", { version: 2, name: "theirs" }), stored("d"), stored("c")] });
  const merged = model.over(theirs, kept);
  assert.deepEqual(ids(merged), ["c", "a", "b", "d"]);
  assert.deepEqual([merged.clips[1].rotation, merged.clips[1].name, merged.clips[1].version], [90, "theirs", 2]);
});
