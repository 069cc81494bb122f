/** The list of clips: add, rename, sort, duplicate, remove. */
import { html, signal, useRef } from "../parts/vendor.js";
import * as api from "../remote/api.js";
import { AddClips } from "./add_clips.js";
import { Deleted } from "./deletion.js";
import { AskName } from "../parts/dialog.js";
import { clips, dispatch, draft, edit, justRemoved, select, selection, undo } from "../edit/store.js";
import { useSorting } from "./sorting.js";
import { Thumb } from "./thumb.js";
import { forget, uploadAll, uploads } from "./uploads.js";
import { filesOver } from "../parts/drops.js";
import { bytes, clock } from "../parts/words.js";

/** The open dialog: {what: "add" | "rename", clip?} or null. */
const asked = signal(null);
const close = () => (asked.value = null);

/** Upload the files that were dropped on the page, unless a dialog asks for something else. */
export function takeFiles(files) {
  const adding = asked.peek()?.what === "add";
  if (!edit.peek() || (document.querySelector("dialog[open]") && !adding)) return;
  if (adding) close();
  void uploadAll(files);
}

export function Clips() {
  return html`<section class=${`clips ${filesOver.value ? "over" : ""}`} aria-label="Clips">
    <div class="row apart"><h2>Clips</h2><button class="small" onClick=${() => (asked.value = { what: "add" })} aria-haspopup="dialog">Add clips</button></div>
    ${clips.value.length === 0 && uploads.value.length === 0 && html`<${Empty} />`}
    ${clips.value.length > 0 && html`<${List} />`}
    <${Uploads} />
    ${justRemoved.value.map(({ clip_id, name }) => html`<p key=${clip_id} class="notice" role="status">Removed “${name}”. <button class="small" onClick=${undo} aria-label=${`Undo: bring back ${name}`}>Undo</button></p>`)}
    ${asked.value?.what === "add" ? html`<${AddClips} onClose=${close} />` : html`<${Deleted} />`}
    ${asked.value?.what === "rename" && html`<${AskName} title="Rename clip" label="Name" name=${asked.value.clip.name} onName=${renamed} onClose=${close} />`}
  </section>`;
}

function renamed(name) {
  dispatch({ do: "rename-clip", clip_id: asked.value.clip.clip_id, name });
  close();
}

function Empty() {
  return html`<div class="empty"><p>Drop video files or images here, or choose them.</p>
    <button class="lamp" onClick=${() => (asked.value = { what: "add" })}>Add clips</button></div>`;
}

function List() {
  const ref = useRef(null);
  useSorting(ref, ".clip-body", { forceFallback: true, fallbackTolerance: 4 });
  return html`<ol ref=${ref} class="clip-list">${clips.value.map((clip, index) => html`<${Clip} key=${clip.clip_id} clip=${clip} index=${index} />`)}</ol>`;
}

function Clip({ clip, index }) {
  const chosen = selection.value.clip_id === clip.clip_id;
  const part = draft.value?.clips.find((each) => each.clip_id === clip.clip_id);
  const faulty = draft.value?.errors.some((each) => each.clip_id === clip.clip_id);
  const lasts = part?.frames ? clock(part.frames / rateOf(draft.value.fps)) : "";
  const move = (by) => dispatch({ do: "move-clip", clip_id: clip.clip_id, to: index + by });
  const pressed = (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    if (event.altKey) move(by);
    else event.currentTarget.closest("ol").children[index + by]?.querySelector(".clip-body").focus();
  };
  return html`<li class=${`clip ${chosen ? "chosen" : ""} ${faulty ? "faulty" : ""}`} data-clip=${clip.clip_id}>
    <button class="clip-body" aria-current=${chosen ? "true" : null} onClick=${() => select({ clip_id: clip.clip_id })} onKeyDown=${pressed}
      title="Drag to another place, or Alt with ↑ and ↓">
      <${Thumb} clip=${clip} name="thumb" width=${64} height=${40} /><span class="clip-about"><span class="clip-name">${clip.name}</span>
      <span class="quiet">${index + 1}${lasts ? ` · ${lasts}` : ""}${faulty ? " · " : ""}${faulty && html`<b class="gone">problem</b>`}</span></span></button>
    ${chosen && html`<${Tools} clip=${clip} index=${index} move=${move} />`}
  </li>`;
}

const rateOf = (text) => text.split("/").map(Number).reduce((over, under) => over / under);

const PATHS = {
  up: "M8 13V3M4 7l4-4 4 4", down: "M8 3v10M4 9l4 4 4-4", rename: "M3 13l.6-2.8L11 2.8l2.2 2.2-7.4 7.4L3 13", copy: "M5.5 5.5h8v8h-8zM10.500 5.500v-3h-8v8h3",
  remove: "M3 4.500h10M6 4.500V2.500h4v2M4.500 4.500l.6 9h5.800l.6-9",
};

function Tool({ sign, label, act, disabled }) {
  return html`<button class="plain icon" aria-label=${label} title=${label} onClick=${act} disabled=${disabled}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${PATHS[sign]} /></svg></button>`;
}

function Tools({ clip, index, move }) {
  const copy = () => {
    const as = api.freshId();
    if (dispatch({ do: "duplicate-clip", clip_id: clip.clip_id, as })) select({ clip_id: as });
  };
  return html`<div class="clip-tools" role="group" aria-label=${`${clip.name}: actions`}>
    <${Tool} sign="up" label="Earlier" act=${() => move(-1)} disabled=${index === 0} />
    <${Tool} sign="down" label="Later" act=${() => move(1)} disabled=${index === clips.value.length - 1} />
    <${Tool} sign="rename" label="Rename" act=${() => (asked.value = { what: "rename", clip })} />
    <${Tool} sign="copy" label="Duplicate" act=${copy} />
    <${Tool} sign="remove" label="Remove" act=${() => dispatch({ do: "remove-clip", clip_id: clip.clip_id })} />
  </div>`;
}

function Uploads() {
  if (!uploads.value.length) return null;
  return html`<ul class="uploads" aria-label="Uploads">${uploads.value.map((each) => html`<li key=${each.id}>
    <span class="row apart"><span class="clip-name">${each.name}</span>
      <button class="plain small" onClick=${each.failed ? () => forget(each.id) : each.cancel} aria-label=${`${each.failed ? "Dismiss" : "Cancel"} ${each.name}`}>${each.failed ? "Dismiss" : "Cancel"}</button></span>
    ${each.failed ? html`<p class="notice bad" role="alert">${each.failed}</p>`
      : html`<progress max=${each.size} value=${each.sent} aria-label=${`Upload of ${each.name}`}></progress>
        <span class="quiet">${each.sent < each.size ? `${bytes(each.sent)} of ${bytes(each.size)}` : "Checking file…"}</span>`}
  </li>`)}</ul>`;
}
