import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAt, parseTimecode, rateOf, secondsIn, spoken, timecode } from "../../server/static/studio/edit/timecode.js";

const PLAIN = rateOf("30");
const NTSC = rateOf("30000/1001");

test("a frame is written as the time at which it begins, in minutes, seconds and decimals", () => {
  assert.equal(timecode(73, PLAIN), "0:02.43");
  assert.equal(timecode(209, PLAIN), "0:06.97");
  assert.equal(timecode(30 * 3661 + 5, PLAIN), "1:01:01.17");
  assert.equal(timecode(1800, NTSC), "1:00.06");
  assert.equal(timecode(119, rateOf("120")), "0:00.992");
});

test("the times of twenty minutes are parsed back", () => {
  for (const rate of [PLAIN, NTSC, rateOf("60000/1001"), rateOf("25"), rateOf("99"), rateOf("240")]) {
    for (let frame = 0; frame < 20 * 60 * rate.value; frame += 7) {
      assert.equal(parseTimecode(timecode(frame, rate), rate), frame);
    }
  }
});

test("a number is seconds, and a colon stands between minutes and seconds", () => {
  const read = (text) => parseTimecode(text, PLAIN);
  assert.deepEqual(["2.5", "2,5", " 2.5 s", "2.5s", ".5", "2.", "12"].map(read), [75, 75, 75, 75, 15, 60, 360]);
  assert.deepEqual(["1:00", "1:02.5", "90", "1:00:00", "00:06.29", "75f"].map(read), [1800, 1875, 2700, 108000, 189, 75]);
  assert.equal(parseTimecode("2.5", NTSC), 75);
});

test("texts that name no time are refused", () => {
  for (const text of ["", ".", "two", "1:75.00", "1:61:00", "-1", "00:00:06:12", "00:06;00", "0:02.5f"]) assert.equal(parseTimecode(text, PLAIN), null, text);
});

test("a frame is on screen from its beginning on", () => {
  for (let frame = 0; frame < 10_000; frame++) assert.equal(frameAt(frame / NTSC.value, NTSC), frame);
});

test("seconds for people", () => {
  assert.equal(spoken(0.5), "0.5 s");
  assert.equal(spoken(62.9), "1:02.90");
});

test("seconds of a text", () => {
  for (const [text, seconds] of [["75", 75], ["1:15.5", 75.5], ["1:00:02,5", 3602.5], [" 0:03.00 ", 3], ["2.5 s", 2.5]]) assert.equal(secondsIn(text), seconds);
  for (const text of ["", "soon", "1:75", "75f", "-1"]) assert.equal(secondsIn(text), null);
});
