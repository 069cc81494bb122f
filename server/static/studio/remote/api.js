/**
 * The server's operations as functions. Every failure is a `Problem` with a message for people. Requests that are safe to
 * repeat are tried a few times: reads, and requests with an Idempotency-Key. This module does not use the edit.
 */

/** A request that failed: `error` is the server's code; `status` is 0 if the server did not answer. */
export class Problem extends Error {
  constructor(status, members) {
    super(members.message ?? "the server failed");
    members.message ??= this.message;
    this.name = "Problem";
    this.status = status;
    this.error = members.error ?? "";
    this.members = members;
  }

  /** Whether the same request may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504;
  }

  /** The errors in the edit that it reports, each {clip_id, pointer, message, hint}. */
  get faults() {
    return this.members.errors?.length ? this.members.errors : [this.members];
  }
}

const TRIES = 3;
const FIRST_PAUSE = 400;

/** A random id. crypto.randomUUID would do, but pages served without https do not have it. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send a request. `ifMatch` is a version; `key` an Idempotency-Key; `once` forbids another try. Resolves to the JSON of
 * the answer, or null if it has no body. Throws Problem, or AbortError after `signal` aborts.
 */
async function ask(method, path, { body, ifMatch, key, signal, headers = {}, once = false } = {}) {
  const given = { accept: "application/json", ...headers };
  if (body !== undefined) given["content-type"] = "application/json";
  if (ifMatch !== undefined) given["if-match"] = `"${ifMatch}"`;
  if (key) given["idempotency-key"] = key;
  const again = !once && (method === "GET" || Boolean(key));
  for (let turn = 1; ; turn += 1) {
    try {
      return await asked(method, path, { headers: given, body: body === undefined ? undefined : JSON.stringify(body), signal });
    } catch (problem) {
      if (!(problem instanceof Problem) || !problem.passing || !again || turn === TRIES) throw problem;
      await pause(problem.after ?? FIRST_PAUSE * 2 ** (turn - 1), signal);
    }
  }
}

/** The server's response, whatever its status. */
async function respond(method, path, init) {
  try {
    return await fetch(path, { method, credentials: "same-origin", ...init });
  } catch (failed) {
    if (failed.name === "AbortError") throw failed;
    throw new Problem(0, { error: "offline", message: "the server does not answer" });
  }
}

async function asked(method, path, init) {
  const answer = await respond(method, path, init);
  const text = await answer.text();
  const body = read(text, answer);
  if (answer.ok) return body;
  const problem = new Problem(answer.status, body ?? {});
  const after = Number(answer.headers.get("retry-after"));
  if (after > 0) problem.after = after * 1000;
  throw problem;
}

function read(text, answer) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return { error: "unreadable_answer", message: `the server answered ${answer.status} with a body that is not JSON` };
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("no longer wanted", "AbortError"));
    });
  });
}

/** The HTML of a page of this site. Its errors are pages too, so a Problem of one has only a status. */
export async function page(address) {
  const answer = await respond("GET", address, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Problem(answer.status, {});
  return answer.text();
}

const rawClipPath = (id) => `/api/raw-clips/${encodeURIComponent(id)}`;
const clipsOf = (project) => `/api/clips/projects/${project}/clips`;
const pageOf = (path, before) => (before === null ? path : `${path}?before=${before}`);
const once = () => ({ key: freshId() });

export const me = () => ask("GET", "/api/me");
export const signOut = () => ask("POST", "/sign-out");

export const projects = () => ask("GET", "/api/projects");
export const project = (id, more) => ask("GET", `/api/projects/${id}`, more);
export const addProject = (body) => ask("POST", "/api/projects", { body, ...once() });
export const changeProject = (id, body) => ask("PATCH", `/api/projects/${id}`, { body, ...once() });
export const duplicateProject = (id) => ask("POST", `/api/projects/${id}/duplicate`, { body: {}, ...once() });
export const removeProject = (id) => ask("DELETE", `/api/projects/${id}`);

export const rawClips = () => ask("GET", "/api/raw-clips");
export const deletedRawClips = () => ask("GET", "/api/raw-clips?deleted=true");
/** Delete an upload, also if clips use it. */
export const removeRawClip = (id) => ask("DELETE", `${rawClipPath(id)}?used=true`);
export const restoreRawClip = (id) => ask("POST", `${rawClipPath(id)}/restore`, once());
export const rawClip = (id) => ask("GET", rawClipPath(id));
/** Make a part of an upload's file, {start_time, end_time, name}, an upload of its own. */
export const makePart = (id, part) => ask("POST", `${rawClipPath(id)}/windows`, { body: { windows: [part] }, ...once() });
export const mediaOf = (id) => `${rawClipPath(id)}/media`;
export const filmstrip = (id) => ask("GET", `${rawClipPath(id)}/filmstrip.json`);
export const filmstripPicture = (id) => `${rawClipPath(id)}/filmstrip`;
export const peaks = (id) => ask("GET", `${rawClipPath(id)}/peaks`);
export const proxy = (id) => ask("GET", `${rawClipPath(id)}/proxy`);
/** Have a proxy made; the server makes only one, however often it is asked. */
export const makeProxy = (id) => ask("POST", `${rawClipPath(id)}/proxy`);
export const proxyMedia = (id) => `${rawClipPath(id)}/proxy/media`;

/** Save changes of a project, all or none, under an Idempotency-Key. */
export const saveChanges = (id, body, key) => ask("POST", `/api/projects/${id}/changes`, { body, key });
/** A page of a clip's versions, the newest first, and the `before` of the next page. */
export const versions = (id, clip, before = null) =>
  ask("GET", pageOf(`${clipsOf(id)}/${clip}/versions`, before));
/** A page of a project's states, the newest first, and the `before` of the next page; and one of them, with its clips. */
export const states = (id, before = null) => ask("GET", pageOf(`/api/projects/${id}/versions`, before));
export const stateOf = (id, version) => ask("GET", `/api/projects/${id}/versions/${version}`);
export const restore = (id, clip, version, ifMatch) =>
  ask("POST", `${clipsOf(id)}/${clip}/restore`, { body: { version }, ifMatch, ...once() });
export const draft = (id, body, signal) => ask("POST", `/api/projects/${id}/draft`, { body, signal, once: true });

/** A page of exports, newest first: of one project if an id is given; `query` has their number, `limit`, and `before`. */
export function exportsOf(id, query = {}) {
  const asked = String(new URLSearchParams(id ? { project_id: id, ...query } : query));
  return ask("GET", asked ? `/api/export?${asked}` : "/api/export");
}
export const removeExport = (exportId) => ask("POST", `/api/export/${exportId}/remove`, once());
export const exported = (exportId, more) => ask("GET", `/api/export/${exportId}`, more);
/** Begin an export of these versions, with settings of its own or null. Its id is the key too, so a request whose answer was lost can be repeated. */
export const beginExport = (project_id, export_id, clips, settings = null) =>
  ask("POST", "/api/export/framing/render", { body: { project_id, export_id, clips, ...(settings && { settings }) }, key: export_id, headers: { prefer: "respond-async" } });
/** A WebSocket on which the server sends an export's state, and then its changes. */
export const exportSocket = (exportId) =>
  new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/export/${exportId}`);
export const cancelExport = (exportId) => ask("DELETE", `/api/export/${exportId}`, { key: exportId });
/** The frames of clips that a project's film shows at a time. */
export const seenAt = (project, at) => ask("GET", `/projects/${project}/explain/at.json?at=${encodeURIComponent(at)}`);
export const film = (id) => ask("GET", `/api/working-videos/${id}`);
export const shareFilm = (id, seconds) => ask("POST", `/api/working-videos/${id}/link`, { body: { seconds } });
export const filmMedia = (id) => `/api/working-videos/${id}/media`;

/**
 * Upload a file as a raw clip. `onProgress(sent, size)` is called as it goes on; `signal` aborts it. XMLHttpRequest, because
 * fetch does not report how much of a body was sent.
 */
export function upload(file, { onProgress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/raw-clips?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", /^(video|image)\//.test(file.type) ? file.type : "application/octet-stream");
    request.setRequestHeader("idempotency-key", freshId());
    request.upload.onprogress = (event) => onProgress?.(event.loaded, file.size);
    request.onerror = () => reject(new Problem(0, { error: "offline", message: "the connection broke off" }));
    request.onabort = () => reject(new DOMException("no longer wanted", "AbortError"));
    request.onload = () => {
      const answer = read(request.responseText, request);
      if (request.status === 201) resolve(answer);
      else reject(new Problem(request.status, answer ?? {}));
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
