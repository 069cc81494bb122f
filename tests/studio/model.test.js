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

test("a pointer selects what it names", () => {
  const edit = run(start(), { do: "set-keyframe", clip_id: "b", keyframe: { frame: 30, ...box } });
  const at = (pointer, clip_id) => model.pointedAt(edit, { pointer, clip_id });
  assert.deepEqual(at("/clips/1/crop_data/1/width", "b"), { clip_id: "b", keyframe: 30, span: null, transition: false });
  assert.deepEqual(at("/clips/2/segments_data/spans/3/speed"), { clip_id: "c", keyframe: null, span: 3, transition: false });
  assert.deepEqual(at("/clips/1/transition_data/duration", "b"), { clip_id: "b", keyframe: null, span: null, transition: true });
  assert.deepEqual(at(undefined, "gone"), { clip_id: null, keyframe: null, span: null, transition: false });
});

test("clips are added, copied and removed", () => {
  const added = run(start(), { do: "add-clip", clip: model.newClip({ clip_id: "d", raw_clip_id: "r", name: "d" }), at: 1 });
  assert.deepEqual(ids(added), ["a", "d", "b", "c"]);
  assert.deepEqual(model.pick(added.clips[1], ["version", "rotation", "crop_data", "loop"]), { version: 0, rotation: 0, crop_data: null, loop: null });
  assert.throws(() => run(added, { do: "add-clip", clip: added.clips[0] }), /already/);
  const copied = run(start(), { do: "set-rotation", clip_id: "b", rotation: 9 }, { do: "duplicate-clip", clip_id: "b", as: "e" });
  assert.deepEqual(ids(copied), ["a", "b", "e", "c"]);
  assert.deepEqual(model.pick(copied.clips[2], ["name", "rotation", "raw_clip_id", "version"]), { name: "b copy", rotation: 9, raw_clip_id: "r", version: 0 });
  assert.deepEqual(ids(run(start(), { do: "remove-clip", clip_id: "b" })), ["a", "c"]);
  assert.throws(() => run(start(), { do: "remove-clip", clip_id: "gone" }), /no longer/);
});

test("the project's fields are set, and a name needs a visible character", () => {
  const edit = run(start(), { do: "set-project", project: { aspect_ratio: "1:1", name: " Q " } });
  assert.deepEqual([edit.project.id, edit.project.name, edit.project.aspect_ratio], ["p", "Q", "1:1"]);
  assert.equal(run(edit, { do: "set-project", project: { name: "Q" } }), edit);
  assert.throws(() => run(edit, { do: "set-project", project: { name: " " } }), /name/);
});

test("a project becomes what it was: its name, its order, its clips, also those that were removed since", () => {
  const was = { name: "P", aspect_ratio: "9:16", settings: undefined, clips: [stored("c"), stored("a", { rotation: 3 }), stored("z", { name: "Z" })] };
  const now = run(start(), { do: "set-project", project: { name: "Q" } });
  const edit = run(now, { do: "restore-project", was });
  assert.deepEqual([edit.project.id, edit.project.name, ids(edit)], ["p", "P", ["c", "a", "z"]]);
  assert.deepEqual(edit.clips.map((clip) => [clip.version, clip.rotation]), [[1, 0], [1, 3], [0, 0]]);
  assert.equal(edit.clips[2].raw_clip_id, "r");
  assert.equal(edit.clips[0], now.clips[2]); // what is the same is not changed
  const same = { ...was, name: "Q", clips: ["a", "b", "c"].map((id) => stored(id)) };
  assert.equal(run(now, { do: "restore-project", was: same }), now);
});

test("several commands are one, or none of them is carried out", () => {
  const turned = (clip_id, rotation) => ({ do: "set-rotation", clip_id, rotation });
  const edit = run(start(), { do: "several", commands: [turned("a", 1), turned("b", 2)] });
  assert.deepEqual(edit.clips.map((clip) => clip.rotation), [1, 2, 0]);
  assert.throws(() => run(start(), { do: "several", commands: [turned("a", 1), turned("b", NaN)] }), /number/);
});

test("a clip is turned together with its crops; a turn of 0 means the same as none", () => {
  const looks = { turn: 90, mirror: true, rotation: -2 };
  const turned = run(start(), { do: "turn-clip", clip_id: "a", ...looks, crop_data: [{ frame: 0, ...box, x: 5 }] }).clips[0];
  assert.deepEqual([turned.turn, turned.mirror, turned.rotation, turned.crop_data[0].x], [90, true, -2, 5]);
  const uncropped = { ...start(), clips: [{ ...start().clips[0], crop_data: null }] };
  assert.equal(run(uncropped, { do: "turn-clip", clip_id: "a", ...looks, crop_data: [] }).clips[0].crop_data, null);
  for (const field of ["turn", "volume"]) assert.ok(model.alike(field, null, 0) && !model.alike(field, null, 90));
  for (const field of ["mirror", "mute"]) assert.ok(model.alike(field, null, false) && !model.alike(field, null, true));
});

test("volume and mute are a clip's own", () => {
  const [a, b] = run(start(), { do: "set-volume", clip_id: "a", volume: -6 }, { do: "set-mute", clip_id: "a", mute: true }).clips;
  assert.deepEqual([a.volume, a.mute, b.mute ?? null], [-6, true, null]);
  assert.throws(() => run(start(), { do: "set-volume", clip_id: "a", volume: NaN }), /a volume must be a number/);
});
