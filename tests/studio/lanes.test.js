import assert from "node:assert/strict";
import { test } from "node:test";
import * as lanes from "../../server/static/studio/edit/lanes.js";

const VIEW = { start: 0, scale: 100, width: 1000 };

test("places convert to times and back", () => {
  const view = { start: 3, scale: 250, width: 800 };
  assert.equal(lanes.across(view, 4), 250);
  assert.equal(lanes.timeAcross(view, 250), 4);
});

test("zooming keeps the time under the pointer, and stops at the whole clip", () => {
  const near = lanes.zoomed(VIEW, 2, 4, 10);
  assert.equal(lanes.across(near, 4), 400);
  assert.deepEqual(lanes.zoomed(VIEW, 0.1, 4, 10), { start: 0, scale: 100, width: 1000 });
  assert.equal(lanes.zoomed(VIEW, 1e6, 4, 10).scale, lanes.FINEST);
});

test("a view moves to a time that is out of view, and otherwise stays", () => {
  const view = { start: 2, scale: 500, width: 1000 };
  assert.equal(lanes.showing(view, 3, 10), view);
  assert.deepEqual(lanes.showing(view, 8, 10), { start: 7, scale: 500, width: 1000 });
  assert.equal(lanes.showing(view, 9.9, 10).start, 8);
});

test("of a thousand keyframes only as many are drawn as have room, and always the selected one", () => {
  const marks = Array.from({ length: 1000 }, (_, frame) => frame);
  const at = (frame) => frame / 100;
  const groups = lanes.gathered(marks, at, VIEW, (frame) => frame === 500);
  assert.ok(groups.length <= 1000 / lanes.CROWDED + 3);
  assert.ok(groups.some((group) => group.marks.length === 1 && group.marks[0] === 500));
  assert.equal(groups.flatMap((group) => group.marks).length, 1000);
  const near = lanes.gathered(marks, at, { start: 5, scale: 2000, width: 1000 });
  assert.ok(near.every((group) => group.marks.length === 1));
  assert.equal(near.length, 51);
});

test("the ruler's labels do not overlap, and are round times whatever the rate", () => {
  assert.equal(lanes.tickStep(VIEW), 1);
  assert.equal(lanes.tickStep({ ...VIEW, scale: lanes.FINEST }), 0.05);
  assert.deepEqual(lanes.ticks({ start: 2.5, scale: 100, width: 300 }, 4.2), [{ time: 2, label: "0:02" }, { time: 3, label: "0:03" }, { time: 4, label: "0:04" }]);
  const labels = (scale) => lanes.ticks({ start: 59, scale, width: 250 }, 100).map(({ label }) => label);
  assert.deepEqual([labels(50), labels(200), labels(900), labels(2000)], [
    ["0:58", "1:00", "1:02", "1:04"], ["0:59.0", "0:59.5", "1:00.0", "1:00.5"], ["0:59.0", "0:59.1", "0:59.2", "0:59.3"], ["0:59.00", "0:59.05", "0:59.10", "0:59.15"],
  ]);
});

test("a time snaps to the nearest target within reach", () => {
  const targets = [{ at: 1, what: "in" }, { at: 1.04, what: "playhead" }];
  assert.equal(lanes.drawnTo(1.03, targets, 0.1).what, "playhead");
  assert.deepEqual(lanes.drawnTo(2, targets, 0.1), { at: 2, what: null });
});
