import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import * as api from "../../server/static/studio/remote/api.js";

const real = globalThis.fetch;
afterEach(() => (globalThis.fetch = real));

/** Replace fetch by one that gives these answers in turn, a status with a body or an error; returns the list of requests. */
function answers(...given) {
  const asked = [];
  globalThis.fetch = async (path, init) => {
    asked.push({ path, ...init });
    const next = given[Math.min(asked.length, given.length) - 1];
    if (next instanceof Error) throw next;
    const [status, body, headers = {}] = next;
    return new Response(body === null ? null : typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  return asked;
}

const gone = new TypeError("failed to fetch");
const soon = { "retry-after": "0.01" };
const conflict = { error: "version_conflict", message: "the clip is at version 3", current_version: 3 };

test("a problem has the server's words, code and members", async () => {
  answers([412, conflict]);
  await assert.rejects(api.restore("p", "c", 1, 2), (problem) => {
    assert.deepEqual([problem.status, problem.error, problem.message, problem.members.current_version, problem.passing],
      [412, "version_conflict", "the clip is at version 3", 3, false]);
    return true;
  });
});

test("a restore names its version, and is repeated with one key while the failure may pass", async () => {
  const asked = answers([503, { message: "busy" }, soon], gone, [200, { success: true }]);
  assert.deepEqual(await api.restore("p", "c", 1, 2), { success: true });
  assert.equal(asked.length, 3);
  assert.deepEqual([...new Set(asked.map((each) => each.headers["if-match"]))], ['"2"']);
  assert.equal(new Set(asked.map((each) => each.headers["idempotency-key"])).size, 1);
  assert.match(asked[0].headers["idempotency-key"], /^[0-9a-f]{24}$/);
});

test("a refused request is not repeated, nor a request without a key", async () => {
  let asked = answers([422, { message: "no" }]);
  await assert.rejects(api.restore("p", "c", 1, 2), { status: 422 });
  assert.equal(asked.length, 1);
  asked = answers(gone);
  await assert.rejects(api.removeProject("p"), { status: 0, error: "offline" });
  assert.equal(asked.length, 1);
  asked = answers([503, { message: "busy" }, soon]);
  await assert.rejects(api.draft("p", {}), { status: 503 });
  assert.equal(asked.length, 1);
});

test("reads are tried three times, then fail because the server does not answer", async () => {
  const asked = answers(gone);
  await assert.rejects(api.projects(), (problem) => problem.passing && /does not answer/.test(problem.message));
  assert.equal(asked.length, 3);
});

test("an answer that is not JSON is a problem with a message", async () => {
  answers([500, "<h1>oops</h1>"]);
  await assert.rejects(api.me(), { status: 500, error: "unreadable_answer" });
});

test("an export is requested again with the same id and versions", async () => {
  const asked = answers(gone, [202, { status: "accepted" }]);
  const clips = [{ clip_id: "c", version: 4 }];
  await api.beginExport("p", "e1", clips);
  assert.deepEqual(asked.map((each) => JSON.parse(each.body)), Array(2).fill({ project_id: "p", export_id: "e1", clips }));
  assert.equal(asked[0].headers.prefer, "respond-async");
});

test("faults are all errors of a problem, or the problem itself", () => {
  const one = { message: "a", clip_id: "c" };
  assert.deepEqual(new api.Problem(422, { ...one, errors: [one, one] }).faults, [one, one]);
  assert.deepEqual(new api.Problem(400, one).faults, [one]);
});

test("ids are fresh", () => {
  assert.equal(new Set(Array.from({ length: 1000 }, api.freshId)).size, 1000);
});
