import assert from "node:assert/strict";
import { test } from "node:test";
import { readNumber } from "../../server/static/studio/edit/number.js";

test("numbers are read with point or comma, sign and unit", () => {
  const read = [["12", ""], [" 1,5 ", ""], ["-3.25", "°"], ["−2°", "°"], ["0.5x", "×"], ["2 s", "s"], [".5", ""], ["7.", ""]];
  assert.deepEqual(read.map(([text, unit]) => readNumber(text, unit)), [12, 1.5, -3.25, -2, 0.5, 2, 0.5, 7]);
});

test("what is no number is refused, and never read as 0 or in part", () => {
  for (const text of ["abc", "", " ", "12abc", "1.2.3", "1,000.5", "x", "-", "1e3", "Infinity", "5 px"]) {
    assert.throws(() => readNumber(text, "s"), /Not a number/, text);
  }
});
