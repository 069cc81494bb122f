/** The black corners of a straightened picture, and the zoom of a crop that keeps out of them. */

import { rounded, SMALLEST } from "./box.js";

/** @typedef {import("./box.js").Box} Box @typedef {import("./box.js").Size} Size */

/** The least zoom about a box's middle that leaves no black corner in it, 1 if there is none, Infinity if its middle is in one. @param {Box} box @param {Size} size @param {number} degrees */
export function cornerZoom(box, size, degrees) {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const [x, y] = [box.x + (box.width - size.width) / 2, box.y + (box.height - size.height) / 2];
  const room = [size.width / 2 - Math.abs(cos * x - sin * y), size.height / 2 - Math.abs(sin * x + cos * y)];
  if (Math.min(...room) <= 0) return Infinity;
  const reach = [box.width * cos + box.height * Math.abs(sin), box.width * Math.abs(sin) + box.height * cos];
  return Math.max(1, reach[0] / 2 / room[0], reach[1] / 2 / room[1]);
}

/**
 * Keyframes zoomed so that none shows a black corner, all by the same factor where they have one size, so that a pan
 * stays a pan; null if one cannot be. @template {Box} K @param {K[]} keys @param {Size} size @param {number} degrees
 * @returns {K[] | null}
 */
export function pastCorners(keys, size, degrees) {
  const zooms = keys.map((each) => cornerZoom(each, size, degrees));
  const even = keys.every((each) => Math.abs(each.width - keys[0].width) < 1e-3);
  const made = keys.map((each, index) => {
    const zoom = (even ? Math.max(...zooms) : zooms[index]) * (1 + 1e-6);
    if (zoom <= 1 + 1e-5) return each;
    const [width, height] = [each.width / zoom, each.height / zoom];
    return { ...each, ...rounded({ x: each.x + (each.width - width) / 2, y: each.y + (each.height - height) / 2, width, height }) };
  });
  return made.every((each) => each.width >= SMALLEST && each.height >= SMALLEST) ? made : null;
}
