import assert from "node:assert/strict";
import { test } from "node:test";
import { cornerZoom, pastCorners } from "../../server/static/studio/edit/corners.js";

const SIZE = { width: 1920, height: 1080 };
const TALL = { frame: 0, x: 656, y: 0, width: 608, height: 1080 };

test("the zoom is the compiler's", () => {
  assert.equal(Math.ceil(cornerZoom(TALL, SIZE, 2.5) * 1000), 1024); // as in tests/lower/test_corners.py
  assert.equal(cornerZoom(TALL, SIZE, 0), 1);
  assert.equal(cornerZoom({ x: 860, y: 440, width: 200, height: 200 }, SIZE, -20), 1);
  assert.equal(cornerZoom({ x: 0, y: 0, width: 45, height: 80 }, SIZE, 20), Infinity);
});

test("zoomed crops keep their middle, their shape and out of the corners", () => {
  const [made] = pastCorners([TALL], SIZE, -6);
  assert.ok(Math.abs(cornerZoom(made, SIZE, -6) - 1) < 1e-5);
  assert.ok(Math.abs(made.width / made.height - 608 / 1080) < 1e-5);
  assert.ok(Math.abs(made.x + made.width / 2 - 960) < 1e-3 && Math.abs(made.y + made.height / 2 - 540) < 1e-3);
});

test("a pan stays a pan, and a crop that is right stays as it is", () => {
  const inner = { frame: 30, x: 900, y: 300, width: 270, height: 480 };
  assert.deepEqual(pastCorners([TALL, inner], SIZE, 3)[1], inner);
  const [left, right] = pastCorners([{ ...TALL, x: 500 }, { ...TALL, frame: 30, x: 1200 }], SIZE, 3);
  assert.equal(left.width, right.width);
  assert.ok([left, right].every((each) => cornerZoom(each, SIZE, 3) < 1.00001));
});

test("a crop whose middle is in a corner cannot be zoomed out of it", () => {
  assert.equal(pastCorners([{ frame: 0, x: 0, y: 0, width: 45, height: 80 }], SIZE, 20), null);
});
