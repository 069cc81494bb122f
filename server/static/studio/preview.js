import { html } from "./core.js";

export function Preview() {
  return html`<section class="panel" aria-label="preview"></section>`;
}
