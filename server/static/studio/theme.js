/** The choice of a theme in the head of every page. */
import { choose, followTheme, theme, THEMES } from "./parts/theme.js";

const place = document.getElementById("theme");
place.append(...THEMES.map(([value, label]) => new Option(label, value)));
place.value = theme();
place.addEventListener("change", () => choose(place.value));
place.parentElement.hidden = false;
followTheme((chosen) => (place.value = chosen));
