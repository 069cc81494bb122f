/** Draws a clip's picture turned, mirrored and straightened, on a canvas and by CSS. */

import { lies, looksOf, matrixOf } from "../edit/turns.js";

/** Draw a picture about the origin of a canvas. @param {{width: number, height: number}} size of the turned picture @param {any} clip the turns are its own */
export function drawTurned(context, element, size, clip) {
  const looks = looksOf(clip);
  const [width, height] = lies(looks) ? [size.height, size.width] : [size.width, size.height];
  context.transform(...matrixOf(looks), 0, 0);
  context.drawImage(element, -width / 2, -height / 2, width, height);
}

/** The CSS transform of a video that fills a box of the aspect ratio `shape` untransformed. @param {any} clip @param {number} shape width by height of the turned picture */
export function turnedStyle(clip, shape) {
  const looks = looksOf(clip);
  const [a, b, c, d] = matrixOf(looks);
  const [wide, high] = lies(looks) ? [1 / shape, shape] : [1, 1];
  const matrix = [a * wide, b * wide, c * high, d * high];
  return matrix.join() === "1,0,0,1" ? {} : { transform: `matrix(${matrix.map((each) => each.toFixed(9)).join(", ")}, 0, 0)` };
}
