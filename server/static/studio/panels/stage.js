/** The stage, on which the picture is: zoomed by wheel, fingers, keys and buttons, and panned. */

import { html, signal, useEffect, useRef } from "../parts/vendor.js";
import { cancelDrag } from "./drag.js";
import { between } from "../edit/box.js";
import { panned, WHOLE, zoomedAt } from "../edit/lens.js";
import { filmShown } from "../playback/film.js";
import { box, picture } from "../playback/now.js";

const STEP = 1.5;
/** The part of the picture by which an arrow key pans. */
const NUDGE = 0.1;

export const lens = signal(WHOLE);
/** Whether a drag pans and leaves the crop alone. */
export const hand = signal(false);
/** Whether two fingers are on the stage: then no crop is dragged. */
let pinched = false;
export const pinching = () => pinched;

let stage = /** @type {HTMLElement | null} */ (null);

/** The picture on the screen, and the stage in sizes of the whole picture. */
function measured() {
  const { left, top, width, height } = stage.querySelector(".picture").getBoundingClientRect();
  const style = getComputedStyle(stage);
  const inside = (whole, ...pads) => whole - pads.reduce((sum, pad) => sum + parseFloat(style[pad]), 0);
  const { zoom } = lens.peek();
  const across = (inside(stage.clientWidth, "paddingLeft", "paddingRight") * zoom) / width;
  const down = (inside(stage.clientHeight, "paddingTop", "paddingBottom") * zoom) / height;
  return { left, top, width, height, room: { across, down } };
}

/** Zoom about a point of the screen. */
function zoomAtScreen(factor, clientX, clientY) {
  const { left, top, width, height, room } = measured();
  lens.value = zoomedAt(lens.peek(), factor, { x: (clientX - left) / width, y: (clientY - top) / height }, room);
}

/** Zoom about the middle of the crop box. */
export function zoomStage(factor) {
  const { x, y, width, height } = box.peek();
  const { width: wide, height: high } = picture.peek();
  lens.value = zoomedAt(lens.peek(), factor, { x: (x + width / 2) / wide, y: (y + height / 2) / high }, measured().room);
}

export const fitStage = () => (lens.value = WHOLE);
export const toggleHand = () => (hand.value = !hand.peek());

/** Pan by pixels of the screen. */
function pan(dx, dy) {
  const { width, height, room } = measured();
  lens.value = panned(lens.peek(), dx / width, dy / height, room);
}

function wheel(event) {
  if (filmShown.peek()) return;
  if (event.ctrlKey || event.metaKey) zoomAtScreen(Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
  else if (lens.peek().zoom > 1) pan(-event.deltaX, -event.deltaY);
  else return;
  event.preventDefault();
}

/** Pan with the middle button, or with the hand. */
function pressed(event) {
  if (filmShown.peek() || (event.button !== 1 && !(hand.peek() && event.button === 0))) return;
  event.preventDefault();
  stage.setPointerCapture(event.pointerId);
  let [x, y] = [event.clientX, event.clientY];
  const moved = (next) => {
    if (next.pointerId !== event.pointerId || pinched) return;
    pan(next.clientX - x, next.clientY - y);
    [x, y] = [next.clientX, next.clientY];
  };
  const over = (last) => {
    if (last.pointerId !== event.pointerId) return;
    for (const name of ["pointerup", "pointercancel"]) stage?.removeEventListener(name, over);
    stage?.removeEventListener("pointermove", moved);
  };
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, over);
  stage.addEventListener("pointermove", moved);
}

/** The middle of two fingers, and how far apart they are. */
function fingers([one, other]) {
  return { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2, apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) };
}

/** Zoom and pan by two fingers; a drag that the first of them began is cancelled. */
function touches() {
  let last = null;
  return {
    touchstart(event) {
      if (event.touches.length !== 2 || filmShown.peek()) return;
      cancelDrag();
      [pinched, last] = [true, fingers(event.touches)];
    },
    touchmove(event) {
      if (!last || event.touches.length !== 2) return;
      if (event.cancelable) event.preventDefault(); // it is not while the page scrolls
      const now = fingers(event.touches);
      pan(now.x - last.x, now.y - last.y);
      zoomAtScreen(now.apart / Math.max(last.apart, 1), now.x, now.y);
      last = now;
    },
    touchend(event) {
      if (event.touches.length < 2) last = null;
      pinched = event.touches.length > 0 && pinched;
    },
  };
}

function listened(element) {
  stage = element;
  const { touchstart, touchmove, touchend } = touches();
  const all = { wheel, pointerdown: pressed, touchstart, touchmove, touchend, touchcancel: touchend };
  for (const [name, call] of Object.entries(all)) element.addEventListener(name, call, { passive: false, capture: true });
  return () => (stage = null);
}

/** The stage with the picture, `children`, on it; `over` lies over it, and while that is seen the picture is `still`. */
export function Stage({ children, over, still }) {
  const ref = useRef(null);
  useEffect(() => listened(ref.current), []);
  const shape = String(between(picture.value.width / picture.value.height, 0.05, 20));
  const { zoom, x, y } = lens.value;
  return html`<div class="fitted ${hand.value ? "panning" : ""}" ref=${ref} style=${{ "--shape": shape, "--zoom": String(zoom), "--x": String(x), "--y": String(y) }}>
    <div class="picture" inert=${still}>${children}</div>
    ${over}
    ${hand.value && !still && html`<div class="palm"></div>`}
  </div>`;
}

const WAYS = { ArrowLeft: [NUDGE, 0], ArrowRight: [-NUDGE, 0], ArrowUp: [0, NUDGE], ArrowDown: [0, -NUDGE] };

function nudged(event) {
  const way = WAYS[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  lens.value = panned(lens.peek(), ...way.map((part) => part / lens.peek().zoom), measured().room);
}

const Button = ({ label, keys, text, onClick, pressed: down, onKeyDown }) => html`<button type="button" class="tool" aria-label=${label} title="${label} (${keys})"
  aria-pressed=${down === undefined ? null : String(down)} onClick=${onClick} onKeyDown=${onKeyDown}>${text}</button>`;

const HAND = html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path fill="none" stroke="currentColor" stroke-width="1.3" stroke-linejoin="round"
  d="M5 8V3.6a1 1 0 0 1 2 0V7 2.6a1 1 0 0 1 2 0V7 3.400a1 1 0 0 1 2 0V7.500 5.200a1 1 0 0 1 2 0V10c0 3-1.700 4.500-4.500 4.500-2 0-3.200-.8-4.200-2.500L2.600 9a1 1 0 0 1 1.700-1z" /></svg>`;

/** Buttons to zoom and to pan. */
export function Lens() {
  return html`<div class="lens" role="group" aria-label="Stage zoom">
    <${Button} label="Zoom stage out" keys="Alt −" text="−" onClick=${() => zoomStage(1 / STEP)} />
    <${Button} label="Whole picture" keys="Alt 0" text="${Math.round(100 * lens.value.zoom)} %" onClick=${fitStage} />
    <${Button} label="Zoom stage in" keys="Alt +" text="+" onClick=${() => zoomStage(STEP)} />
    <${Button} label="Hand" keys="H: drag or arrow keys pan" text=${HAND} pressed=${hand.value} onClick=${toggleHand} onKeyDown=${nudged} />
  </div>`;
}
