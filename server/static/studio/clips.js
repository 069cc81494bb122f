import { html } from "./core.js";

export function Clips() {
  return html`<section class="panel" aria-label="clips"></section>`;
}
