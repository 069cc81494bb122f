/** The bar over the editor: the project's name, the state of saving, undo and redo, and the export button. */
import { html, signal, useEffect, useState } from "../parts/preact.js";
import { AskName } from "../parts/dialog.js";
import { ExportButton } from "./export.js";
import { History } from "./history.js";
import { openSettings } from "./settings.js";
import { Saving } from "./save_state.js";
import { dispatch, edit, projectId } from "../edit/store.js";
import { sign } from "../parts/shapes.js";
import { choose, followTheme, theme, THEMES } from "../parts/theme.js";

/** The choice of a theme. */
function Theme() {
  const [chosen, setChosen] = useState(theme());
  useEffect(() => followTheme(setChosen), []);
  const set = (event) => {
    choose(event.target.value);
    setChosen(event.target.value);
  };
  return html`<label class="theme"><span class="unseen">Theme</span><select value=${chosen} onChange=${set}>
    ${THEMES.map(([value, label]) => html`<option key=${value} value=${value} selected=${value === chosen}>${label}</option>`)}</select></label>`;
}

const renaming = signal(false);

function rename(name) {
  renaming.value = false;
  dispatch({ do: "set-project", project: { name } });
}

export function Bar() {
  const { name, aspect_ratio } = edit.value.project;
  useEffect(() => void (document.title = `${name} – reelc`), [name]);
  return html`<header class="bar">
    <a class="mark" href="/" aria-label="reelc: all projects" title="All projects"><img src="/static/favicon.svg" alt="" width="26" height="26" /></a>
    <h1><button class="plain title" onClick=${() => (renaming.value = true)} title="Rename the project">${name}</button></h1>
    <button class="plain ratio" onClick=${openSettings} title="Project settings" aria-label=${`${aspect_ratio}: project settings`} aria-haspopup="dialog"><span class="shape" style=${sign(aspect_ratio, 13)} aria-hidden="true"></span> ${aspect_ratio}</button>
    <${Saving} />
    <${History} />
    <${Theme} />
    <button class="plain icon more" popovertarget="ways" aria-label="Menu" title="Menu"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.500 4.500h11M2.500 8h11M2.500 11.500h11" /></svg></button>
    <nav id="ways" class="ways" popover aria-label="site"><a class="button plain" href=${`/projects/${projectId.value}/explain`}>Under the hood</a><a class="button plain" href="/exports">Exports</a></nav>
    <${ExportButton} />
    ${renaming.value && html`<${AskName} title="Rename project" label="Name" name=${name} onName=${rename} onClose=${() => (renaming.value = false)} />`}
  </header>`;
}
