/**
 * The part of a picture that the stage shows. At a zoom of 1 it is the whole picture.
 *
 * @typedef {{zoom: number, x: number, y: number}} Lens  x and y: the point in the stage's middle, 0 to 1 over the picture
 * @typedef {{across: number, down: number}} Room  the stage's size, in sizes of the picture at a zoom of 1: one of them is 1
 */

import { between } from "./box.js";

/** @type {Lens} */
export const WHOLE = { zoom: 1, x: 0.5, y: 0.5 };
/** The largest zoom. */
export const CLOSEST = 8;

/** A lens within its bounds: no margin beside a picture that fills the stage. @param {Lens} lens @param {Room} room @returns {Lens} */
export function kept({ zoom, x, y }, { across, down }) {
  const close = between(zoom, 1, CLOSEST);
  const along = (/** @type {number} */ at, /** @type {number} */ whole) => {
    const half = Math.min(1 / 2, whole / (2 * close));
    return between(at, half, 1 - half);
  };
  return { zoom: close, x: along(x, across), y: along(y, down) };
}

/** Zoomed so that a point of the picture stays where it is. @param {Lens} lens @param {number} factor @param {{x: number, y: number}} point @param {Room} room */
export function zoomedAt(lens, factor, point, room) {
  const zoom = between(lens.zoom * factor, 1, CLOSEST);
  const part = lens.zoom / zoom;
  return kept({ zoom, x: point.x - (point.x - lens.x) * part, y: point.y - (point.y - lens.y) * part }, room);
}

/** The picture dragged along by parts of its size on the screen. @param {Lens} lens @param {number} dx @param {number} dy @param {Room} room */
export const panned = (lens, dx, dy, room) => kept({ ...lens, x: lens.x - dx, y: lens.y - dy }, room);
