import assert from "node:assert/strict";
import { test } from "node:test";
import { mixAt } from "../../server/static/studio/edit/mix.js";

const side = (frames, share) => ({ frames, share });
const clip = (frames, mixed = null) => ({ frames, transition: { mixed } });
const DISSOLVE = { kind: "dissolve", colour: null, leaving: side(4, [1, -1 / 4]), entering: side(4, [0, 1 / 4]) };
const FADE = { kind: "fade", colour: "#102030", leaving: side(3, [1, -1 / 3]), entering: side(4, [0, 1 / 4]) };

const [first, second, third] = [clip(20), clip(30, DISSOLVE), clip(10, FADE)];

test("there is no mix outside transitions", () => {
  for (const k of [0, 10, 15]) assert.equal(mixAt(first, null, second, k), null);
  for (const k of [4, 20, 26]) assert.equal(mixAt(second, first, third, k), null);
  for (const k of [4, 9]) assert.equal(mixAt(third, second, null, k), null);
  assert.equal(mixAt(clip(5, { ...DISSOLVE }), null, null, 0), null);
});

test("both clips of a dissolve give the same mix of a frame of the film", () => {
  for (const k of [0, 1, 2, 3]) {
    const [leaving, entering] = [mixAt(first, null, second, 16 + k), mixAt(second, first, third, k)];
    assert.equal(leaving.share + entering.share, 1);
    assert.equal(entering.share, k / 4);
    assert.deepEqual([leaving.clip, leaving.number], [second, k]);
    assert.deepEqual([entering.clip, entering.number], [first, 16 + k]);
  }
});

test("a fade takes the end of the one and the start of the other", () => {
  const near = (got, wanted) => assert.ok(Math.abs(got - wanted) < 1e-9, `${got}`);
  near(mixAt(second, first, third, 27).share, 1);
  near(mixAt(second, first, third, 29).share, 1 / 3);
  near(mixAt(third, second, null, 0).share, 0);
  near(mixAt(third, second, null, 3).share, 3 / 4);
  assert.equal(mixAt(third, second, null, 3).colour, "#102030");
});
