import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSEST, kept, panned, WHOLE, zoomedAt } from "../../server/static/studio/edit/lens.js";

const ROOM = { across: 2, down: 1 };
const at = (lens, { x, y }) => [(x - lens.x) * lens.zoom, (y - lens.y) * lens.zoom].map((value) => Number(value.toFixed(9)));

test("the point at which the stage zooms stays where it is", () => {
  const square = { across: 1, down: 1 };
  const near = { x: 0.4, y: 0.7 };
  const close = zoomedAt(WHOLE, 4, near, square);
  assert.deepEqual([close.zoom, at(close, near)], [4, at(WHOLE, near)]);
  const closer = zoomedAt(close, 1.5, { x: 0.45, y: 0.62 }, square);
  assert.deepEqual(at(closer, { x: 0.45, y: 0.62 }), at(close, { x: 0.45, y: 0.62 }));
  assert.deepEqual(zoomedAt(close, 1 / 100, near, square), WHOLE);
  assert.equal(zoomedAt(close, 100, near, square).zoom, CLOSEST);
});

test("a picture that is larger than the stage leaves no margin, and one that is smaller stays in the middle", () => {
  assert.deepEqual(kept({ zoom: 2, x: 0, y: 0 }, ROOM), { zoom: 2, x: 0.5, y: 0.25 });
  assert.deepEqual(kept({ zoom: 4, x: 0, y: 1 }, ROOM), { zoom: 4, x: 0.25, y: 0.875 });
});

test("panning takes the picture along", () => {
  const lens = { zoom: 4, x: 0.5, y: 0.5 };
  assert.deepEqual(panned(lens, 0.1, -0.05, ROOM), { zoom: 4, x: 0.4, y: 0.55 });
  assert.deepEqual(panned(WHOLE, 0.1, 0.1, ROOM), WHOLE);
});
