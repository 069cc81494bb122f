/**
 * Moving and resizing a crop box: it keeps the film's aspect ratio and stays within the picture.
 *
 * @typedef {import("./curve.js").Box} Box
 * @typedef {{width: number, height: number}} Size
 * @typedef {{left?: boolean, right?: boolean, top?: boolean, bottom?: boolean}} Edges
 * @typedef {{box: Box, guides: {axis: "x" | "y", at: number}[]}} Snapped
 */

/** Pixels of the picture: the smallest width and height of a box. */
export const SMALLEST = 16;

/** @param {number} value @param {number} low @param {number} high */
export const between = (value, low, high) => Math.min(Math.max(value, low), high);

/** The box rounded to thousandths of a pixel, as it is stored. @param {Box} box @returns {Box} */
export function rounded(box) {
  const fine = (/** @type {number} */ value) => Math.round(value * 1000) / 1000;
  return { x: fine(box.x), y: fine(box.y), width: fine(box.width), height: fine(box.height) };
}

/** The box moved into the picture, by as little as possible. @param {Box} box @param {Size} picture @returns {Box} */
export function placed(box, picture) {
  const width = Math.min(box.width, picture.width);
  const height = Math.min(box.height, picture.height);
  return { x: between(box.x, 0, picture.width - width), y: between(box.y, 0, picture.height - height), width, height };
}

/** @param {Box} box @param {number} dx @param {number} dy @param {Size} picture */
export function moved(box, dx, dy, picture) {
  return placed({ ...box, x: box.x + dx, y: box.y + dy }, picture);
}

/** The largest box of an aspect ratio, in the middle. @param {number} ratio width by height @param {Size} picture @returns {Box} */
export function largest(ratio, picture) {
  const width = Math.min(picture.width, picture.height * ratio);
  const height = width / ratio;
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
}

/** The smallest and the largest width of a box of this aspect ratio in this picture. */
function widths(/** @type {number} */ ratio, /** @type {Size} */ picture) {
  return [Math.max(SMALLEST, SMALLEST * ratio), Math.min(picture.width, picture.height * ratio)];
}

/** A box of another width about the same centre, of the film's aspect ratio. @param {Box} box @param {number} width @param {number} ratio @param {Size} picture */
export function scaled(box, width, ratio, picture) {
  const [low, high] = widths(ratio, picture);
  const wide = between(width, low, high);
  const high_ = wide / ratio;
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  return placed({ x: middle.x - wide / 2, y: middle.y - high_ / 2, width: wide, height: high_ }, picture);
}

/**
 * The box with an edge or a corner dragged by (dx, dy): the opposite edge or corner stays, the aspect ratio is the
 * film's, and it stops at the picture's edge. @param {Box} box @param {Edges} edges @param {number} dx @param {number} dy
 * @param {number} ratio @param {Size} picture @returns {Box}
 */
export function resized(box, edges, dx, dy, ratio, picture) {
  const across = edges.left || edges.right;
  const down = edges.top || edges.bottom;
  const byWidth = box.width + (edges.left ? -dx : dx);
  const byHeight = (box.height + (edges.top ? -dy : dy)) * ratio;
  const wanted = across && down ? Math.max(byWidth, byHeight) : across ? byWidth : byHeight;
  const anchor = {
    x: edges.left ? box.x + box.width : edges.right ? box.x : box.x + box.width / 2,
    y: edges.top ? box.y + box.height : edges.bottom ? box.y : box.y + box.height / 2,
  };
  const [low] = widths(ratio, picture);
  const width = between(wanted, low, Math.max(low, roomAt(anchor, edges, ratio, picture)));
  const height = width / ratio;
  return placed(
    {
      x: edges.left ? anchor.x - width : edges.right ? anchor.x : anchor.x - width / 2,
      y: edges.top ? anchor.y - height : edges.bottom ? anchor.y : anchor.y - height / 2,
      width,
      height,
    },
    picture,
  );
}

/** The largest width of a box that is held at an anchor. */
function roomAt(/** @type {{x: number, y: number}} */ anchor, /** @type {Edges} */ edges, /** @type {number} */ ratio, /** @type {Size} */ picture) {
  const right = picture.width - anchor.x;
  const below = picture.height - anchor.y;
  const wide = edges.left ? anchor.x : edges.right ? right : 2 * Math.min(anchor.x, right);
  const high = edges.top ? anchor.y : edges.bottom ? below : 2 * Math.min(anchor.y, below);
  return Math.min(wide, high * ratio);
}

/**
 * The box as it frames another picture: as large a part of the largest box, about the same place in the picture.
 * @param {Box} box @param {Size} from @param {Size} to @param {number} ratio @returns {Box}
 */
export function fittedTo(box, from, to, ratio) {
  const { x, y, width, height } = box;
  if (from.width === to.width && from.height === to.height) return { x, y, width, height };
  const middle = { x: ((x + width / 2) * to.width) / from.width, y: ((y + height / 2) * to.height) / from.height };
  const wide = (width * largest(ratio, to).width) / largest(ratio, from).width;
  return rounded(scaled({ x: middle.x, y: middle.y, width: 0, height: 0 }, wide, ratio, to));
}

/**
 * A moved box, snapped to the picture's edges, middle or thirds where one is within `reach` pixels.
 * @param {Box} box @param {Size} picture @param {number} reach @returns {Snapped}
 */
export function snapped(box, picture, reach) {
  const across = snapAlong(box.x, box.width, picture.width, reach);
  const down = snapAlong(box.y, box.height, picture.height, reach);
  /** @type {Snapped["guides"]} */
  const guides = [];
  if (across.guide !== null) guides.push({ axis: "x", at: across.guide });
  if (down.guide !== null) guides.push({ axis: "y", at: down.guide });
  return { box: placed({ ...box, x: across.start, y: down.start }, picture), guides };
}

/** Along one axis: where the box starts, and the line that drew it. */
function snapAlong(/** @type {number} */ start, /** @type {number} */ length, /** @type {number} */ whole, /** @type {number} */ reach) {
  const middles = [whole / 2, whole / 3, (2 * whole) / 3].map((at) => ({ start: at - length / 2, guide: at }));
  const targets = [{ start: 0, guide: 0 }, { start: whole - length, guide: whole }, ...middles];
  const legal = targets.filter((each) => each.start >= 0 && each.start + length <= whole + 1e-9);
  const near = legal.filter((each) => Math.abs(each.start - start) <= reach);
  near.sort((a, b) => Math.abs(a.start - start) - Math.abs(b.start - start));
  return near.length && whole - length > reach ? near[0] : { start, guide: null };
}

/** The box with one number as it was typed, and the others fitted to it. @param {Box} box @param {"x" | "y" | "width" | "height"} field @param {number} value @param {number} ratio @param {Size} picture */
export function withField(box, field, value, ratio, picture) {
  if (field === "x" || field === "y") return placed({ ...box, [field]: value }, picture);
  return scaled(box, field === "width" ? value : value * ratio, ratio, picture);
}
