/** The heights of a waveform. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { heightOf, loudestOf, peakOver } from "../../server/static/studio/edit/wave.js";

test("half as loud is 6 dB lower, whatever the recording's level", () => {
  for (const loudest of [1, 0.1]) {
    assert.equal(heightOf(loudest, loudest), 1);
    assert.ok(Math.abs(heightOf(loudest / 2, loudest) - (1 - 6.0206 / 48)) < 1e-4);
    assert.ok(Math.abs(heightOf(loudest / 10, loudest) - (1 - 20 / 48)) < 1e-9);
  }
  assert.deepEqual([heightOf(0, 1), heightOf(0.001, 1), heightOf(2, 1)], [0, 0, 1]);
});

test("speech at a tenth of full scale is seen: a linear wave would be a tenth as high", () => {
  assert.ok(heightOf(0.1, loudestOf([0.02, 1, 0.1])) > 0.55);
});

test("a quiet recording fills the lane, noise alone does not", () => {
  assert.equal(loudestOf([0.05, 0.1, 0]), 0.1);
  assert.ok(heightOf(0.002, loudestOf([0.001, 0.002])) < 0.55);
  assert.equal(loudestOf([]), loudestOf([0]));
});

test("a column has the largest peak in it, and between peaks the wave rises evenly", () => {
  const peaks = [0, 0.2, 0.8, 0.4];
  assert.equal(peakOver(peaks, 10, 0, 0.4), 0.8);
  assert.equal(peakOver(peaks, 10, 0.3, 0.4), 0.4);
  const near = [0.15, 0.175, 0.2, 0.225, 0.25].map((at) => peakOver(peaks, 10, at - 0.001, at + 0.001));
  near.forEach((each, k) => assert.ok(Math.abs(each - (0.2 + 0.15 * k)) < 1e-9, `${near}`));
  assert.deepEqual([peakOver(peaks, 10, 0.39, 0.395), peakOver(peaks, 10, 0.5, 0.6), peakOver([], 10, 0, 1)], [0.4, 0, 0]);
});
