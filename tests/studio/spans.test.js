import assert from "node:assert/strict";
import { test } from "node:test";
import * as spans from "../../server/static/studio/edit/spans.js";

const SLOW = { start: 2, end: 4, speed: 0.5 };
const HELD = { at: 3, freeze: 1.5 };
const FAST = { start: 5, end: null, speed: 2 };
const ALL = [SLOW, HELD, FAST];

test("a new span is as long as there is room", () => {
  assert.deepEqual(spans.added(ALL, 4.5, 8, 8), { spans: [SLOW, HELD, { start: 4.5, end: 5, speed: 0.5 }, FAST], index: 2 });
  assert.deepEqual(spans.added([], 7.5, 8, 7.75).spans, [{ start: 7.5, end: 7.75, speed: 0.5 }]);
  assert.throws(() => spans.added(ALL, 2.5, 8, 8), /already/);
  assert.throws(() => spans.added([], 8, 8, 8), /no room/);
});

test("the halves of a linear ramp change speed as the ramp did", () => {
  const ramp = { start: 0, end: 2, speed: { from: 1, to: 3, ease: "linear" } };
  const [before, after] = spans.split([ramp], 1, 8);
  const lasts = ({ start, end, speed }) => (2 * (end - start)) / (speed.from + speed.to);
  assert.ok(Math.abs(lasts(before) + lasts(after) - lasts(ramp)) < 1e-6);
  assert.equal(before.speed.to, after.speed.from);
  assert.throws(() => spans.split([{ ...ramp, speed: { ...ramp.speed, ease: "smooth" } }], 1, 8), /smooth/);
  assert.throws(() => spans.split([ramp], 5, 8), /no speed/);
});

test("a span is moved and resized between its neighbours; holds stay", () => {
  assert.deepEqual(spans.resized(ALL, 0, { end: 9 }, 8)[0].end, 5);
  assert.deepEqual(spans.resized(ALL, 2, { start: 1 }, 8)[2], { start: 4, end: 8, speed: 2 });
  const moved = spans.resized(ALL, 0, { start: 4.5, end: 6.5 }, 8);
  assert.deepEqual(moved[0], { start: 3, end: 5, speed: 0.5 });
  assert.equal(moved[1], HELD);
});

test("speeds have limits and names", () => {
  assert.throws(() => spans.withSpeed(ALL, 0, 0), /0.1 to 16/);
  assert.equal(spans.withSpeed(ALL, 0, 4)[0].speed, 4);
  assert.equal(spans.speedName(0.5), "0.5×");
  assert.equal(spans.speedName({ from: 1, to: 2, ease: "linear" }), "1× → 2×");
});

test("a freeze is added in its place, and one that is there is found", () => {
  const made = spans.frozen([SLOW, FAST], 4.5, 1);
  assert.deepEqual(made, { spans: [SLOW, { at: 4.5, freeze: 1 }, FAST], index: 1 });
  assert.deepEqual(spans.frozen(made.spans, 4.500001, 9), made);
});
