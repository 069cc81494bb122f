import { html } from "./core.js";

export function Framing() {
  return html`<section class="panel" aria-label="framing"></section>`;
}
