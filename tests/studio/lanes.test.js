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

const STRIP = { pictures: 8, step_s: 0.5 };
const centre = (view, { x, width }) => lanes.timeAcross(view, x + width / 2);

test("no picture of a filmstrip comes twice, and each stands at its time", () => {
  for (const scale of [20, 100, 139, 160, 400, 2400]) {
    for (const start of [0, 0.7, 2.9]) {
      const view = { start, scale, width: 900 };
      const found = lanes.tiles(view, STRIP, 80);
      assert.ok(found.length > 0);
      assert.equal(new Set(found.map(({ picture }) => picture)).size, found.length, `${scale} from ${start}`);
      const off = found.map((tile) => Math.abs(centre(view, tile) - (tile.picture + 0.5) * STRIP.step_s));
      if (start + 900 / scale <= 4) assert.ok(Math.max(...off) <= STRIP.step_s / 2 + 1e-9, `${scale} from ${start}`);
    }
  }
});

test("pictures side by side leave no gap, and zoomed in they are exact", () => {
  const near = lanes.tiles({ start: 0, scale: 100, width: 400 }, STRIP, 80);
  assert.deepEqual(near.map(({ x }) => x), [0, 80, 160, 240, 320]);
  const closer = lanes.tiles({ start: 0, scale: 300, width: 400 }, STRIP, 80);
  assert.deepEqual(closer.map(({ x, width, picture }) => [x, width, picture]), [[0, 150, 0], [150, 150, 1], [300, 150, 2]]);
  const far = lanes.tiles({ start: 1, scale: 400, width: 400 }, STRIP, 80);
  assert.deepEqual(far.map(({ x, width, picture }) => [x, width, picture]), [[60, 80, 2], [260, 80, 3], [460, 80, 4]]);
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
