import { html } from "./core.js";

export function History() {
  return html`<section class="panel" aria-label="history"></section>`;
}
