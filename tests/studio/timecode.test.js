import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAt, parseTimecode, rateOf, spoken, timecode } from "../../server/static/studio/edit/timecode.js";

const PLAIN = rateOf("30");
const NTSC = rateOf("30000/1001");

test("frames are written as minutes, seconds and frames", () => {
  assert.equal(timecode(73, PLAIN), "00:02.13");
  assert.equal(timecode(30 * 3661 + 5, PLAIN), "01:01:01.05");
  assert.equal(timecode(25, rateOf("24000/1001")), "00:01.01");
  assert.equal(timecode(119, rateOf("120")), "00:00.119");
});

test("29.97 skips two labels a minute, except in every tenth", () => {
  assert.equal(timecode(1799, NTSC), "00:59;29");
  assert.equal(timecode(1800, NTSC), "01:00;02");
  assert.equal(timecode(17981, NTSC), "09:59;29");
  assert.equal(timecode(17982, NTSC), "10:00;00");
  assert.equal(timecode(107892, NTSC), "01:00:00;00");
  assert.equal(timecode(3600, rateOf("60000/1001")), "01:00;04");
});

test("timecodes of twenty minutes are parsed back", () => {
  for (const rate of [PLAIN, NTSC, rateOf("60000/1001"), rateOf("25")]) {
    for (let frame = 0; frame < 20 * 60 * rate.base; frame += 7) {
      assert.equal(parseTimecode(timecode(frame, rate), rate), frame);
    }
  }
});

test("other ways to write a frame are parsed", () => {
  assert.equal(parseTimecode("75f", PLAIN), 75);
  assert.equal(parseTimecode("2.5s", PLAIN), 75);
  assert.equal(parseTimecode(" 2.13 ", PLAIN), 73);
  assert.equal(parseTimecode("1:00", PLAIN), 1800);
  assert.equal(parseTimecode("12", PLAIN), 360);
});

test("texts that name no frame are refused", () => {
  for (const text of ["", "two", "1:75.00", "0:02.30", "-1", "1:2:3:4:5"]) assert.equal(parseTimecode(text, PLAIN), null);
  assert.equal(parseTimecode("01:00;00", NTSC), null);
});

test("a frame is on screen from its beginning on", () => {
  for (let frame = 0; frame < 10_000; frame++) assert.equal(frameAt(frame / NTSC.value, NTSC), frame);
});

test("seconds for people", () => {
  assert.equal(spoken(0.5), "0.5 s");
  assert.equal(spoken(62.9), "1:02");
});
