/** A preview of the film's frame, from the picture on screen and the compiler's crop. */

import { html, signal, useEffect, useRef } from "../parts/vendor.js";
import { cropAt } from "../edit/curve.js";
import { Switch } from "./fields.js";
import { blend, draw, fade } from "../playback/drawing.js";
import { filmAt, filmNow, filmShown } from "../playback/film.js";
import { Neighbour, neighbour } from "../playback/neighbour.js";
import { canvas, filmBox, filmFrame, filmRate, frame, mix, mixed, outside, parts, picture, ratio, speed, waiting } from "../playback/now.js";
import { drawable, filmPosition, playing, shownFrame, video } from "../playback/player.js";
import { clipById, selected } from "../edit/store.js";
import { speedName } from "../edit/spans.js";
import { timecode } from "../edit/timecode.js";
import { FilmScreen } from "./film.js";
import { nameOf } from "./transitions.js";

const safe = signal(false);

/** Mix the neighbour's picture or the colour into the target; false if the neighbour's is not there yet. */
function mixInto(target, { kind, share, leads, colour, clip, number }, own) {
  if (kind === "fade") return fade(target, colour, share), true;
  const element = neighbour.peek();
  if (!element) return false;
  const rotation = clipById(clip.clip_id)?.rotation ?? 0;
  const other = { element, box: cropAt(clip.crop, number), size: clip.picture, rotation, placed: clip.placed };
  if (leads) blend(target, kind, share, own, other, canvas.peek());
  else blend(target, kind, 1 - share, other, own, canvas.peek());
  return true;
}

/** Draws after every change, and with every frame of the screen while the clip plays. */
function Screen() {
  const ref = useRef(null);
  const size = { width: canvas.value.width, height: canvas.value.height };
  useEffect(() => {
    if (!playing.value) return undefined;
    let call = 0;
    const turn = () => {
      paint(ref.current, true);
      call = requestAnimationFrame(turn);
    };
    call = requestAnimationFrame(turn);
    return () => cancelAnimationFrame(call);
  }, [playing.value]);
  void [drawable.value, filmBox.value, selected.value, picture.value, video.value, mix.value, neighbour.value];
  useEffect(() => paint(ref.current, false));
  return html`<canvas ref=${ref} class="screen" width=${Math.min(size.width, 720)} height=${Math.round((Math.min(size.width, 720) * size.height) / size.width)}
    role="img" aria-label="The video at this moment"></canvas>`;
}

/** Take another clip's picture off the target: the clip's own is not there yet, or there is none. */
function cleared(target) {
  if (target.dataset.clip === selected.peek()?.clip_id) return;
  target.getContext("2d", { alpha: false }).reset();
  Object.assign(target.dataset, { clip: "", mixed: "", frame: "", source: "" });
}

function paint(target, moving) {
  const element = video.peek();
  if (!target) return;
  if (!element || element.readyState < 2) return cleared(target);
  const crop = parts.peek()?.crop;
  const position = moving && crop ? filmPosition() : filmFrame.peek();
  const box = moving && crop ? cropAt(crop, position) : filmBox.peek();
  const own = { element, box, size: picture.peek(), rotation: selected.peek()?.rotation ?? 0, placed: parts.peek()?.placed };
  const now = moving ? mixed(position) : mix.peek();
  if (!now || now.kind === "fade" || !neighbour.peek()) draw(target, own, canvas.peek());
  const whole = !now || mixInto(target, now, own);
  Object.assign(target.dataset, { clip: selected.peek()?.clip_id ?? "", mixed: whole ? "whole" : "part", frame: String(Math.round(position)), source: String(shownFrame.peek() ?? ""), box: [box.x, box.y, box.width, box.height].join(" ") });
}

/** The areas of a tall film that apps cover with text and buttons, and the inner nine tenths. */
function Safe() {
  const tall = ratio.value < 0.7;
  return html`<svg class="safe" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
    ${tall && html`<path class="covered" d="M0 0H100V100H0ZM0 12V80H86V12Z" fill-rule="evenodd" />`}
    <rect x="5" y="5" width="90" height="90" />
  </svg>`;
}

/** The mix in words: the other clip, and its part of the picture. */
function mixName({ kind, share, leads, clip }) {
  const part = `${Math.round(100 * (1 - share))} %`;
  if (kind === "fade") return `Faded ${part}`;
  const name = `${leads ? "to" : "from"} “${clipById(clip.clip_id)?.name ?? ""}”`;
  return `${kind === "dissolve" ? "Dissolving" : nameOf(kind)} ${name} (${part})`;
}

/** The film's reading: its time, the clip on screen, and the other clip of a mix. */
function FilmReading() {
  const now = filmNow.value;
  return html`<p class="reading">
    <span title="Time in the video">${timecode(filmAt.value, filmRate.value)}</span>
    ${now && html`<span class="quiet">${clipById(now.clip.clip_id)?.name}</span>`}
    ${now?.mix && html`<span class="quiet mixed">${mixName(now.mix)}</span>`}
    <span class="stale" role="status">${waiting.value ? "Updating preview…" : ""}</span>
  </p>`;
}

function Reading() {
  const at = (parts.value?.first_frame ?? 0) + filmFrame.value;
  return html`<p class="reading">
    <span title="Time in the video">${outside.value ? "Trimmed away" : timecode(at, filmRate.value)}</span>
    <span class=${Math.abs(speed.value - 1) > 0.005 ? "fast" : "quiet"}>${speedName(speed.value)}</span>
    <span class="quiet">Clip frame ${frame.value}</span>
    ${mix.value && html`<span class="quiet mixed">${mixName(mix.value)}</span>`}
    <span class="stale" role="status">${waiting.value ? "Updating preview…" : ""}</span>
  </p>`;
}

/** The film's frame, its safe areas, its place in the film. */
export function Preview() {
  if (!selected.value) return null;
  return html`<section class="preview ${waiting.value ? "waiting" : ""}" aria-label="Preview">
    <div class="screen-room"><div class="screen-frame" style=${{ "--shape": String(ratio.value) }}>${filmShown.value ? html`<${FilmScreen} name="screen" label="The video at this moment" />` : html`<${Screen} />`}${safe.value && html`<${Safe} />`}</div><${Neighbour} /></div>
    ${filmShown.value ? html`<${FilmReading} />` : html`<${Reading} />`}
    <${Switch} label="Safe areas" on=${safe.value} onSet=${(on) => (safe.value = on)} title="Show areas hidden by app buttons" />
  </section>`;
}
