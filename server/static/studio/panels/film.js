/** The whole film on the stage: its frame, or the reason why there is none. */

import { effect, html, useEffect, useRef } from "../parts/vendor.js";
import { cropAt } from "../edit/curve.js";
import { clipById } from "../edit/store.js";
import { Decks, footageOf, turned } from "../playback/decks.js";
import { blend, draw, fade } from "../playback/drawing.js";
import { filmAt, filmClips, filmNow, filmPictures, filmPlaying, filmShown } from "../playback/film.js";
import { canvas } from "../playback/now.js";

/** Pixels of the longer side of the canvas: as many as can be drawn for every frame of the film. */
const LONGEST = 720;

/** Width and height of the canvas that shows the film. */
function sizeOf({ width, height }) {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  return [Math.round(width * scale), Math.round(height * scale)];
}

/** The canvases that show the film: the first is drawn, the others are copies. @type {Set<HTMLCanvasElement>} */
const screens = new Set();

/** Draw the frame of the film; a picture that is not there yet leaves the frame before. */
function paint() {
  const [[target, ...others], pictures, now] = [[...screens], filmPictures(), filmNow.peek()];
  if (!target || !now || !pictures.length || pictures.some(({ element }) => !element)) return;
  const layers = pictures.map(({ clip, k, element }) => ({ element, box: cropAt(clip.crop, k), size: clip.picture, clip: clipById(clip.clip_id), placed: clip.placed }));
  const { mix } = now;
  if (layers.length > 1) blend(target, mix.kind, 1 - mix.share, layers[0], layers[1], canvas.peek());
  else draw(target, layers[0], canvas.peek());
  if (mix?.kind === "fade") fade(target, mix.colour, mix.share);
  const exact = pictures.every((each) => each.exact);
  for (const each of others) each.getContext("2d", { alpha: false }).drawImage(target, 0, 0);
  for (const { dataset } of screens) Object.assign(dataset, { frame: String(filmAt.peek()), exact: String(exact), painted: String(Number(dataset.painted ?? 0) + 1) });
}

/** Draws at every frame of the film, and, while it stands, at every picture that arrives. */
effect(() => {
  void [filmAt.value, filmClips.value, canvas.value, filmPlaying.value || turned.value];
  paint();
});

/** A canvas that shows the film. */
export function FilmScreen({ name, label }) {
  const ref = useRef(null);
  const [width, height] = sizeOf(canvas.value);
  useEffect(() => {
    screens.add(ref.current);
    return () => screens.delete(ref.current);
  }, []);
  useEffect(paint, [width, height]); // a canvas of another size is empty
  return html`<canvas ref=${ref} class=${name} width=${width} height=${height} role="img" aria-label=${label}></canvas>`;
}

/** Why the film cannot be shown here; null if it can. */
function reason() {
  if (!filmClips.value || !filmNow.value) return "The video cannot be played until its problems are fixed.";
  const clip = filmNow.value.clip;
  const { path, message } = footageOf(clip);
  if (message) return `“${clipById(clip.clip_id)?.name}” cannot be shown: ${message}.`;
  return path ? null : `Loading “${clipById(clip.clip_id)?.name}”…`;
}

/** The film over the stage. */
export function Theatre() {
  if (!filmShown.value) return null;
  const why = reason();
  return html`<div class="theatre">
    <${FilmScreen} name="film-screen" label="The whole video" />
    ${why && html`<p class="stage-note" role="status">${why}</p>`}
    <${Decks} clips=${filmClips.value ?? []} />
  </div>`;
}
