/** The dialog of stored versions: those of the selected clip, and the states of the whole project; any can be restored. */
import { html, useEffect, useState } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { Dialog } from "../parts/dialog.js";
import { stateOf } from "../edit/changes.js";
import { alike, FIELDS, fromStored, same } from "../edit/model.js";
import { save } from "../remote/save.js";
import { dispatch, projectId, selected, stored, tookBack } from "../edit/store.js";
import { ago, FIELD_NAMES, asText } from "../parts/words.js";
import { stateChanges, stateSummary } from "../parts/states.js";

const UNSAVED = "Your changes could not be saved, so nothing was restored.";

/** The dialog; it begins with the selected clip if there is one. */
export function Versions({ onClose }) {
  const clip = selected.value;
  const [whole, setWhole] = useState(!clip);
  const choice = (label, value) => html`<button class="tool" aria-pressed=${String(whole === value)} onClick=${() => setWhole(value)}>${label}</button>`;
  return html`<${Dialog} title="History" broad onClose=${onClose}>
    ${clip && html`<div class="views" role="group" aria-label="History of">${choice(clip.name, false)}${choice("Whole project", true)}</div>`}
    ${whole ? html`<${OfTheProject} key="project" onClose=${onClose} />` : html`<${OfTheClip} key=${clip.clip_id} clip=${clip} onClose=${onClose} />`}
    <div class="row end"><button onClick=${onClose}>Close</button></div>
  <//>`;
}

/** Pages of versions, loaded by `fetched(before)`: the ones so far (null at first), whether there are older ones, and what failed. */
function usePages(fetched) {
  const [versions, setVersions] = useState(null);
  const [next, setNext] = useState(null);
  const [failed, setFailed] = useState("");
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
    const page = await fetched(before);
    setVersions((known) => [...(known ?? []), ...page.versions]);
    setNext(page.next);
  });
  useEffect(() => void load(null), []);
  return { versions, last: next === null, more: () => load(next), failed, setFailed, attempt };
}

function Pages({ pages, current, at, differences, onRestore, children }) {
  const { versions, last, more, failed } = pages;
  return html`${failed && html`<p class="notice bad" role="alert">${failed}</p>`}
    ${!versions && !failed && html`<p class="quiet" role="status">Loading…</p>`}
    ${versions?.length === 0 && html`<p class="quiet">Nothing was changed yet.</p>`}
    ${versions && html`<ol class="versions">${versions.map((each, index) => html`<li key=${each.version}>
      <div><b>v${each.version}</b> <span class="quiet">${ago(at(each))}</span>${differences(each, versions[index + 1])}</div>
      ${current(each, index) ? html`<span class="quiet">Current version</span>` : html`<button class="small" onClick=${() => onRestore(each.version)} aria-label=${`Restore version ${each.version}`}>Restore</button>`}
    </li>`)}</ol>`}
    ${!last && html`<p><button onClick=${more}>Show older versions</button></p>`}
    <p class="quiet">${children}</p>`;
}

function OfTheClip({ clip, onClose }) {
  const pages = usePages(async (before) => {
    const page = await api.versions(projectId.value, clip.clip_id, before);
    return { ...page, versions: page.versions.map(fromStored) };
  });
  const restore = (version) => pages.attempt(async () => {
    if (!(await save())) return pages.setFailed(UNSAVED);
    const { clip: back } = await api.restore(projectId.value, clip.clip_id, version, selected.value.version);
    tookBack(back);
    onClose();
  });
  return html`<${Pages} pages=${pages} current=${(_, index) => index === 0} at=${(each) => each.saved_at} onRestore=${restore}
    differences=${(each, before) => html`<${Differences} now=${each} before=${before} first=${pages.last} />`}>
    Restoring a version saves it as the newest; nothing is lost. The newest versions are kept, and those of exported videos.<//>`;
}

/** The fields that a version changed; of the first version its framing. Nothing where the version before is not loaded. */
function Differences({ now, before, first }) {
  if (!before) return first && html`<p class="quiet">${asText("crop_data", now.crop_data)}</p>`;
  const changed = FIELDS.filter((field) => !alike(field, now[field], before[field]));
  if (!changed.length) return html`<p class="quiet">No changes</p>`;
  return html`${changed.map((field) => html`<p key=${field}><span class="quiet">${FIELD_NAMES[field]}:</span> ${asText(field, now[field])}</p>`)}`;
}

/** Whether a listed state is the one that is stored now. */
const isStored = (listed) => same(stateOf({ project: listed, clips: listed.clips }), stateOf(stored.value));

function OfTheProject({ onClose }) {
  const pages = usePages((before) => api.states(projectId.value, before));
  const restore = (version) => pages.attempt(async () => {
    if (!(await save())) return pages.setFailed(UNSAVED);
    dispatch({ do: "restore-project", was: await api.stateOf(projectId.value, version) });
    onClose();
  });
  return html`<${Pages} pages=${pages} current=${(each, index) => index === 0 && isStored(each)} at=${(each) => each.created_at} onRestore=${restore}
    differences=${(each, before) => html`<p class="quiet">${stateSummary(each)}</p>${before && stateChanges(before, each).map((text) => html`<p key=${text}>${text}</p>`)}`}>
    Restoring brings back the name, the settings, the clips and their order, as one step that Undo takes back.<//>`;
}
