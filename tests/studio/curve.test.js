import assert from "node:assert/strict";
import { test } from "node:test";
import * as curve from "../../server/static/studio/edit/curve.js";

// 30 frames at 1x from 2 s, 15 frames held at 3 s, 60 frames at half speed, at 30 frames a second.
const SOURCE = [
  { frame: 0, frames: 30, poly: [2, 1 / 30] },
  { frame: 30, frames: 15, poly: [3] },
  { frame: 45, frames: 60, poly: [3, 1 / 60] },
];

test("a polynomial and its slope, lowest power first", () => {
  assert.equal(curve.evaluate([1, 2, 3], 2), 17);
  assert.equal(curve.slope([1, 2, 3], 2), 14);
  assert.equal(curve.slope([5], 2), 0);
});

test("source time advances in each piece, and stands still where a picture is held", () => {
  assert.equal(curve.sourceAt(SOURCE, 15), 2.5);
  assert.equal(curve.sourceAt(SOURCE, 40), 3);
  assert.equal(curve.sourceAt(SOURCE, 75), 3.5);
  assert.equal(curve.speedAt(SOURCE, 50, 30), 0.5);
  assert.deepEqual(curve.played(SOURCE), [2, 4]);
});

test("record frames invert source times; a held picture gives its first", () => {
  assert.ok(Math.abs(curve.recordAt(SOURCE, 2.5) - 15) < 1e-9);
  assert.ok(Math.abs(curve.recordAt(SOURCE, 3.5) - 75) < 1e-9);
  assert.equal(curve.recordAt(SOURCE, 3), 30);
  assert.equal(curve.recordAt(SOURCE, 1), 0);
  assert.equal(curve.recordAt(SOURCE, 9), 105);
});

test("a ramp is inverted", () => {
  const ramp = [{ frame: 0, frames: 60, poly: [1, 1 / 60, 1 / 7200] }];
  for (const k of [0, 1, 17.25, 59, 60]) {
    assert.ok(Math.abs(curve.recordAt(ramp, curve.sourceAt(ramp, k)) - k) < 1e-6);
  }
});

test("the frame shown is the last that has begun half a slot later", () => {
  const slow = [{ frame: 0, frames: 60, poly: [0, 1 / 60] }]; // half speed of 30 in 30
  assert.deepEqual([0, 1, 2, 3, 4].map((n) => curve.frameShown(slow, n, 30)), [0, 0, 1, 1, 2]);
  const film = [{ frame: 0, frames: 30, poly: [0, 1 / 30] }];
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((n) => curve.frameShown(film, n, 24)), [0, 1, 1, 2, 3, 4]);
});

test("the picture that is held is that of the frame which begins there, from its first slot on", () => {
  assert.deepEqual([29, 30, 44, 45, 46].map((n) => curve.frameShown(SOURCE, n, 30)), [89, 90, 90, 90, 90]);
  assert.deepEqual([29, 30, 44, 45].map((n) => curve.frameShown(SOURCE, n, 25)), [74, 75, 75, 75]);
  assert.deepEqual([29.9, 30, 44.9, 45].map((k) => curve.heldUntil(SOURCE, k)), [null, 45, 45, null]);
});

test("no frame from outside the trim is shown, unless the trim holds none", () => {
  const late = [{ frame: 0, frames: 30, poly: [1.01, 1 / 30] }];
  assert.equal(curve.frameShown(late, 0, 25), 26);
  assert.equal(curve.frameShown(late, 29, 25), 49);
  const between = [{ frame: 0, frames: 1, poly: [1.01, 0.02] }];
  assert.equal(curve.frameShown(between, 0, 25), 25);
});

test("the crop and the path are evaluated piece by piece", () => {
  const crop = [
    { frame: 0, frames: 10, x: [0, 2], y: [1], width: [100], height: [50] },
    { frame: 10, frames: 10, x: [20], y: [1, 0, 1], width: [100], height: [50] },
  ];
  assert.deepEqual(curve.cropAt(crop, 5), { x: 10, y: 1, width: 100, height: 50 });
  assert.deepEqual(curve.cropAt(crop, 12), { x: 20, y: 5, width: 100, height: 50 });
  const path = [{ start: 0, end: 2, x: [0, 10], y: [0], width: [4], height: [2] }];
  assert.equal(curve.pathAt(path, 5).x, 20);
  assert.deepEqual(curve.centres(path, 0.5), [
    [2, 1],
    [17, 1],
  ]);
});
