/** The search of lists: words in any order, case and accents ignored. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { matching } from "../../server/static/studio/parts/search.js";

const named = (...names) => names.map((name) => ({ name }));
const found = (query) => matching(named("Derby final.mp4", "Éclair été", "final cut.mov"), query).map((each) => each.name);

test("every word is looked for, in any order", () => {
  assert.deepEqual(found("final"), ["Derby final.mp4", "final cut.mov"]);
  assert.deepEqual(found("  MP4 derby "), ["Derby final.mp4"]);
  assert.deepEqual(found("derby cut"), []);
});

test("accents are ignored on both sides", () => {
  assert.deepEqual(found("ete ÉCL"), ["Éclair été"]);
  assert.deepEqual(found("fínal cut"), ["final cut.mov"]);
});

test("an empty query finds everything, and another name can be searched", () => {
  assert.equal(found(" ").length, 3);
  assert.deepEqual(matching([{ title: "Goal" }], "go", (each) => each.title), [{ title: "Goal" }]);
});
