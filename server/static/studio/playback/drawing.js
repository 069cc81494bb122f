/** Draws frames of the film on a canvas: a clip's crop on its place, two clips mixed as the film mixes them. */

import { blendColours } from "../edit/blends.js";

/** @typedef {{element: CanvasImageSource, box: import("../edit/curve.js").Box, size: {width: number, height: number}, rotation: number, placed: any}} Layer */

/** Fill a canvas with one colour. */
export function fill(target, colour) {
  const context = target.getContext("2d", { alpha: false });
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = colour;
  context.fillRect(0, 0, target.width, target.height);
  return context;
}

/**
 * Draw the box of a picture onto its place, which is all of the canvas or the part between bars.
 * @param {HTMLCanvasElement | OffscreenCanvas} target @param {Layer} layer
 * @param {{width: number, height: number, fill?: string}} film its canvas, whose bars have the colour `fill`; blurred ones are drawn black
 */
export function draw(target, { element, box, size, rotation, placed }, film) {
  const context = fill(target, film.fill?.startsWith("#") ? film.fill : "black");
  const scale = target.width / film.width;
  const { x, y, width, height } = placed ?? { x: 0, y: 0, ...film };
  const place = { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
  context.save();
  context.beginPath();
  context.rect(place.x, place.y, place.width, place.height);
  context.clip();
  context.fillStyle = "black"; // of the corners of a rotated picture
  context.fillRect(place.x, place.y, place.width, place.height);
  const [across, down] = [place.width / box.width, place.height / box.height];
  context.setTransform(across, 0, 0, down, place.x - box.x * across, place.y - box.y * down);
  context.translate(size.width / 2, size.height / 2);
  context.rotate((-rotation * Math.PI) / 180);
  context.imageSmoothingQuality = "high";
  context.drawImage(element, -size.width / 2, -size.height / 2, size.width, size.height);
  context.restore();
}

/** Mix a colour into a drawn clip, whose share is `share`. */
export function fade(target, colour, share) {
  const context = target.getContext("2d", { alpha: false });
  context.save();
  context.globalAlpha = 1 - share;
  context.fillStyle = colour;
  context.fillRect(0, 0, target.width, target.height);
  context.restore();
}

/**
 * Draw the frame of a blend: of the leaving clip, whose share is `progress`, and the entering one.
 * @param {HTMLCanvasElement | OffscreenCanvas} target @param {string} kind @param {number} progress @param {Layer} leaving @param {Layer} entering
 */
export function blend(target, kind, progress, leaving, entering, film) {
  if (kind === "dissolve") return dissolve(target, progress, leaving, entering, film);
  const [one, other] = [drawn(0, target, leaving, film), drawn(1, target, entering, film)];
  const out = new ImageData(target.width, target.height);
  out.data.fill(255);
  blendColours(kind, progress, one, other, out.data, { width: target.width, height: target.height, film });
  target.getContext("2d", { alpha: false }).putImageData(out, 0, 0);
}

/** A dissolve is a weighted sum, which a canvas draws by itself. */
function dissolve(target, progress, leaving, entering, film) {
  draw(target, leaving, film);
  const over = spare(2, target);
  draw(over, entering, film);
  const context = target.getContext("2d", { alpha: false });
  context.save();
  context.globalAlpha = 1 - progress;
  context.drawImage(over, 0, 0);
  context.restore();
}

/** Canvases off screen, kept from frame to frame: two to read pixels from, one to draw from. @type {OffscreenCanvas[]} */
const spares = [];

/** One of them, of the size of a canvas. */
function spare(number, { width, height }) {
  if (spares[number]?.width === width && spares[number].height === height) return spares[number];
  spares[number] = new OffscreenCanvas(width, height);
  spares[number].getContext("2d", { alpha: false, willReadFrequently: number < 2 });
  return spares[number];
}

/** The pixels of a drawn clip. */
function drawn(number, target, layer, film) {
  const canvas = spare(number, target);
  draw(canvas, layer, film);
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
}
