/** The export: its button, its progress, its error, and the film. */
import { computed, html, useEffect, useRef, useState } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { away, cancel, exportNow, film, job, outdated, refused, starting, underWay } from "../remote/export.js";
import { clips, draft } from "../edit/store.js";
import { Notices } from "./problems.js";
import { openExport } from "./settings.js";
import { bytes, clock, explained, span } from "../parts/words.js";

const STAGES = ["queued", "fetching", "rendering", "verifying", "storing"];
const NAMES = { queued: "Waiting for its turn", fetching: "Fetching footage", rendering: "Rendering", verifying: "Checking the video", storing: "Saving the video", complete: "Done" };
/** Seconds after which an estimate is good enough to show. */
const GUESS = 3;

/** How long an export will take, for people; empty while that is not known. */
const expected = computed(() => {
  const found = draft.value?.export;
  return found ? `about ${span(rough(found.seconds))}${found.measured ? "" : " (first estimate)"}` : "";
});

/** Seconds as they are known: no finer than a tenth of them. */
function rough(seconds) {
  const step = [1, 5, 10, 30, 60, 300].findLast((each) => each <= Math.max(1, seconds / 10)) ?? 1;
  return Math.max(1, Math.round(seconds / step) * step);
}

/** The primary button: Export, and after that Download, until the edit changes. */
export function ExportButton() {
  if (film.value && outdated.value === false && !underWay.value) {
    return html`<a class="button lamp" href=${api.filmMedia(film.value.id)} download=${film.value.filename} title=${film.value.filename}>Download</a>`;
  }
  const does = "Save, then export what is saved (Ctrl Enter)";
  return html`<button class="lamp" onClick=${exportNow} disabled=${underWay.value || !clips.value.length} title=${expected.value ? `${does}; it takes ${expected.value}` : does}>
    ${starting.value ? "Starting…" : underWay.value ? "Exporting…" : "Export"}
    ${!underWay.value && expected.value && html`<small aria-hidden="true">${expected.value.replace(" (first estimate)", "")}</small>`}</button>`;
}

export function Exporting() {
  const newest = job.value;
  return html`<section class="exporting panel" aria-label="Export">
    ${refused.value && html`<p class="notice bad" role="alert">${refused.value}</p>`}
    ${newest && !newest.done && html`<${Progress} job=${newest} />`}
    ${newest?.done && newest.state === "error" && html`<${Failure} job=${newest} />`}
    ${newest?.done && newest.state === "cancelled" && html`<p class="quiet">The export was cancelled.${film.value && " The last exported video is kept."}</p>`}
    ${film.value && !(newest && !newest.done) && html`<${Film} film=${film.value} />`}
    ${!film.value && !newest && !refused.value && html`<p class="quiet">Export saves your edit and renders the video on the server. It appears here${expected.value && `, after ${expected.value}`}.</p>`}
    ${!(newest && !newest.done) && html`<div class="row"><button class="small" onClick=${openExport} disabled=${!clips.value.length} aria-haspopup="dialog">Export with other settings…</button></div>`}
    <${Announced} job=${newest} />
  </section>`;
}

function Progress({ job }) {
  const elapsed = useElapsed(job.begun);
  const percent = Math.floor(100 * job.progress);
  useTitle(`${percent} %`);
  const left = job.eta_s === null || job.eta_s === undefined || elapsed < GUESS ? "estimating…" : `${span(job.eta_s)} left`;
  const at = STAGES.indexOf(job.stage);
  return html`<h2>Exporting <b class="percent">${percent} %</b></h2>
    <progress max="1" value=${job.progress} aria-label="Export">${percent} %</progress>
    <ol class="steps" aria-label="Stages">${STAGES.map((stage, index) => html`<li key=${stage} class=${index < at ? "past" : index === at ? "now" : ""} aria-current=${index === at ? "step" : null}>${stage}</li>`)}</ol>
    <p class="now-doing">${away.value ? "The server does not answer; trying again…" : NAMES[job.stage] ?? job.stage}${job.place ? ` · number ${job.place} in the queue` : ""}${job.attempt > 1 ? ` (attempt ${job.attempt})` : ""}</p>
    <dl class="facts small-facts">
      ${job.frames > 0 && html`<div><dt>Frame</dt><dd>${job.frame} of ${job.frames}</dd></div>`}
      ${job.fps > 0 && html`<div><dt>Speed</dt><dd>${job.fps.toFixed(job.fps < 10 ? 1 : 0)} fps</dd></div>`}
      <div><dt>Left</dt><dd>${job.state === "queued" ? "–" : left.replace(" left", "")}</dd></div>
      <div><dt>Elapsed</dt><dd>${span(elapsed)}</dd></div>
    </dl>
    <div class="row"><button class="small" onClick=${cancel} disabled=${job.cancelling}>${job.cancelling ? "Cancelling…" : "Cancel export"}</button></div>`;
}

/** Announces progress to screen readers at every tenth, not at every frame. */
function Announced({ job }) {
  const words = !job ? "" : !job.done ? `Export: ${Math.floor(10 * job.progress) * 10} percent` : `Export ${job.state === "complete" ? "complete: the video is ready" : job.state}`;
  return html`<p class="unseen" role="status" aria-live="polite">${words}</p>`;
}

function Failure({ job }) {
  const error = job.error ?? {};
  return html`<div class="notice bad" role="alert"><h2>The export failed</h2>
    <p>${error.message ? explained(error) : "The server did not say why."}</p>
    ${error.log && html`<details><summary>Log</summary><pre class="log">${error.log}</pre></details>`}
    <p><button class="small" onClick=${exportNow}>Export again</button></p></div>`;
}

function Film({ film }) {
  const media = api.filmMedia(film.id);
  return html`<div class="film"><h2>Exported video ${outdated.value && html`<span class="tag">edited since</span>`}</h2>
    <video src=${media} controls playsinline preload="metadata" aria-label="Exported video"></video>
    <p class="quiet film-facts">${clock(film.duration)} · ${film.frames} frames · ${bytes(film.size)}${film.took > 0 ? ` · made in ${span(Math.max(1, film.took))}` : ""}</p>
    <div class="row">${outdated.value === false ? html`<button class="small" onClick=${exportNow}>Export again</button>` : html`<a class="button small" href=${media} download=${film.filename}>Download</a>`}<span class="quiet name">${film.filename}</span></div>
    <${Notices} warnings=${film.warnings ?? []} /></div>`;
}

/** Seconds since a moment, updated every second. */
export function useElapsed(since) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, (now - since) / 1000);
}

/** Puts words before the page's title while the component is on the page. */
function useTitle(words) {
  const title = useRef(document.title);
  useEffect(() => {
    document.title = `${words} · ${title.current}`;
  }, [words]);
  useEffect(() => () => (document.title = title.current), []);
}
