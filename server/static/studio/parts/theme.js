/** The theme of all pages: the system's, light or dark. It is kept in the browser; static/theme.js sets it when a page loads. */
import { keep } from "./kept.js";

/** @type {[string, string][]} */
export const THEMES = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];

/** The theme that is chosen. */
export const theme = () => document.documentElement.dataset.theme ?? "system";

function show(chosen) {
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

/** Choose a theme for this browser; one that keeps nothing for pages has it until the next page. */
export function choose(chosen) {
  show(chosen);
  keep("localStorage", "theme", chosen);
}

/** Follow the choice that is made in another tab; `heard` is called with it. */
export function followTheme(heard) {
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== "theme") return;
    show(newValue);
    heard(theme());
  });
}
