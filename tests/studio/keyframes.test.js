import assert from "node:assert/strict";
import { test } from "node:test";
import { drawnEase, EASES, shapeOf } from "../../server/static/studio/edit/eases.js";
import * as keys from "../../server/static/studio/edit/keyframes.js";

const SIZE = { width: 1920, height: 1080 };
const HALF = { width: 960, height: 540 };
const RATIO = 9 / 16;
const key = (frame, x = frame) => ({ frame, x, y: 90, width: 450, height: 800, ease: "linear" });
const LIST = [key(0), key(30), key(60), key(90)];
const place = (more) => ({ frame: 100, rate: 30, last: 299, from: SIZE, to: SIZE, ratio: RATIO, ...more });

test("keyframes that move together stop at the clip's ends", () => {
  assert.equal(keys.withinClip([30, 60], -50, 299), -30);
  assert.equal(keys.withinClip([30, 60], 500, 299), 239);
  assert.equal(keys.withinClip([30, 60], 7, 299), 7);
  assert.equal(keys.withinClip([30, 400], 7, 299), 0);
});

test("a keyframe in the way is named, and those that move along are not in the way", () => {
  assert.equal(keys.inTheWay(LIST, [30, 60], 30), 90);
  assert.equal(keys.inTheWay(LIST, [30, 60, 90], 30), null);
});

test("copies are pasted as far apart as they were, in seconds", () => {
  const copies = keys.copiesOf(LIST, [30, 90], 30);
  assert.deepEqual(copies.map(({ after, x }) => [after, x]), [[0, 30], [2, 90]]);
  assert.deepEqual(keys.pasted(copies, place()), [{ ...key(100), x: 30 }, { ...key(160), x: 90 }]);
  assert.deepEqual(keys.pasted(copies, place({ rate: 60 })).map(({ frame }) => frame), [100, 220]);
  assert.throws(() => keys.pasted(copies, place({ frame: 240 })), /clip ends/);
  assert.throws(() => keys.pasted(keys.copiesOf([key(0), key(1)], [0, 1], 60), place({ rate: 10 })), /two keyframes/);
});

test("copies are fitted into another picture", () => {
  const [made] = keys.pasted(keys.copiesOf(LIST, [60], 30), place({ to: HALF }));
  assert.deepEqual(made, { frame: 100, x: 30, y: 45, width: 225, height: 400, ease: "linear" });
});

test("all keyframes between two are found", () => {
  assert.deepEqual(keys.throughout(LIST, 60, 0), [0, 30, 60]);
});

test("every ease has a shape from the lower left to the upper right", () => {
  for (const [ease] of EASES) {
    const points = shapeOf(ease);
    assert.deepEqual([points[0], points.at(-1)], [[0, 0], [1, 1]], ease);
    assert.ok(points.every(([, part], i) => !i || part >= points[i - 1][1]), ease);
  }
  assert.equal(drawnEase("hold", { left: 0, right: 12, top: 0, bottom: 10 }).endsWith("L12 10L12 0"), true);
});
