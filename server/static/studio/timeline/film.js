/** The film: its clips in order, as wide as they are long, and the transitions between them. */

import { html, useRef } from "../parts/vendor.js";
import { canvas, filmRate } from "../playback/now.js";
import { clips, draft, select, selection } from "../edit/store.js";
import { useSorting } from "../panels/sorting.js";
import { Thumb } from "../panels/thumb.js";
import { faultOf, nameOf, transitionOf } from "../panels/transitions.js";
import { spoken, timecode } from "../edit/timecode.js";
import { FilmHead } from "./filmhead.js";

const SIGNS = { cut: "│", fade: "◐", dissolve: "╳" };

function Entry({ clip }) {
  const { type, duration } = transitionOf(clip);
  const fault = faultOf(clip);
  const chosen = selection.value.transition && selection.value.clip_id === clip.clip_id;
  const words = type === "cut" ? "Cut" : `${nameOf(type)}, ${spoken(duration ?? 0)}`;
  return html`<button type="button" class="entry-mark ${fault ? "faulty" : ""}" aria-pressed=${chosen ? "true" : "false"} title=${fault ? fault.message : words}
    aria-label="Into ${clip.name}: ${words}${fault ? `. ${fault.message}` : ""}" onClick=${() => select({ clip_id: clip.clip_id, transition: true })}>
    <span aria-hidden="true">${SIGNS[type] ?? "◧"}</span>${type !== "cut" && html`<span class="entry-time" aria-hidden="true">${spoken(duration ?? 0)}</span>`}</button>`;
}

function Piece({ clip, part, index }) {
  const chosen = selection.value.clip_id === clip.clip_id;
  const lasts = part?.frames ? timecode(part.frames, filmRate.value) : "–";
  return html`<li class="piece ${chosen ? "chosen" : ""}" data-clip=${clip.clip_id} style=${{ "--weight": String(part?.frames ?? 30) }}>
    ${index > 0 && html`<${Entry} clip=${clip} />`}
    <button type="button" class="piece-body" aria-current=${chosen ? "true" : null} onClick=${() => select({ clip_id: clip.clip_id })}>
      <${Thumb} clip=${clip} name="reel-thumb" height=${46} /><span class="piece-words"><span class="piece-name">${clip.name}</span><span class="quiet">${lasts}</span></span></button>
  </li>`;
}

/** The film. */
export function Reel() {
  const ref = useRef(null);
  useSorting(ref, ".piece-body", { draggable: ".piece" });
  const known = new Map((draft.value?.clips ?? []).map((each) => [each.clip_id, each]));
  const total = draft.value?.frames;
  return html`<div class="reel">
    <p class="reel-title"><b>Sequence</b> <output aria-label="Length of the video">${total ? timecode(total, filmRate.value) : "–"}</output>
      <span class="quiet">${canvas.value.width}×${canvas.value.height}, ${Number(filmRate.value.value.toFixed(2))} fps</span></p>
    <div class="strip"><ol class="pieces" ref=${ref} aria-label="Sequence">
      ${clips.value.map((clip, index) => html`<${Piece} key=${clip.clip_id} clip=${clip} index=${index} part=${known.get(clip.clip_id)} />`)}
    </ol><${FilmHead} /></div>
  </div>`;
}
