/** The exports page: every export, the newest first, with its progress and its film; failed ones can be tried again. */
import { html, render, signal, useEffect } from "./parts/preact.js";
import * as api from "./remote/api.js";
import { Confirm } from "./parts/dialog.js";
import { Share } from "./panels/share.js";
import { follow } from "./remote/follow.js";
import { ago, bytes, clock, count, explained, span } from "./parts/words.js";

const rows = signal(null);
const names = signal(new Map());
const failed = signal("");
/** The export before which the next page begins; null if there are no more. */
const next = signal(null);
/** The open dialog: {what: "remove" | "share", row} or null. */
const asked = signal(null);
const PAGE = 20;
const STATES = { queued: "Waiting", running: "Running", complete: "Complete", error: "Failed", cancelled: "Cancelled" };

async function attempt(work) {
  failed.value = "";
  try {
    await work();
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    failed.value = problem.message;
  }
}

async function load() {
  const [found, all] = await Promise.all([api.exportsOf(null, { limit: PAGE }), api.projects()]);
  names.value = new Map(all.projects.map((project) => [project.id, project.name]));
  [rows.value, next.value] = [found.exports, found.next];
}

const more = () => attempt(async () => {
  const found = await api.exportsOf(null, { limit: PAGE, before: next.value });
  [rows.value, next.value] = [[...rows.value, ...found.exports], found.next];
});

const nameOf = (row) => names.value.get(row.project_id) ?? "a project";
const close = () => (asked.value = null);
const remove = (row) => attempt(async () => {
  close();
  await api.removeExport(row.export_id);
  rows.value = rows.value.filter((each) => each.export_id !== row.export_id);
  if (!rows.value.length) await load();
});

const put = (exportId, members) => (rows.value = rows.value.map((row) => (row.export_id === exportId ? { ...row, ...members } : row)));

const again = (row) => attempt(async () => {
  await api.beginExport(row.project_id, api.freshId());
  await load();
});
const cancel = (row) => attempt(async () => put(row.export_id, await api.cancelExport(row.export_id)));

function Page() {
  return html`<h1>Exports</h1>
    ${failed.value && html`<p class="notice bad" role="alert">${failed.value}</p>`}
    ${rows.value === null ? !failed.value && html`<p class="quiet" role="status">Loading…</p>` : html`<${List} /><${Asked} />`}`;
}

function Asked() {
  if (!asked.value) return null;
  const { what, row } = asked.value;
  if (what === "share") return html`<${Share} film=${row.result.working_video_id} name=${nameOf(row)} onClose=${close} />`;
  return html`<${Confirm} title="Delete this export?" yes="Delete export" danger onYes=${() => remove(row)} onClose=${close}>
    <p>${row.result ? `The video of “${nameOf(row)}” is deleted, and links to it end. The project stays.` : `It leaves the list. The project “${nameOf(row)}” stays.`}</p><//>`;
}

function List() {
  if (!rows.value.length) return html`<div class="empty"><h2>No exported videos yet</h2><p>Open a project and press Export. Every export is listed here, failed ones too.</p><a class="button" href="/">Projects</a></div>`;
  return html`<ul class="export-list">${rows.value.map((row) => html`<${Row} key=${row.export_id} row=${row} />`)}</ul>
    ${next.value && html`<p class="row end"><button onClick=${more}>Show earlier exports</button></p>`}`;
}

function Row({ row }) {
  const open = row.state === "queued" || row.state === "running";
  useEffect(() => open ? follow(row.export_id, (state) => {
    if (state.away) return;
    put(row.export_id, state);
    if (state.done) void attempt(async () => put(row.export_id, await api.exported(row.export_id)));
  }) : undefined, [open]);
  const project = nameOf(row);
  const ask = (what) => () => (asked.value = { what, row });
  return html`<li>
    <div class="film-place">${row.result ? html`<${Film} row=${row} />` : html`<span class="quiet">${open ? `${Math.floor(100 * row.progress)} %` : "No video"}</span>`}</div>
    <div class="about"><p class="row apart"><a href=${`/projects/${row.project_id}`}>${project}</a><span class=${`state ${row.state}`}>${STATES[row.state]}</span></p>
      <p class="quiet">${ago(row.created_at)}${row.completed_at && row.started_at ? ` · took ${span((Date.parse(row.completed_at) - Date.parse(row.started_at)) / 1000)}` : ""}${row.attempt > 1 ? ` · attempt ${row.attempt}` : ""}</p>
      ${open && html`<progress max="1" value=${row.progress} aria-label=${`Export of ${project}`}></progress><p class="quiet">${row.message ?? row.stage}${row.eta_s ? ` · ${span(row.eta_s)} left` : ""}</p>`}
      ${row.error && html`<p class="why">${explained(row.error)}</p>`}
      ${row.error?.log && html`<details><summary>Log</summary><pre class="log">${row.error.log}</pre></details>`}
      ${row.result && html`<${Notices} warnings=${row.result.warnings} />`}
      <p class="row">${open && html`<button class="small" onClick=${() => cancel(row)}>Cancel</button>`}
        ${(row.state === "error" || row.state === "cancelled") && html`<button class="small" onClick=${() => again(row)} title="Exports the project as it is saved now">Try again</button>`}
        ${row.result && html`<a class="button small" href=${api.filmMedia(row.result.working_video_id)} download=${row.result.filename}>Download</a><button class="small" onClick=${ask("share")} aria-haspopup="dialog">Share link…</button><span class="quiet">${facts(row.result.working_video_id)}</span>`}
        ${!open && html`<button class="plain small" onClick=${ask("remove")} aria-label=${`Delete this export of ${project}`}>Delete</button>`}</p>
    </div></li>`;
}

const films = signal(new Map());

function facts(id) {
  const known = films.value.get(id);
  return known ? `${clock(known.duration)} · ${bytes(known.size)}` : "";
}

function Notices({ warnings }) {
  if (!warnings.length) return null;
  const told = warnings.map((warning, index) => html`<li key=${index}>${explained(warning)}</li>`);
  return html`<details><summary>${count(warnings.length, "notice")}</summary><ul class="quiet">${told}</ul></details>`;
}

function Film({ row }) {
  const id = row.result.working_video_id;
  useEffect(() => void attempt(async () => (films.value = new Map([...films.peek(), [id, await api.film(id)]]))), []);
  return html`<video src=${`${api.filmMedia(id)}#t=0.01`} controls playsinline preload="metadata" aria-label=${`Video of ${names.value.get(row.project_id) ?? "a project"}`}></video>`;
}

const place = document.getElementById("exports");
place.replaceChildren();
render(html`<${Page} />`, place);
await attempt(load);
