/** A preview of the film's frame, from the picture on screen and the compiler's crop. */

import { html, signal, useEffect, useRef } from "../parts/vendor.js";
import { cropAt } from "../edit/curve.js";
import { Switch } from "./fields.js";
import { SUMS } from "../edit/mix.js";
import { Neighbour, neighbour } from "../playback/neighbour.js";
import { after, canvas, filmBox, filmFrame, filmRate, frame, mix, mixed, outside, parts, picture, ratio, speed, waiting } from "../playback/now.js";
import { drawable, filmPosition, playing, shownFrame, video } from "../playback/player.js";
import { clipById, selected } from "../edit/store.js";
import { speedName } from "../edit/spans.js";
import { timecode } from "../edit/timecode.js";
import { nameOf } from "./transitions.js";

const safe = signal(false);

/** Draw the box of the video's picture onto its place in the target, which is all of it or the part between bars. */
function draw(target, element, box, { size, rotation, place }) {
  const context = target.getContext("2d", { alpha: false });
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = "black";
  context.fillRect(0, 0, target.width, target.height);
  context.save();
  context.beginPath();
  context.rect(place.x, place.y, place.width, place.height);
  context.clip();
  const [across, down] = [place.width / box.width, place.height / box.height];
  context.setTransform(across, 0, 0, down, place.x - box.x * across, place.y - box.y * down);
  context.translate(size.width / 2, size.height / 2);
  context.rotate((-rotation * Math.PI) / 180);
  context.imageSmoothingQuality = "high";
  context.drawImage(element, -size.width / 2, -size.height / 2, size.width, size.height);
  context.restore();
}

/** Mix the neighbour's picture or the colour into the target; false if the page cannot draw this mix. */
function blend(target, { kind, share, colour, clip, number }) {
  const context = target.getContext("2d", { alpha: false });
  const element = neighbour.peek();
  if (kind !== "fade" && (kind !== "dissolve" || !element)) return false;
  context.save();
  context.globalAlpha = 1 - share;
  if (kind === "fade") {
    context.fillStyle = colour;
    context.fillRect(0, 0, target.width, target.height);
  } else {
    const whole = new OffscreenCanvas(target.width, target.height);
    const rotation = clipById(clip.clip_id)?.rotation ?? 0;
    draw(whole, element, cropAt(clip.crop, number), { size: clip.picture, rotation, place: placeOn(target, clip) });
    context.drawImage(whole, 0, 0);
  }
  context.restore();
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

/** The place of a clip's crop on the target, as on the film's canvas. */
function placeOn(target, clip) {
  const scale = target.width / canvas.peek().width;
  const { x, y, width, height } = clip?.placed ?? { x: 0, y: 0, ...canvas.peek() };
  return { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
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
  draw(target, element, box, { size: picture.peek(), rotation: selected.peek()?.rotation ?? 0, place: placeOn(target, parts.peek()) });
  const now = moving ? mixed(position) : mix.peek();
  const whole = !now || blend(target, now);
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
function mixName({ kind, share, clip }) {
  const part = `${Math.round(100 * (1 - share))} %`;
  if (kind === "fade") return `Faded ${part}`;
  const to = clip.clip_id === after.value?.clip_id;
  const name = `${to ? "to" : "from"} “${clipById(clip.clip_id)?.name ?? ""}”`;
  return SUMS.includes(kind) ? `Dissolving ${name} (${part})` : `${nameOf(kind)} ${name}: not shown here`;
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
    <div class="screen-room"><div class="screen-frame" style=${{ "--shape": String(ratio.value) }}><${Screen} />${safe.value && html`<${Safe} />`}</div><${Neighbour} /></div>
    <${Reading} />
    <${Switch} label="Safe areas" on=${safe.value} onSet=${(on) => (safe.value = on)} title="Show areas hidden by app buttons" />
  </section>`;
}
