/** The editor's page: loads the project and puts the panels where they belong. */
import { html, render, signal } from "./core.js";
import * as api from "./api.js";
import { Clips } from "./clips.js";
import { startDrafting } from "./drafting.js";
import { Exporting } from "./exporting.js";
import { Framing } from "./framing.js";
import { History } from "./history.js";
import { bindKeys } from "./keys.js";
import { Preview } from "./preview.js";
import { Saving } from "./saving.js";
import { clips, edit, load, selected } from "./store.js";
import { Timeline } from "./timeline.js";

const place = document.getElementById("studio");
const failed = signal(null);

function Editor() {
  if (failed.value) return html`<p class="lead" role="alert">${failed.value}</p>`;
  if (!edit.value) return html`<p class="quiet" role="status">Loading…</p>`;
  return html`
    <div class="bar"><${Saving} /><${History} /></div>
    <div class="rail"><${Clips} /></div>
    <div class="stage">${selected.value && html`<${Framing} />`}</div>
    <div class="side">${clips.value.length > 0 && html`<${Preview} />`}<${Exporting} /></div>
    <div class="lane">${clips.value.length > 0 && html`<${Timeline} />`}</div>`;
}

render(html`<${Editor} />`, place);
try {
  load(await api.project(place.dataset.project));
  startDrafting(place.dataset.project);
  bindKeys();
} catch (problem) {
  failed.value = problem.message;
}
