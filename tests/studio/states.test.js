import assert from "node:assert/strict";
import { test } from "node:test";
import { stateChanges, stateSummary } from "../../server/static/studio/parts/states.js";

const clip = (clip_id, version = 1) => ({ clip_id, version, name: clip_id.toUpperCase() });
const state = (clips, more = {}) => ({ name: "Derby", aspect_ratio: "9:16", settings: {}, clips, ...more });

test("what changed of a project is told by its name, its settings and its clips", () => {
  const before = state([clip("a"), clip("b"), clip("c")]);
  const changesTo = (now) => stateChanges(before, now);
  assert.deepEqual(changesTo(before), []);
  assert.deepEqual(changesTo(state(before.clips, { name: "Cup", aspect_ratio: "1:1", settings: { fps: 60 } })), ["Renamed to “Cup”", "Aspect ratio: 9:16 to 1:1", "Project settings changed"]);
  assert.deepEqual(changesTo(state([clip("a"), clip("c", 2), clip("d")])), ["Added: “D”", "Removed: “B”", "Changed: “C”"]);
  assert.deepEqual(changesTo(state([clip("c"), clip("a"), clip("b")])), ["Clips reordered"]);
  assert.equal(stateSummary(before), "3 clips, 9:16");
});
