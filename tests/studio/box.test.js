import assert from "node:assert/strict";
import { test } from "node:test";
import * as box from "../../server/static/studio/edit/box.js";

const PICTURE = { width: 1920, height: 1080 };
const RATIO = 9 / 16;
const START = { x: 600, y: 100, width: 450, height: 800 };

/** Pseudorandom numbers, the same in every run. */
function* numbers(seed = 1) {
  for (;;) yield ((seed = (seed * 48271) % 2147483647) / 2147483647) * 2 - 1;
}

test("a moved box stops at the picture's edge and keeps its size", () => {
  assert.deepEqual(box.moved(START, -9999, 50, PICTURE), { ...START, x: 0, y: 150 });
  assert.deepEqual(box.moved(START, 9999, 9999, PICTURE), { ...START, x: 1470, y: 280 });
});

test("the largest box fills one side and stands in the middle", () => {
  assert.deepEqual(box.largest(RATIO, PICTURE), { x: 656.25, y: 0, width: 607.5, height: 1080 });
});

test("the corner opposite the dragged one stays", () => {
  const found = box.resized(START, { right: true, bottom: true }, 90, 0, RATIO, PICTURE);
  assert.deepEqual(found, { x: 600, y: 100, width: 540, height: 960 });
  const left = box.resized(START, { left: true, top: true }, 45, 80, RATIO, PICTURE);
  assert.deepEqual(left, { x: 645, y: 180, width: 405, height: 720 });
});

test("no drag of any edge leaves the picture or the shape", () => {
  const edges = [{ left: true }, { right: true }, { top: true }, { bottom: true }];
  const corners = [{ left: true, top: true }, { right: true, top: true }, { right: true, bottom: true }];
  const random = numbers();
  for (const edge of [...edges, ...corners]) {
    for (let i = 0; i < 300; i++) {
      const [dx, dy] = [random.next().value * 2500, random.next().value * 2500];
      const found = box.resized(START, edge, dx, dy, RATIO, PICTURE);
      assert.ok(Math.abs(found.width / found.height - RATIO) < 1e-9);
      assert.ok(found.width >= box.SMALLEST - 1e-9 && found.height >= box.SMALLEST - 1e-9);
      assert.ok(found.x >= 0 && found.y >= 0);
      assert.ok(found.x + found.width <= 1920 + 1e-6 && found.y + found.height <= 1080 + 1e-6);
    }
  }
});

test("a box snaps to the middle, to thirds and to edges that are near", () => {
  const near = { ...START, x: 960 - 225 + 6 };
  assert.deepEqual(box.snapped(near, PICTURE, 8), { box: { ...START, x: 735 }, guides: [{ axis: "x", at: 960 }] });
  assert.deepEqual(box.snapped(near, PICTURE, 4), { box: near, guides: [] });
  assert.equal(box.snapped({ ...START, x: 5 }, PICTURE, 8).box.x, 0);
  assert.equal(box.snapped({ ...START, x: 640 - 225 - 3 }, PICTURE, 8).box.x, 415);
});

test("a typed number is fitted", () => {
  assert.equal(box.withField(START, "x", 5000, RATIO, PICTURE).x, 1470);
  const wide = box.withField(START, "height", 960, RATIO, PICTURE);
  assert.deepEqual([wide.width, wide.height], [540, 960]);
  assert.equal(box.withField(START, "width", 5000, RATIO, PICTURE).height, 1080);
});

test("a framing that is fitted to another picture is as large a part of it, about the same place", () => {
  assert.deepEqual(box.fittedTo(START, PICTURE, PICTURE, RATIO), START);
  assert.deepEqual(box.fittedTo(START, PICTURE, { width: 960, height: 540 }, RATIO), { x: 300, y: 50, width: 225, height: 400 });
  const tall = { width: 1080, height: 1920 };
  const found = box.fittedTo(START, PICTURE, tall, RATIO);
  assert.deepEqual(found, { x: 64.063, y: 177.778, width: 800, height: 1422.222 });
  assert.deepEqual(box.fittedTo(box.largest(RATIO, PICTURE), PICTURE, tall, RATIO), box.largest(RATIO, tall));
  assert.deepEqual(box.fittedTo({ ...START, x: 0, y: 0 }, PICTURE, tall, RATIO), { x: 0, y: 0, width: 800, height: 1422.222 });
});
