import assert from "node:assert/strict";
import { test } from "node:test";
import { acrossStrip, frameAcross, gainAt, placeAt, placesAt, shownAt } from "../../server/static/studio/edit/sequence.js";

const side = (frames, share) => ({ frames, share });
const DISSOLVE = { kind: "dissolve", colour: null, curve: "qsin", leaving: side(4, [1, -1 / 4]), entering: side(4, [0, 1 / 4]) };
const FADE = { kind: "fade", colour: "#102030", curve: "tri", leaving: side(3, [1, -1 / 3]), entering: side(4, [0, 1 / 4]) };
/** 20 frames, of which the last four dissolve into the first of 30, whose end fades to 10 more. */
const CLIPS = [
  { clip_id: "a", first_frame: 0, frames: 20, transition: null },
  { clip_id: "b", first_frame: 16, frames: 30, transition: { mixed: DISSOLVE } },
  { clip_id: "c", first_frame: 46, frames: 10, transition: { mixed: FADE } },
];

test("every frame of the film is a frame of a clip, and back", () => {
  for (let at = 0; at < 56; at += 1) {
    const { clip, k } = placeAt(CLIPS, at);
    assert.equal(clip.first_frame + k, at);
    assert.ok(k >= 0 && k < clip.frames, `${clip.clip_id} ${k}`);
  }
  const ids = [0, 15, 16, 45, 46, 55].map((at) => placeAt(CLIPS, at).clip.clip_id);
  assert.deepEqual(ids, ["a", "a", "b", "b", "c", "c"]);
});

test("a frame of an overlap shows both clips, the leaving one first", () => {
  const [leaving, entering] = placesAt(CLIPS, 18);
  assert.deepEqual([leaving.clip.clip_id, leaving.k, leaving.index], ["a", 18, 0]);
  assert.deepEqual([entering.clip.clip_id, entering.k, entering.index], ["b", 2, 1]);
  assert.equal(shownAt(CLIPS, 18).mix.share, 1 / 2);
});

test("a fade shows one clip at a time, mixed with the colour", () => {
  assert.deepEqual(placesAt(CLIPS, 45).map(({ clip }) => clip.clip_id), ["b"]);
  assert.equal(shownAt(CLIPS, 45).mix.colour, "#102030");
  assert.deepEqual(placesAt(CLIPS, 46).map(({ clip }) => clip.clip_id), ["c"]);
});

test("sounds cross as the film's: by the curve of the transition, and apart in a fade", () => {
  const gains = (at) => placesAt(CLIPS, at).map((place) => gainAt(CLIPS, place));
  assert.deepEqual(gains(10), [1]);
  const [leaving, entering] = gains(18);
  for (const gain of [leaving, entering]) assert.ok(Math.abs(gain - Math.SQRT1_2) < 1e-9, `${gain}`);
  assert.deepEqual(gains(30), [1]);
  assert.deepEqual(gains(44.5).map((gain) => Math.round(100 * gain)), [50]);
  assert.deepEqual(gains(46), [0]);
  assert.deepEqual(gains(48), [0.5]);
});

test("the strip gives each clip its frames before the next, and one place to each frame", () => {
  const stretches = [[0, 160], [200, 300], [520, 100]];
  assert.equal(acrossStrip(CLIPS, stretches, 8), 80);
  assert.equal(acrossStrip(CLIPS, stretches, 16), 200);
  assert.equal(acrossStrip(CLIPS, stretches, 51), 570);
  for (let at = 0; at < 56; at += 1) assert.equal(frameAcross(CLIPS, stretches, acrossStrip(CLIPS, stretches, at) + 1e-6), at);
  assert.equal(frameAcross(CLIPS, stretches, 180), 15);
  assert.equal(frameAcross(CLIPS, stretches, -50), 0);
  assert.equal(frameAcross(CLIPS, stretches, 9999), 55);
});
