import assert from "node:assert/strict";
import { test } from "node:test";
import * as words from "../../server/static/studio/parts/words.js";

test("times are rounded once, and carried", () => {
  assert.deepEqual([0, 5.04, 59.96, 61.5, 3599.99, 3661].map((each) => words.clock(each)), ["0:00.00", "0:05.04", "0:59.96", "1:01.50", "59:59.99", "1:01:01.00"]);
  assert.deepEqual([words.clock(59.96, 1), words.clock(7.6, 0), words.clock(NaN)], ["1:00.0", "0:08", "–"]);
});

test("a failure is said with what can be done about it", () => {
  assert.equal(words.explained({ message: "the clip lasts 90 s", hint: "shorten its trim" }), "The clip lasts 90 s. Shorten its trim.");
  assert.deepEqual([words.explained({ message: "It is gone." }), words.explained({})], ["It is gone.", ""]);
});

test("bytes and spans", () => {
  assert.deepEqual([0, 999, 1000, 45_600_000, 123_456_789].map(words.bytes), ["0 bytes", "999 bytes", "1.0 kB", "45.6 MB", "123 MB"]);
  assert.deepEqual([0, 59.4, 61, 3725].map(words.span), ["0 s", "59 s", "1 min 01 s", "1 h 02 min"]);
});

test("fields of a clip as text", () => {
  const box = { x: 0.4, y: 0, width: 90, height: 160 };
  assert.equal(words.asText("crop_data", [{ frame: 0, ...box }, { frame: 9, ...box }]), "2 keyframes, first 90×160 at 0, 0");
  assert.equal(words.asText("crop_data", null), "no crop");
  assert.equal(words.asText("segments_data", { trimRange: { start: 1, end: 2.5 }, spans: [{ start: 1, end: 2, speed: 0.5 }] }), "0:01.00 to 0:02.50, ×0.5");
  assert.equal(words.asText("segments_data", null), "whole clip");
  assert.equal(words.asText("transition_data", { type: "fade", duration: 0.5 }), "fade, 0.5 s");
});

test("the time until a moment", () => {
  const in_ = (seconds) => words.left(new Date(seconds * 1000).toISOString(), 0);
  const day = 86_400;
  assert.deepEqual([7 * day - 3, 2 * day, 2 * day - 3600, 7200, 3599, 20, -5].map(in_), ["7 days left", "2 days left", "47 h left", "2 h left", "60 min left", "1 min left", "1 min left"]);
});
