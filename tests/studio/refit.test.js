import assert from "node:assert/strict";
import { test } from "node:test";
import * as model from "../../server/static/studio/edit/model.js";
import { canvasOf, refitted, sized } from "../../server/static/studio/edit/refit.js";
import { SHAPES, proportion } from "../../server/static/studio/parts/shapes.js";

const HD = { width: 1920, height: 1080 };
const TALL = 9 / 16;
const WIDE = 16 / 9;
const near = (found, expected) => {
  for (const [name, value] of Object.entries(expected)) assert.ok(Math.abs(found[name] - value) < 0.002, `${name}: ${found[name]}, not ${value}`);
};
const centre = (box) => [box.x + box.width / 2, box.y + box.height / 2];

test("the largest crop becomes the largest crop", () => {
  near(refitted({ x: 656.25, y: 0, width: 607.5, height: 1080 }, WIDE, HD), { x: 0, y: 0, ...HD });
  near(refitted({ x: 0, y: 0, ...HD }, TALL, HD), { x: 656.25, y: 0, width: 607.5, height: 1080 });
  near(refitted({ x: 0, y: 0, ...HD }, 1, HD), { x: 420, y: 0, width: 1080, height: 1080 });
});

test("a crop keeps its zoom and its centre", () => {
  const box = { x: 800, y: 400, width: 480, height: 270 };
  near(refitted(box, TALL, HD), { x: 964.0625, y: 400, width: 151.875, height: 270 });
  near(centre(refitted(box, 1, HD)), centre(box));
});

test("a crop that would leave the picture is moved into it, no further, and stays as large", () => {
  near(refitted({ x: 0, y: 540, width: 303.75, height: 540 }, WIDE, HD), { x: 0, y: 540, width: 960, height: 540 });
  near(refitted({ x: 1500, y: 100, width: 303.75, height: 540 }, WIDE, HD), { x: 960, y: 100, width: 960, height: 540 });
});

test("a crop larger than the picture becomes the largest", () => {
  near(refitted({ x: -240, y: -135, width: 2400, height: 1350 }, 1, HD), { x: 420, y: 0, width: 1080, height: 1080 });
});

test("every ratio is kept in every picture, and the crop stays in it", () => {
  for (const picture of [HD, { width: 1080, height: 1920 }, { width: 640, height: 360 }]) {
    for (const { ratio } of SHAPES) {
      for (const box of [{ x: 3, y: 5, width: 90, height: 160 }, { x: 0, y: 0, ...picture }, { x: 200, y: 100, width: 100, height: 200 }]) {
        const found = refitted(box, proportion(ratio), picture);
        assert.ok(Math.abs(found.width / found.height / proportion(ratio) - 1) < 1e-4);
        assert.ok(found.x >= 0 && found.y >= 0 && found.x + found.width <= picture.width + 1e-3 && found.y + found.height <= picture.height + 1e-3);
      }
    }
  }
});

const stored = (id, crop_data) => ({ id, version: 1, raw_clip_id: "r", name: id, rotation: 0, crop_data, segments_data: null, timing_data: null, transition_data: null });
const start = () => model.editOf({ id: "p", name: "P", aspect_ratio: "9:16", settings: {}, clips: [
  stored("a", [{ frame: 0, x: 0, y: 0, width: 607.5, height: 1080, ease: "hold" }, { frame: 30, x: 700, y: 270, width: 303.75, height: 540, origin: "user" }]),
  stored("b", null),
] });

test("one command changes the project and every keyframe of every clip", () => {
  const edit = model.apply(start(), { do: "reshape", project: { aspect_ratio: "1:1" }, pictures: { a: HD, b: HD } });
  assert.equal(edit.project.aspect_ratio, "1:1");
  assert.deepEqual(edit.clips[0].crop_data, [
    { frame: 0, x: 0, y: 0, width: 1080, height: 1080, ease: "hold" },
    { frame: 30, x: 581.875, y: 270, width: 540, height: 540, origin: "user" },
  ]);
  assert.equal(edit.clips[1].crop_data, null);
});

test("a size of another shape refits as an aspect ratio does", () => {
  const edit = model.apply(start(), { do: "reshape", project: { settings: { canvas: { width: 1000, height: 500 } } }, pictures: { a: HD } });
  near(edit.clips[0].crop_data[0], { x: 0, width: 1920, height: 960 });
});

test("without the size of a picture nothing is changed", () => {
  assert.throws(() => model.apply(start(), { do: "reshape", project: { aspect_ratio: "1:1" }, pictures: {} }), /“a”/);
});

test("a canvas has the project's size, or that of its ratio", () => {
  assert.deepEqual(canvasOf({ aspect_ratio: "4:5" }), { width: 1080, height: 1350 });
  assert.deepEqual(canvasOf({ aspect_ratio: "1:1", settings: { canvas: { width: 90, height: 90, fps: 30 } } }), { width: 90, height: 90, fps: 30 });
  assert.deepEqual(sized("16:9", 720), { width: 1280, height: 720 });
  assert.deepEqual(sized("4:5", 720), { width: 720, height: 900 });
});
