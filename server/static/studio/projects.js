/** The projects page: create, rename, delete and open projects. */
import { html, render, signal, useState } from "./parts/preact.js";
import * as api from "./remote/api.js";
import { filmstripOf } from "./remote/footage.js";
import { Thumb } from "./panels/thumb.js";
import { AskName, Confirm, Dialog } from "./parts/dialog.js";
import { NAME_LENGTH } from "./parts/limits.js";
import { matching } from "./parts/search.js";
import { DEFAULT_RATIO, SHAPES, sign } from "./parts/shapes.js";
import { ago, count } from "./parts/words.js";

/** CSS pixels, as in the style sheet. */
const POSTER_HEIGHT = 190;

const projects = signal(null);
const failed = signal("");
const query = signal("");
/** The open dialog: {what: "new" | "rename" | "delete", project?} or null. */
const asked = signal(null);

/** Run `work` and read the list again; a failure is displayed. */
async function attempt(work) {
  failed.value = "";
  try {
    await work();
    projects.value = (await api.projects()).projects;
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    failed.value = problem.message;
  }
}

const close = () => (asked.value = null);

function Page() {
  return html`
    <div class="heading"><h1>Projects</h1>
      ${projects.value?.length > 0 && html`<div class="row"><input type="search" aria-label="Search projects" placeholder="Search" value=${query.value} onInput=${(event) => (query.value = event.target.value)} />
        <button class="lamp" onClick=${() => (asked.value = { what: "new" })}>New project</button></div>`}</div>
    ${failed.value && html`<p class="notice bad" role="alert">${failed.value}</p>`}
    <${List} /><${Asked} />`;
}

function List() {
  if (projects.value === null) return failed.value ? null : html`<p class="quiet" role="status">Loading…</p>`;
  if (!projects.value.length) {
    return html`<div class="empty"><h2>Your first video</h2>
      <p>Choose an aspect ratio, add clips, frame them, export.</p>
      <button class="lamp" onClick=${() => (asked.value = { what: "new" })}>New project</button></div>`;
  }
  const found = matching(projects.value, query.value);
  if (!found.length) return html`<p class="quiet" role="status">No project has this name.</p>`;
  return html`<ul class="cards">${found.map((project) => html`<${Card} key=${project.id} project=${project} />`)}</ul>`;
}

function Card({ project }) {
  const ask = (what) => () => (asked.value = { what, project });
  return html`<li class="card">
    <a class="poster" href=${`/projects/${project.id}`} tabindex="-1" aria-hidden="true"><${Poster} project=${project} /></a>
    <div class="about"><a href=${`/projects/${project.id}`}>${project.name}</a>
      <p class="quiet"><span class="shape" style=${sign(project.aspect_ratio, 13)} aria-hidden="true"></span> ${project.aspect_ratio} · ${count(project.clips, "clip")} · ${ago(project.updated_at)}</p></div>
    <div class="row">
      <button class="plain" onClick=${ask("rename")} aria-label=${`Rename ${project.name}`}>Rename</button>
      <button class="plain" onClick=${() => attempt(() => api.duplicateProject(project.id))} aria-label=${`Duplicate ${project.name}`}>Duplicate</button>
      <button class="plain" onClick=${ask("delete")} aria-label=${`Delete ${project.name}`}>Delete</button>
      ${project.working_video_id && html`<a class="button plain" href=${api.filmMedia(project.working_video_id)} download>Download video</a>`}
    </div></li>`;
}

/**
 * The first frame of the last film, or of the first clip. If the browser cannot play it, the first picture of the clip's filmstrip, which windows have
 * before they have a proxy; without one the film's shape.
 */
function Poster({ project }) {
  const [dark, setDark] = useState(false);
  const raw = project.first_raw_clip_id;
  const source = project.working_video_id ? api.filmMedia(project.working_video_id) : raw && api.mediaOf(raw);
  if (!source || dark) {
    if (raw && filmstripOf(raw).value) return html`<${Thumb} clip=${{ raw_clip_id: raw }} name="still" height=${POSTER_HEIGHT} />`;
    return html`<span class="shape" style=${sign(project.aspect_ratio, 84)}></span>`;
  }
  return html`<video src=${`${source}#t=0.01`} muted playsinline preload="metadata" onError=${() => setDark(true)}></video>`;
}

function Asked() {
  if (!asked.value) return null;
  const { what, project } = asked.value;
  if (what === "new") return html`<${NewProject} />`;
  if (what === "rename") {
    const named = (name) => { close(); void attempt(() => api.changeProject(project.id, { name })); };
    return html`<${AskName} title="Rename project" label="Name" name=${project.name} onName=${named} onClose=${close} />`;
  }
  const gone = () => { close(); void attempt(() => api.removeProject(project.id)); };
  return html`<${Confirm} title=${`Delete “${project.name}”?`} yes="Delete project" danger onYes=${gone} onClose=${close}>
    <p>Its ${count(project.clips, "clip")} and its exported videos are deleted for good. Your uploads stay.</p><//>`;
}

function NewProject() {
  const [busy, setBusy] = useState(false);
  const made = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    setBusy(true);
    try {
      const project = await api.addProject({ name: form.get("name").trim(), aspect_ratio: form.get("aspect_ratio") });
      location.assign(`/projects/${project.id}`);
    } catch (problem) {
      failed.value = problem.message;
      close();
    }
  };
  return html`<${Dialog} title="New project" onClose=${close}>
    <form onSubmit=${made}>
      <p class="field"><label><span>Name</span><input name="name" required maxlength=${NAME_LENGTH} pattern=".*\\S.*" autofocus placeholder="Derby highlights" /></label></p>
      <fieldset class="ratios"><legend class="label">Aspect ratio</legend>
        ${SHAPES.map((shape) => html`<label key=${shape.ratio}><input type="radio" name="aspect_ratio" value=${shape.ratio} defaultChecked=${shape.ratio === DEFAULT_RATIO} />
          <i class="shape" style=${sign(shape.ratio, 40)}></i><b>${shape.name}</b><small>${shape.ratio}</small></label>`)}
      </fieldset>
      <p class="quiet">Every clip is cropped to this aspect ratio.</p>
      <div class="row end"><button type="button" onClick=${close}>Cancel</button><button class="lamp" disabled=${busy}>Create project</button></div>
    </form><//>`;
}

const place = document.getElementById("projects");
place.replaceChildren();
render(html`<${Page} />`, place);
await attempt(async () => {});
