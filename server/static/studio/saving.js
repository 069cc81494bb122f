import { html } from "./core.js";

export function Saving() {
  return html`<section class="panel" aria-label="saving"></section>`;
}
