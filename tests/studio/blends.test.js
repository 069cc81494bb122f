import assert from "node:assert/strict";
import { test } from "node:test";
import { blendColours, toLuma } from "../../server/static/studio/edit/blends.js";

const SIZE = { width: 4, height: 2, film: { width: 4, height: 2 } };
const plain = (...colour) => Uint8ClampedArray.from({ length: 32 }, (_, i) => [...colour, 255][i % 4]);
const blended = (kind, progress, a, b, size = SIZE) => {
  const out = plain(1, 2, 3);
  blendColours(kind, progress, a, b, out, size);
  return [...out];
};

test("luma is of BT.709 in limited range", () => {
  const near = (colour, wanted) => [...toLuma(plain(...colour))].slice(0, 3).forEach((got, c) => assert.ok(Math.abs(got - wanted[c]) < 0.5, `${colour}: ${got}`));
  near([255, 255, 255], [235, 128, 128]);
  near([0, 0, 0], [16, 128, 128]);
  near([255, 0, 0], [63, 102, 240]);
  near([0, 0, 255], [32, 240, 118]);
});

test("a blend begins as the leaving clip and ends near the entering one, in its colours", () => {
  const [red, teal] = [plain(200, 30, 40), plain(10, 120, 110)];
  for (const kind of ["dissolve", "fadefast", "distance", "smoothleft", "zoomin", "fadegrays"]) {
    blended(kind, 1, red, teal).forEach((got, i) => assert.ok(Math.abs(got - red[i]) <= 1, `${kind}: ${got} at ${i}`));
    blended(kind, 0.001, red, teal).forEach((got, i) => assert.ok(Math.abs(got - teal[i]) <= 3, `${kind}: ${got} at ${i}`));
  }
});

test("half of a dissolve is the mean", () => {
  assert.deepEqual(blended("dissolve", 0.5, plain(200, 30, 40), plain(10, 120, 110)).slice(0, 3), [105, 75, 75]);
});

test("half of a wipe to the left has the entering clip on the right", () => {
  const row = blended("wipeleft", 0.5, plain(9, 9, 9), plain(200, 200, 200)).slice(0, 16).filter((_, i) => i % 4 === 0);
  assert.deepEqual(row, [9, 9, 9, 200]);
});

test("what lies outside a crop is black on the screen, and the middle of a blend through black is dark", () => {
  const bright = plain(200, 200, 200);
  assert.deepEqual(blended("rectcrop", 0.5, bright, bright).slice(0, 3), [0, 0, 0]);
  assert.ok(blended("fadeblack", 0.5, bright, bright)[0] < 120);
  assert.equal(blended("fadewhite", 0.7, bright, bright)[0], 255);
});

test("noise is of the film's pixels, so that a small picture shows the film's own", () => {
  const small = blended("grain", 0.5, plain(0, 0, 0), plain(255, 255, 255), { ...SIZE, film: { width: 400, height: 200 } });
  const same = blended("grain", 0.5, plain(0, 0, 0), plain(255, 255, 255));
  assert.notDeepEqual(small, same);
});
