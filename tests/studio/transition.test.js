/** Frames of transitions, from two clips' frames. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { drawTransition, tellingOf } from "../../server/static/studio/edit/transition.js";

const SIZE = { width: 24, height: 32, film: { width: 240, height: 320 } };
const plain = (...colour) => Uint8ClampedArray.from({ length: 4 * 24 * 32 }, (_, i) => [...colour, 255][i % 4]);
const [RED, BLUE] = [plain(200, 20, 10), plain(10, 30, 180)];
const at = (kind, share, halves) => {
  const out = new Uint8ClampedArray(RED.length);
  drawTransition(kind, share, RED, BLUE, out, SIZE, halves);
  return out;
};
const far = (one, other) => one.reduce((sum, each, i) => sum + Math.abs(each - other[i]), 0) / one.length;

const source = readFileSync(new URL("../../server/static/studio/panels/transitions.js", import.meta.url), "utf8");
const KINDS = [.../KINDS = \{(.*?)\};/s.exec(source)[1].matchAll(/(\w+): "/g)].map(([, kind]) => kind);

test("every transition on offer is drawn: it begins with one clip, ends with the other, and is neither where its picture is taken", () => {
  assert.ok(KINDS.length > 10);
  for (const kind of KINDS) {
    assert.ok(far(at(kind, 0.98), RED) < 9, `${kind} begins`);
    assert.ok(far(at(kind, 0.02), BLUE) < 9, `${kind} ends`);
    const seen = at(kind, tellingOf(kind), true);
    assert.ok(far(seen, RED) > 8 && far(seen, BLUE) > 8, `${kind} in between`);
    assert.ok(seen.every((each, i) => i % 4 < 3 || each === 255), `${kind} is opaque`);
  }
});

test("a dissolve is the weighted sum, a fade goes through black, a cut is drawn as halves", () => {
  assert.deepEqual([...at("dissolve", 0.25).slice(0, 4)], [58, 28, 138, 255]);
  assert.deepEqual([...at("fade", 0.5).slice(0, 4)], [0, 0, 0, 255]);
  assert.deepEqual([...at("fade", 0.75).slice(0, 4)], [100, 10, 5, 255]);
  assert.deepEqual([...at("cut", 0.5, true).slice(44, 52)], [200, 20, 10, 255, 10, 30, 180, 255]);
});
