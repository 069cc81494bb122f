/**
 * Quarter turns and mirrors of a clip's picture, and the crops that follow them. The order is that of the compiler: turn
 * (clockwise), mirror (left to right), rotation (straightening, counter-clockwise), crop.
 *
 * @typedef {import("./box.js").Box} Box
 * @typedef {import("./box.js").Size} Size
 * @typedef {{turn: number, mirror: boolean, rotation: number}} Looks
 * @typedef {"right" | "left" | "mirror"} Way
 */

import { rounded, scaled } from "./box.js";

/** The relative difference up to which a box has the film's aspect ratio, as in the compiler. */
const SAME_SHAPE = 0.01;

/** How a clip's picture is turned; absent fields are those of an untouched clip. @returns {Looks} */
export const looksOf = (/** @type {any} */ clip) => ({ turn: clip?.turn ?? 0, mirror: Boolean(clip?.mirror), rotation: clip?.rotation ?? 0 });

/** Whether a picture's sides are exchanged. @param {Looks} looks */
export const lies = (looks) => looks.turn % 180 !== 0;

/** The size of a picture with the looks `from` when it has the looks `to`. @param {Size} size @param {Looks} from @param {Looks} to @returns {Size} */
export function sizeAfter({ width, height }, from, to) {
  return lies(from) === lies(to) ? { width, height } : { width: height, height: width };
}

/**
 * The looks after the picture on screen is turned or mirrored. A turn comes before the mirror, so of a mirrored picture
 * it goes the other way; a mirror comes before the straightening, which then goes the other way.
 * @param {Looks} looks @param {Way} way @returns {Looks}
 */
export function turnedLooks({ turn, mirror, rotation }, way) {
  if (way === "mirror") return { turn, mirror: !mirror, rotation: rotation && -rotation };
  const by = (way === "right") === mirror ? 270 : 90;
  return { turn: (turn + by) % 360, mirror, rotation };
}

/** The picture's quarter turns on screen from one look to another, after a mirror if there is one. @param {Looks} from @param {Looks} to */
function change(from, to) {
  const mirrored = from.mirror !== to.mirror;
  const turn = to.turn - from.turn;
  return { mirrored, quarters: ((((to.mirror ? -turn : turn) / 90) % 4) + 4) % 4 };
}

/** A box after its picture is turned clockwise by a quarter. @param {Box} box @param {Size} size @returns {Box} */
const quarter = ({ x, y, width, height }, size) => ({ x: size.height - y - height, y: x, width: height, height: width });

/** The same part of the picture with other looks. @param {Box} box @param {Size} size @param {Looks} from @param {Looks} to @returns {Box} */
export function boxAfter(box, size, from, to) {
  const { mirrored, quarters } = change(from, to);
  let [now, around] = [mirrored ? { ...box, x: size.width - box.x - box.width } : { ...box }, size];
  for (let i = 0; i < quarters; i++) [now, around] = [quarter(now, around), { width: around.height, height: around.width }];
  return now;
}

/**
 * Keyframes that frame the same part of the picture with other looks. Boxes of the film's aspect ratio keep it: after a
 * quarter turn each is the smallest one around the part, as far as the picture has room. Other boxes turn with the picture.
 * @template {Box} K @param {K[]} keys @param {Size} size of the picture with the looks `from` @param {Looks} from
 * @param {Looks} to @param {number} ratio of the film @returns {K[]}
 */
export function keysAfter(keys, size, from, to, ratio) {
  const fitted = lies(from) !== lies(to) && keys.every((each) => Math.abs(each.width / each.height / ratio - 1) <= SAME_SHAPE);
  const around = sizeAfter(size, from, to);
  return keys.map((each) => {
    const part = boxAfter(each, size, from, to);
    const box = fitted ? scaled(part, Math.max(part.width, part.height * ratio), ratio, around) : part;
    return { ...each, ...rounded(box) };
  });
}

/** The matrix of a drawn picture, a to d of CSS and canvas: turned, mirrored, straightened about its middle. @param {Looks} looks @returns {[number, number, number, number]} */
export function matrixOf({ turn, mirror, rotation }) {
  const [cos, sin] = [[1, 0], [0, 1], [-1, 0], [0, -1]][turn / 90];
  const side = mirror ? -1 : 1;
  const angle = (-rotation * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [a, b, x, y] = [side * cos, sin, side * -sin, cos];
  return [c * a - s * b, s * a + c * b, c * x - s * y, s * x + c * y];
}
