/** Undo and redo, and the button of the stored versions. */
import { html, signal } from "../parts/preact.js";
import { Versions } from "./versions.js";
import { canRedo, canUndo, redo, undo } from "../edit/store.js";

const open = signal(false);

const Arrow = ({ back }) => html`<svg viewBox="0 0 16 16" aria-hidden="true"><path d=${back ? "M6 3 2.5 6.5 6 10M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7" : "M10 3l3.5 3.5L10 10M13 6.5H6.5a3.5 3.5 0 0 0 0 7H9"} /></svg>`;

export function History() {
  return html`<div class="row history">
    <button class="plain icon" onClick=${undo} disabled=${!canUndo.value} aria-label="Undo" title="Undo (Ctrl Z)"><${Arrow} back /></button>
    <button class="plain icon" onClick=${redo} disabled=${!canRedo.value} aria-label="Redo" title="Redo (Ctrl Shift Z)"><${Arrow} /></button>
    <button class="plain" onClick=${() => (open.value = true)} aria-haspopup="dialog">History</button>
    ${open.value && html`<${Versions} onClose=${() => (open.value = false)} />`}
  </div>`;
}
