/** Undo and redo, and the stored versions of the selected clip, any of which can be restored. */
import { html, signal, useEffect, useState } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { Dialog } from "../parts/dialog.js";
import { alike, FIELDS, fromStored } from "../edit/model.js";
import { save } from "../remote/save.js";
import { canRedo, canUndo, projectId, redo, selected, tookBack, undo } from "../edit/store.js";
import { ago, FIELD_NAMES, asText } from "../parts/words.js";

const open = signal(false);

const Arrow = ({ back }) => html`<svg viewBox="0 0 16 16" aria-hidden="true"><path d=${back ? "M6 3 2.5 6.5 6 10M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7" : "M10 3l3.5 3.5L10 10M13 6.5H6.5a3.5 3.5 0 0 0 0 7H9"} /></svg>`;

export function History() {
  return html`<div class="row history">
    <button class="plain icon" onClick=${undo} disabled=${!canUndo.value} aria-label="Undo" title="Undo (Ctrl Z)"><${Arrow} back /></button>
    <button class="plain icon" onClick=${redo} disabled=${!canRedo.value} aria-label="Redo" title="Redo (Ctrl Shift Z)"><${Arrow} /></button>
    <button class="plain" onClick=${() => (open.value = true)} disabled=${!selected.value} aria-haspopup="dialog">History</button>
    ${open.value && selected.value && html`<${Versions} clip=${selected.value} />`}
  </div>`;
}

function Versions({ clip }) {
  const [versions, setVersions] = useState(null);
  const [next, setNext] = useState(null);
  const [failed, setFailed] = useState("");
  const close = () => (open.value = false);
  const attempt = async (work) => {
    try {
      setFailed("");
      await work();
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      setFailed(problem.message);
    }
  };
  const load = (before) => attempt(async () => {
    const page = await api.versions(projectId.value, clip.clip_id, before);
    setVersions((known) => [...(known ?? []), ...page.versions.map(fromStored)]);
    setNext(page.next);
  });
  useEffect(() => void load(null), []);
  const restore = (version) => attempt(async () => {
    if (!(await save())) return setFailed("Your changes could not be saved, so nothing was restored.");
    const { clip: back } = await api.restore(projectId.value, clip.clip_id, version, selected.value.version);
    tookBack(back);
    close();
  });
  return html`<${Dialog} title=${`History of ${clip.name}`} broad onClose=${close}>
    ${failed && html`<p class="notice bad" role="alert">${failed}</p>`}
    ${!versions && !failed && html`<p class="quiet" role="status">Loading…</p>`}
    ${versions && html`<ol class="versions">${versions.map((each, index) => html`<li key=${each.version}>
      <div><b>v${each.version}</b> <span class="quiet">${ago(each.saved_at)}</span><${Differences} now=${each} before=${versions[index + 1]} first=${next === null} /></div>
      ${index === 0 ? html`<span class="quiet">Current version</span>` : html`<button class="small" onClick=${() => restore(each.version)} aria-label=${`Restore version ${each.version}`}>Restore</button>`}
    </li>`)}</ol>`}
    ${next !== null && html`<p><button onClick=${() => load(next)}>Show older versions</button></p>`}
    <p class="quiet">Restoring a version saves it as the newest; nothing is lost. The newest versions are kept, and those of exported videos.</p>
    <div class="row end"><button onClick=${close}>Close</button></div>
  <//>`;
}

/** The fields that a version changed; of the first version its framing. Nothing where the version before is not loaded. */
function Differences({ now, before, first }) {
  if (!before) return first && html`<p class="quiet">${asText("crop_data", now.crop_data)}</p>`;
  const changed = FIELDS.filter((field) => !alike(field, now[field], before[field]));
  if (!changed.length) return html`<p class="quiet">No changes</p>`;
  return html`${changed.map((field) => html`<p key=${field}><span class="quiet">${FIELD_NAMES[field]}:</span> ${asText(field, now[field])}</p>`)}`;
}
