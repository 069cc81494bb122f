import assert from "node:assert/strict";
import { test } from "node:test";
import { loudnessOf, volumeOf } from "../../server/static/studio/edit/fades.js";

test("a clip's gain is in dB, a muted clip is silent, and a video is never louder than its file", () => {
  assert.equal(loudnessOf({ volume: 20, mute: false }), 10);
  assert.equal(loudnessOf({}), 1);
  assert.equal(loudnessOf({ volume: 6, mute: true }), 0);
  assert.equal(volumeOf({ volume: 20 }), 1);
  assert.equal(volumeOf({ volume: -20 }, 0.5), 0.05);
});
