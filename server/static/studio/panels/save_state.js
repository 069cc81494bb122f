/** The state of saving, and the dialog for conflicts. */
import { html, useEffect, useState } from "../parts/preact.js";
import { Dialog } from "../parts/dialog.js";
import { conflict, nextTry, notice, save, settle } from "../remote/save.js";
import { clips, dirty, saveState, selected } from "../edit/store.js";
import { FIELD_NAMES, asText } from "../parts/words.js";

const WORDS = {
  saved: "Saved", unsaved: "Unsaved", saving: "Saving…", conflict: "Conflict", offline: "Offline", error: "Not saved", "signed-out": "Signed out",
};

/** The state, and the button that saves at once. */
export function Saving() {
  const { state, message } = saveState.value;
  const version = selected.value?.version ? `. The selected clip is at version ${selected.value.version}` : "";
  const title = state === "saved" ? `Everything is saved${version}` : message ?? "Saves automatically when you pause, or with Ctrl S";
  return html`<div class="saving">
    <span class=${`state ${state}`} title=${title}><span role="status" aria-live="polite" class="save-state">${WORDS[state]}</span><${Retrying} /></span>
    ${dirty.value && html`<button class="small" onClick=${save} disabled=${state === "saving" || state === "conflict"} aria-keyshortcuts="Control+S">${state === "offline" ? "Retry now" : "Save"}</button>`}
    ${state === "signed-out" && html`<a class="button small" href="/sign-in" target="_blank">Sign in</a>`}
  </div>`;
}

function Retrying() {
  const [now, setNow] = useState(Date.now());
  const waits = saveState.value.state === "offline" && nextTry.value > 0;
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [waits]);
  if (!waits) return null;
  return html`<span class="quiet" aria-hidden="true">retrying in ${Math.max(1, Math.ceil((nextTry.value - Math.min(now, nextTry.value)) / 1000))} s</span>`;
}

/** The messages under the bar: failures, and changes from elsewhere. */
export function SaveNotes() {
  const { state, message } = saveState.value;
  const [dismissed, setDismissed] = useState(false);
  const bad = state === "error" || state === "signed-out" ? message : null;
  useEffect(() => setDismissed(false), [bad]);
  return html`<div class="notes" aria-live="polite">
    ${bad && !dismissed && html`<p class="notice bad">Not saved. ${bad} <button class="plain" onClick=${() => setDismissed(true)}>Dismiss</button></p>`}
    ${notice.value && html`<p class="notice good">${notice.value} <button class="plain" onClick=${() => (notice.value = null)}>Dismiss</button></p>`}
    ${conflict.value && html`<${Conflict} />`}
  </div>`;
}

function Conflict() {
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState(true);
  const choose = async (mine) => { setBusy(true); await settle(mine); };
  const named = (each) => clips.value.find((clip) => clip.clip_id === each.clip_id)?.name ?? each.name;
  if (!open) return html`<p class="notice bad">Not saved: the same fields were changed in another window. <button class="small" onClick=${() => setOpen(true)}>Compare</button></p>`;
  return html`<${Dialog} title="Changed in two windows" onClose=${() => setOpen(false)}>
    <p>These were changed both here and in another window. All other changes are merged.</p>
    <ul class="clash">${conflict.value.map((each) => html`<li key=${each.clip_id + each.field}><b>${named(each)}: ${FIELD_NAMES[each.field].toLowerCase()}</b>
      <dl><dt>Other window</dt><dd>${asText(each.field, each.theirs)}</dd><dt>This window</dt><dd>${asText(each.field, each.mine)}</dd></dl></li>`)}</ul>
    <p class="quiet">Neither is lost: the other version stays in the clip’s history, and undo brings yours back.</p>
    <div class="row end">
      <button disabled=${busy} onClick=${() => choose(false)}>Use other version</button>
      <button class="lamp" disabled=${busy} onClick=${() => choose(true)} autofocus>Keep this version</button></div>
  <//>`;
}
