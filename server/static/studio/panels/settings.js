/** The settings of a project, and the choices for one export: fields with what they do, what is wrong, and the way back. */
import { html, signal, useId, useRef, useState } from "../parts/vendor.js";
import { Dialog } from "../parts/dialog.js";
import { choicesOf, commandOf, DEFAULTS, EXPORT_FIELDS, exportSettings, FIELDS, formOf, readForm, withField } from "../edit/settings.js";
import { clips, dispatch, draft, edit, error } from "../edit/store.js";
import { exportWith } from "../remote/export.js";

/** The open dialog: "project", "export" or null. */
const open = signal(null);
export const openSettings = () => show("project");
export const openExport = () => show("export");

function show(what) {
  [open.value, error.value] = [what, null];
}

const close = () => (open.value = null);

const UNITS = { width: "px", height: "px", target: "LUFS", true_peak: "dBTP", seconds: "s", bitrate: "kbit/s", audio_bitrate: "kbit/s" };
const FLAGS = { include: "The video has sound", loudness: "One loudness for the whole video" };
const COLOURS = ["colour", "through"];

/** The dialog that is open, if one is. */
export function Settings() {
  if (open.value === "project") return html`<${ProjectSettings} />`;
  return open.value === "export" ? html`<${ExportSettings} />` : null;
}

function ProjectSettings() {
  const save = (form) => {
    const command = commandOf(edit.peek().project, form, picturesOf(draft.peek()));
    if (command && !dispatch(command)) return;
    close();
  };
  return html`<${Form} title="Project settings" fields=${FIELDS} usual=${DEFAULTS} back="default" yes="Save settings" onYes=${save}
    about=${`For the video of this project${clips.value.length ? ", and so for all its clips" : ""}. One step of undo takes them back.`} />`;
}

/** The width and height of each clip's picture, as the newest draft has them. */
const picturesOf = (newest) => Object.fromEntries((newest?.clips ?? []).filter((each) => each.picture).map((each) => [each.clip_id, each.picture]));

function ExportSettings() {
  const { project } = edit.value;
  const begin = (form) => {
    close();
    void exportWith(exportSettings(project, form));
  };
  return html`<${Form} title="Export" fields=${FIELDS.filter(({ name }) => EXPORT_FIELDS.includes(name))} usual=${formOf(project)} back="project’s" yes="Export" onYes=${begin}
    about="For this export alone: the project keeps its settings." />`;
}

/** A form of settings. It closes by `onYes` only when every field can be read. */
function Form({ title, about, fields, usual, back, yes, onYes }) {
  const [form, setForm] = useState(() => formOf(edit.peek().project));
  const place = useRef(null);
  const { wrong } = readForm(form);
  const set = (name, value) => setForm((before) => withField(before, name, value));
  const done = (event) => {
    event.preventDefault();
    const [first] = fields.filter(({ name }) => wrong[name]);
    if (first) place.current.querySelector(`[data-setting="${first.name}"] [aria-invalid]`).focus();
    else onYes(form);
  };
  const groups = [...new Set(fields.map((field) => field.group))];
  return html`<${Dialog} title=${title} broad onClose=${close}>
    <form ref=${place} class="settings" onSubmit=${done} novalidate>
      <p class="quiet">${about}</p>
      ${groups.map((group) => html`<fieldset key=${group}><legend>${group}</legend>
        ${fields.filter((field) => field.group === group && field.when(form)).map((field) => html`<${Setting} key=${field.name} field=${field} form=${form} wrong=${wrong[field.name]} usual=${usual} back=${back} set=${set} />`)}
      </fieldset>`)}
      ${error.value && html`<p class="notice bad" role="alert">${error.value}</p>`}
      <div class="row end"><button type="button" class="plain first" onClick=${() => setForm({ ...usual })}>Back to the ${back === "default" ? "defaults" : back}</button>
        <button type="button" onClick=${close}>Cancel</button><button class="lamp">${yes}</button></div>
    </form><//>`;
}

/** One field: its control, what it does or what is wrong with it, and the way back. */
function Setting({ field, form, wrong, usual, back, set }) {
  const id = useId();
  const { name, label, says } = field;
  const changed = form[name] !== usual[name] && (usual[name] !== "" || choicesOf(name, form) !== null);
  return html`<div class="setting" data-setting=${name}>
    <div class="setting-head"><label for=${id}>${label}</label>
      <button type="button" class=${`plain small ${changed ? "" : "idle"}`} disabled=${!changed} onClick=${() => set(name, usual[name])} aria-label=${`${label}: back to the ${back}`}>Back to the ${back}</button></div>
    <${Control} id=${id} name=${name} form=${form} wrong=${wrong} onSet=${(value) => set(name, value)} />
    <p id=${`${id}-says`} class=${wrong ? "wrong" : "quiet"} role=${wrong ? "alert" : null}>${wrong ?? says}</p>
  </div>`;
}

function Control({ id, name, form, wrong, onSet }) {
  const given = { id, "aria-describedby": `${id}-says`, "aria-invalid": wrong ? "true" : null };
  if (name in FLAGS) return html`<span class="switch"><input ...${given} type="checkbox" checked=${form[name]} onChange=${(event) => onSet(event.target.checked)} />${FLAGS[name]}</span>`;
  const choices = choicesOf(name, form);
  if (choices) {
    return html`<select ...${given} value=${form[name]} onChange=${(event) => onSet(event.target.value)}>
      ${choices.map(([value, words]) => html`<option key=${value} value=${value} selected=${value === form[name]}>${words}</option>`)}</select>`;
  }
  if (COLOURS.includes(name)) return html`<input ...${given} type="color" value=${form[name]} onInput=${(event) => onSet(event.target.value)} />`;
  return html`<span class="entry"><input ...${given} type="text" inputmode=${name === "fps_own" ? "text" : "decimal"} autocomplete="off" spellcheck=${false} value=${form[name]} onInput=${(event) => onSet(event.target.value)} />
    ${UNITS[name] && html`<span class="unit" aria-hidden="true">${UNITS[name]}</span>`}</span>`;
}
