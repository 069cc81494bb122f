import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { newClip } from "../../server/static/studio/edit/model.js";
import * as store from "../../server/static/studio/edit/store.js";
import { conflict, save, settle } from "../../server/static/studio/remote/save.js";

const real = globalThis.fetch;
const clip = (id, more = {}) => ({ ...newClip({ raw_clip_id: "r", name: id }), id, version: 1, ...more });
const project = (clips, more = {}) => ({ id: "p", name: "P", aspect_ratio: "9:16", settings: {}, clips, ...more });
const saved = (clips, more) => [200, { ...project(clips, more), warnings: [] }];
const turn = (clip_id, rotation) => store.dispatch({ do: "set-rotation", clip_id, rotation });

/** Replace fetch by one that gives these answers in turn; returns the list of requests, their bodies read. */
function answers(...given) {
  const asked = [];
  globalThis.fetch = async (path, { method, body, headers }) => {
    const next = given[asked.push({ ask: `${method} ${path}`, body: body && JSON.parse(body), key: headers["idempotency-key"] }) - 1];
    if (next instanceof Error) throw next;
    return new Response(JSON.stringify(next[1]), { status: next[0], headers: next[2] });
  };
  return asked;
}

beforeEach(() => store.load(project([clip("a"), clip("b")])));
afterEach(() => (globalThis.fetch = real));

test("everything unsaved is one request", async () => {
  turn("a", 1);
  store.dispatch({ do: "remove-clip", clip_id: "b" });
  store.dispatch({ do: "duplicate-clip", clip_id: "a", as: "c" });
  store.dispatch({ do: "set-project", project: { name: "Q" } });
  const asked = answers(saved([clip("a", { version: 2, rotation: 1 }), clip("c", { rotation: 1, name: "a copy" })], { name: "Q" }));
  assert.equal(await save(), true);
  assert.equal(asked.length, 1);
  const [{ ask, body }] = asked;
  assert.equal(ask, "POST /api/projects/p/changes");
  assert.deepEqual([body.clips, body.remove, body.order, body.project],
    [[{ clip_id: "a", version: 1, rotation: 1 }], [{ clip_id: "b", version: 1 }], ["a", "c"], { name: "Q" }]);
  assert.deepEqual([body.add.length, body.add[0].clip_id, body.add[0].raw_clip_id, body.add[0].rotation, body.add[0].name], [1, "c", "r", 1, "a copy"]);
  assert.deepEqual([store.dirty.value, store.clips.value.map((each) => each.version)], [false, [2, 1]]);
});

test("a save whose answer was lost is repeated with its key", async () => {
  turn("a", 1);
  const asked = answers(new TypeError("lost"), saved([clip("a", { version: 2, rotation: 1 }), clip("b")]));
  assert.equal(await save(), true);
  assert.deepEqual([asked.length, new Set(asked.map((each) => each.key)).size], [2, 1]);
});

test("changes from elsewhere are merged, and saved over their version", async () => {
  turn("a", 1);
  const theirs = clip("a", { version: 2, name: "theirs" });
  const asked = answers([412, { error: "version_conflict" }], [200, project([theirs, clip("b")])],
    saved([clip("a", { version: 3, name: "theirs", rotation: 1 }), clip("b")]));
  assert.equal(await save(), true);
  assert.deepEqual(asked.at(-1).body, { clips: [{ clip_id: "a", version: 2, rotation: 1 }] });
  assert.deepEqual([store.clips.value[0].name, store.clips.value[0].rotation], ["theirs", 1]);
});

test("a conflict waits for an answer; theirs begins a history that can still bring mine back", async () => {
  turn("b", 5);
  turn("a", 1);
  const theirs = [clip("a", { version: 2, rotation: 2 }), clip("b")];
  answers([412, { error: "version_conflict" }], [200, project(theirs)]);
  assert.equal(await save(), false);
  assert.deepEqual(conflict.value.map(({ clip_id, field, mine, theirs: other }) => [clip_id, field, mine, other]), [["a", "rotation", 1, 2]]);
  const asked = answers(saved([theirs[0], clip("b", { version: 2, rotation: 5 })]));
  assert.equal(await settle(false), true);
  assert.deepEqual([asked[0].body.clips.map((each) => each.clip_id), store.clips.value[0].rotation], [["b"], 2]);
  assert.deepEqual([store.undo(), store.clips.value[0].rotation, store.undo()], [true, 1, false]);
});

test("a refusal that reading the project again does not explain is an error, and is not repeated", async () => {
  turn("a", 1);
  const asked = answers([412, { error: "version_conflict", message: "no" }], [200, project([clip("a"), clip("b")])]);
  assert.equal(await save(), false);
  assert.deepEqual([asked.length, store.saving.value.state], [2, "error"]);
});
