/** The export: its button, how far it is, what stopped it, and the film when it is there. */
import { html, useEffect, useRef, useState } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { away, cancel, exportNow, film, job, outdated, refused, starting, underWay } from "../remote/export.js";
import { clips } from "../edit/store.js";
import { bytes, clock, span } from "../parts/words.js";

const STAGES = ["queued", "fetching", "rendering", "verifying", "storing"];
const NAMES = { queued: "Waiting for its turn", fetching: "Fetching footage", rendering: "Rendering", verifying: "Checking the film", storing: "Storing", complete: "Done" };
/** Seconds before which an estimate is a guess. */
const GUESS = 3;

/** The button, wherever it stands. */
export function ExportButton() {
  return html`<button class="lamp" onClick=${exportNow} disabled=${underWay.value || !clips.value.length} title="Save, then export what is saved (Ctrl Enter)">
    ${starting.value ? "Starting…" : underWay.value ? "Exporting…" : "Export"}</button>`;
}

export function Exporting() {
  const shown = job.value;
  return html`<section class="exporting panel" aria-label="Export">
    ${refused.value && html`<p class="notice bad" role="alert">${refused.value}</p>`}
    ${shown && !shown.done && html`<${Progress} job=${shown} />`}
    ${shown?.done && shown.state === "error" && html`<${Failure} job=${shown} />`}
    ${shown?.done && shown.state === "cancelled" && html`<p class="quiet">The export was cancelled. The film before it is still there.</p>`}
    ${film.value && !(shown && !shown.done) && html`<${Film} film=${film.value} />`}
    ${!film.value && !shown && !refused.value && html`<p class="quiet">Export saves the edit and renders it on the server. The film appears here.</p>`}
    <${Announced} job=${shown} />
  </section>`;
}

function Progress({ job: shown }) {
  const elapsed = useElapsed(shown.begun);
  const percent = Math.floor(100 * shown.progress);
  useTitle(`${percent} %`);
  const left = shown.eta_s === null || shown.eta_s === undefined || elapsed < GUESS ? "estimating…" : `${span(shown.eta_s)} left`;
  const at = STAGES.indexOf(shown.stage);
  return html`<h2>Exporting <b class="percent">${percent} %</b></h2>
    <progress max="1" value=${shown.progress} aria-label="Export">${percent} %</progress>
    <ol class="steps" aria-label="Stages">${STAGES.map((stage, index) => html`<li key=${stage} class=${index < at ? "past" : index === at ? "now" : ""} aria-current=${index === at ? "step" : null}>${stage}</li>`)}</ol>
    <p class="now-doing">${away.value ? "The server does not answer; trying again…" : NAMES[shown.stage] ?? shown.stage}${shown.attempt > 1 ? ` (attempt ${shown.attempt})` : ""}</p>
    <dl class="facts small-facts">
      ${shown.frames > 0 && html`<div><dt>Frame</dt><dd>${shown.frame} of ${shown.frames}</dd></div>`}
      ${shown.fps > 0 && html`<div><dt>Speed</dt><dd>${shown.fps.toFixed(shown.fps < 10 ? 1 : 0)} fps</dd></div>`}
      <div><dt>Left</dt><dd>${shown.state === "queued" ? "–" : left.replace(" left", "")}</dd></div>
      <div><dt>Elapsed</dt><dd>${span(elapsed)}</dd></div>
    </dl>
    <div class="row"><button class="small" onClick=${cancel} disabled=${shown.cancelling}>${shown.cancelling ? "Cancelling…" : "Cancel export"}</button></div>`;
}

/** Says how far it is at every tenth, not at every frame. */
function Announced({ job: shown }) {
  const words = !shown ? "" : !shown.done ? `Export: ${Math.floor(10 * shown.progress) * 10} percent` : `Export ${shown.state === "complete" ? "complete: the film is ready" : shown.state}`;
  return html`<p class="unseen" role="status" aria-live="polite">${words}</p>`;
}

function Failure({ job: shown }) {
  const error = shown.error ?? {};
  return html`<div class="notice bad" role="alert"><h2>The export failed</h2>
    <p>${error.message ?? "The server did not say why."}</p>
    ${error.hint && html`<p>${error.hint}</p>`}
    ${error.log && html`<details><summary>Log</summary><pre class="log">${error.log}</pre></details>`}
    <p><button class="small" onClick=${exportNow}>Export again</button></p></div>`;
}

function Film({ film: shown }) {
  const media = api.filmMedia(shown.id);
  return html`<div class="film"><h2>Film ${outdated.value && html`<span class="tag">edited since</span>`}</h2>
    <video src=${media} controls playsinline preload="metadata" aria-label="The film"></video>
    <p class="quiet film-facts">${clock(shown.duration)} · ${shown.frames} frames · ${bytes(shown.size)}${shown.took > 0 ? ` · made in ${span(Math.max(1, shown.took))}` : ""}</p>
    <div class="row"><a class="button small" href=${media} download=${shown.filename}>Download</a><span class="quiet name">${shown.filename}</span></div></div>`;
}

/** Seconds since a moment, told every second. */
export function useElapsed(since) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, (now - since) / 1000);
}

/** Words before the page's title, for as long as they are shown. */
function useTitle(words) {
  const title = useRef(document.title);
  useEffect(() => {
    document.title = `${words} · ${title.current}`;
  }, [words]);
  useEffect(() => () => (document.title = title.current), []);
}
