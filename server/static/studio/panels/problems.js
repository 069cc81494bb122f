/** The errors that prevent an export; a click on one selects the place in the edit. */
import { html } from "../parts/preact.js";
import { count, explained } from "../parts/words.js";
import { restore } from "./deletion.js";
import { clipById, clips, draft, problems, reveal } from "../edit/store.js";

const named = (clipId) => clips.value.find((clip) => clip.clip_id === clipId)?.name;

export function Problems() {
  const found = problems.value;
  const warnings = draft.value?.warnings ?? [];
  if (!found.length && !warnings.length) return null;
  return html`<section class="problems panel" aria-label="Problems">
    ${found.length > 0 && html`<h2>${`Fix ${count(found.length, "problem")} before export`}</h2>
      <ul>${found.map((problem, index) => html`<li key=${index}><button class="problem" onClick=${() => reveal(problem)}>
        ${named(problem.clip_id) && html`<b>${named(problem.clip_id)}</b>`}<span>${explained({ message: problem.message })}</span>${problem.hint && html`<span class="quiet">${explained({ message: problem.hint })}</span>`}
      </button>${problem.error === "raw_clip_deleted" && html`<button class="small" onClick=${() => restore(clipById(problem.clip_id).raw_clip_id)} aria-label=${`Restore the upload of ${named(problem.clip_id)}`}>Restore</button>`}</li>`)}</ul>`}
    <${Notices} warnings=${warnings} />
  </section>`;
}

/** What does not prevent an export: of the edit, or of a video that was exported. */
export function Notices({ warnings }) {
  return warnings.length > 0 && html`<details><summary>${count(warnings.length, "notice")}</summary>
    <ul class="quiet">${warnings.map((warning, index) => html`<li key=${index}>${named(warning.clip_id) && html`<b>${named(warning.clip_id)}</b> `}${explained(warning)}</li>`)}</ul></details>`;
}
