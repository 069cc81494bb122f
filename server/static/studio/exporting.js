import { html } from "./core.js";

export function Exporting() {
  return html`<section class="panel" aria-label="exporting"></section>`;
}
