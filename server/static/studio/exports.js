import { html, render } from "./core.js";
render(html`<h1>Exports</h1>`, document.getElementById("exports"));
