/** The editor's page: loads the project and places the panels. */
import { html, render, signal } from "./parts/preact.js";
import * as api from "./remote/api.js";
import { Bar } from "./panels/bar.js";
import { Clips, takeFiles } from "./panels/clips.js";
import { catchDrops } from "./parts/drops.js";
import { startDrafting } from "./remote/draft.js";
import { startExporting } from "./remote/export.js";
import { Exporting } from "./panels/export.js";
import { Framing } from "./panels/framing.js";
import { Hint, startHinting } from "./panels/hints.js";
import { bindKeys, Sheet } from "./panels/keys.js";
import { Preview } from "./panels/preview.js";
import { Problems } from "./panels/problems.js";
import { keptOf, startKeeping } from "./remote/keep.js";
import { startSaving } from "./remote/save.js";
import { Settings } from "./panels/settings.js";
import { SaveNotes } from "./panels/save_state.js";
import { clips, edit, load, selected } from "./edit/store.js";
import { Timeline } from "./timeline/timeline.js";
import { guardUploads } from "./panels/uploads.js";

const place = document.getElementById("studio");
const failed = signal(null);

function Editor() {
  if (failed.value) return html`<main class="stopped"><p class="lead" role="alert">${failed.value}</p><p><a href="/">All projects</a></p></main>`;
  if (!edit.value) return html`<main class="stopped"><p class="quiet" role="status">Loading…</p></main>`;
  const some = clips.value.length > 0;
  return html`<${Bar} /><${SaveNotes} />
    <main class=${some ? "desk" : "desk bare"}>
      <div class="rail"><${Clips} /></div>
      <div class="stage">${selected.value && html`<${Framing} />`}<${Hint} at="stage" /></div>
      <div class="side">${some && html`<${Preview} />`}<${Exporting} /><${Problems} /><${Hint} at="side" /></div>
      <div class="lane">${some && html`<${Timeline} />`}<${Hint} at="lane" /></div>
    </main><${Sheet} /><${Settings} />`;
}

place.replaceChildren();
catchDrops(takeFiles);
render(html`<${Editor} />`, place);
try {
  load(await api.project(place.dataset.project), keptOf(place.dataset.project));
  startKeeping();
  startHinting();
  startDrafting();
  startSaving();
  guardUploads();
  bindKeys();
  await startExporting();
} catch (problem) {
  if (!(problem instanceof api.Problem)) throw problem;
  failed.value = problem.message;
}
