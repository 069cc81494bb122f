import { html } from "./core.js";

export function Timeline() {
  return html`<section class="panel" aria-label="timeline"></section>`;
}
