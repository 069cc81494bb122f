/** The source's picture with the crop box over it, and the path of the box. */

import { html, signal, useRef } from "../parts/vendor.js";
import { between, largest, moved, placed, resized, rounded, scaled, SMALLEST, snapped, withField } from "../edit/box.js";
import { centres } from "../edit/curve.js";
import { useDrag } from "./drag.js";
import { NumberField, Switch } from "./fields.js";
import { box, frame, keyframe, keyframes, parts, picture, rate, ratio, waiting, wholeClip } from "../playback/now.js";
import { filmShown } from "../playback/film.js";
import { pause, Player, playing } from "../playback/player.js";
import { Theatre } from "./film.js";
import { LARGEST_ROTATION } from "../parts/limits.js";
import { modified } from "../parts/keyboard.js";
import { dispatch, select, selected } from "../edit/store.js";
import { timecode } from "../edit/timecode.js";

/** Pixels on the screen within which a box snaps. */
const REACH = 8;
const HANDLES = [
  ["nw", { top: true, left: true }], ["n", { top: true }], ["ne", { top: true, right: true }], ["e", { right: true }],
  ["se", { bottom: true, right: true }], ["s", { bottom: true }], ["sw", { bottom: true, left: true }], ["w", { left: true }],
];

/** The lines that the box has snapped to, and whether it is being dragged. */
const guides = signal([]);
const dragging = signal(false);

/**
 * Set the box on this frame: its keyframe, or a new one. With “apply to all keyframes” all keyframes change together. A drag changes them
 * `from` their state at its start, because the curve between them comes from the server, with a delay.
 * @param {import("../edit/curve.js").Box} wanted @param {string} [merge]
 */
export function setBox(wanted, merge, from = { keys: keyframes.peek(), box: box.peek() }) {
  const clip_id = selected.peek().clip_id;
  if (playing.peek()) pause();
  if (wholeClip.peek() && from.keys.length) {
    const crop_data = from.keys.map((each) => ({ ...each, ...alike(each, from.box, wanted) }));
    return dispatch({ do: "set-crop", clip_id, crop_data, merge });
  }
  const here = keyframe.peek() ?? { frame: frame.peek(), ...easeHere() };
  const { x, y, width, height } = rounded(wanted);
  const made = dispatch({ do: "set-keyframe", clip_id, keyframe: { ...here, x, y, width, height }, merge });
  select({ keyframe: here.frame });
  return made;
}

/** The change of a box that turns `before` into `after`: scaled about its centre and moved. */
function alike(each, before, after) {
  const grown = scaled(each, each.width * (after.width / before.width), ratio.peek(), picture.peek());
  const dx = after.x + after.width / 2 - before.x - before.width / 2;
  const dy = after.y + after.height / 2 - before.y - before.height / 2;
  const same = Math.abs(after.width - before.width) < 1e-6;
  return rounded(moved(same ? each : grown, dx, dy, picture.peek()));
}

/** The ease of a new keyframe: that of the keyframe before it. */
function easeHere() {
  const before = keyframes.peek().filter((each) => each.frame < frame.peek()).at(-1);
  return before?.ease ? { ease: before.ease } : {};
}

/** Make the box here a keyframe. */
export const keepHere = () => setBox(placed(box.peek(), picture.peek()));

const percent = (part, whole) => `${(100 * part) / whole}%`;

function CropBox() {
  const ref = useRef(null);
  const here = box.value;
  const scale = () => picture.peek().width / ref.current.parentElement.clientWidth;
  useDrag(ref, boxDrag(scale));
  useDrag(ref, boxDrag(scale), ".grip");
  const said = `Crop: left ${Math.round(here.x)}, top ${Math.round(here.y)}, ${Math.round(here.width)} by ${Math.round(here.height)} pixels`;
  return html`<div ref=${ref} class="crop ${dragging.value ? "dragged" : ""}" tabindex="0" role="group" aria-roledescription="crop box"
    aria-label=${said} aria-description="Arrow keys move it, with Shift by ten pixels; plus and minus change its size."
    style=${{ left: percent(here.x, picture.value.width), top: percent(here.y, picture.value.height),
      width: percent(here.width, picture.value.width), height: percent(here.height, picture.value.height) }}
    onKeyDown=${boxKeys}>
    <span class="thirds" aria-hidden="true"></span>
    ${HANDLES.map(([name]) => html`<span key=${name} class="grip grip-${name}" data-grip=${name} aria-hidden="true"></span>`)}
    <${Note} />
  </div>`;
}

/** The drag of the box, which moves it, and of a grip, which resizes it. */
function boxDrag(scale) {
  return {
    start(event) {
      dragging.value = true;
      const { grip } = event.currentTarget.dataset;
      const edges = HANDLES.find(([name]) => name === grip)?.[1] ?? null;
      return { from: { keys: keyframes.peek(), box: { ...box.peek() } }, edges, scale: scale() };
    },
    move({ dx, dy, merge, alt }, { from, edges, scale: by }) {
      if (edges) return void setBox(resized(from.box, edges, dx * by, dy * by, ratio.peek(), picture.peek()), merge, from);
      const free = moved(from.box, dx * by, dy * by, picture.peek());
      const found = alt ? { box: free, guides: [] } : snapped(free, picture.peek(), REACH * by);
      guides.value = found.guides;
      setBox(found.box, merge, from);
    },
    cancel({ from }, merge) {
      dispatch({ do: "set-crop", clip_id: selected.peek().clip_id, crop_data: from.keys, merge });
    },
    end() {
      dragging.value = false;
      guides.value = [];
    },
  };
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function boxKeys(event) {
  if (modified(event)) return;
  const by = event.shiftKey ? 10 : 1;
  const way = MOVES[event.key];
  const merge = `keys ${frame.peek()}`;
  if (way) setBox(moved(box.peek(), way[0] * by, way[1] * by, picture.peek()), merge);
  else if (event.key === "+" || event.key === "=") setBox(scaled(box.peek(), box.peek().width * 1.02, ratio.peek(), picture.peek()), merge);
  else if (event.key === "-") setBox(scaled(box.peek(), box.peek().width / 1.02, ratio.peek(), picture.peek()), merge);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** A note in the box that names the keyframe which a change would set. */
function Note() {
  const at = timecode(frame.value, rate.value);
  if (wholeClip.value) return html`<span class="note">Moves every keyframe</span>`;
  if (keyframe.value) return html`<span class="note">Keyframe at ${at}</span>`;
  return html`<span class="note fresh">New keyframe at ${at}</span>`;
}

/** The shade around the box, the path of its centre, its keyframes, and the lines that it has snapped to. */
function Overlay() {
  const { width, height } = picture.value;
  const { x, y, width: wide, height: high } = box.value;
  const hole = `M0 0H${width}V${height}H0ZM${x} ${y}v${high}h${wide}v${-high}Z`;
  return html`<svg class="overlay" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">
    <path class="shade" d=${hole} fill-rule="evenodd" />
    <${Way} />
    ${guides.value.map(({ axis, at }) =>
      axis === "x" ? html`<line class="guide" x1=${at} x2=${at} y1="0" y2=${height} />` : html`<line class="guide" y1=${at} y2=${at} x1="0" x2=${width} />`)}
  </svg>`;
}

const MOST_DOTS = 200;

function Way() {
  if (keyframes.value.length < 2 || !parts.value?.path) return null;
  const points = centres(parts.value.path, 1 / rate.value.value).map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  const every = Math.ceil(keyframes.value.length / MOST_DOTS);
  const dots = keyframes.value.filter((_, index) => index % every === 0);
  return html`<path class="way ${waiting.value ? "waiting" : ""}" d="M${points.join("L")}" />
    ${dots.map((each) => html`<path class="dot" d="M${each.x + each.width / 2} ${each.y + each.height / 2}h0" />`)}`;
}

/** The fields of the box and the rotation. */
function Numbers() {
  const { width, height } = picture.value;
  const set = (field) => (value) => setBox(withField(box.peek(), field, value, ratio.peek(), picture.peek()));
  const turn = (rotation) => dispatch({ do: "set-rotation", clip_id: selected.peek().clip_id, rotation });
  const here = box.value;
  return html`<div class="numbers" role="group" aria-label="Crop in pixels" inert=${filmShown.value}>
    <${NumberField} label="Left" value=${here.x} min=${0} max=${width} onSet=${set("x")} />
    <${NumberField} label="Top" value=${here.y} min=${0} max=${height} onSet=${set("y")} />
    <${NumberField} label="Width" value=${here.width} min=${SMALLEST} max=${width} onSet=${set("width")} />
    <${NumberField} label="Height" value=${here.height} min=${SMALLEST} max=${height} onSet=${set("height")} />
    <${NumberField} label="Straighten" value=${selected.value.rotation ?? 0} step=${0.1} min=${-LARGEST_ROTATION} max=${LARGEST_ROTATION} unit="°" onSet=${turn} />
    <button type="button" onClick=${() => setBox(largest(ratio.peek(), picture.peek()))} title="The largest crop, in the middle">Fill frame</button>
    <${Switch} label="Apply to all keyframes" on=${wholeClip.value} onSet=${(on) => (wholeClip.value = on)} title="Move and resize every keyframe of the clip alike" />
  </div>`;
}

/** The stage: picture, box, fields. */
export function Framing() {
  if (!selected.value) return null;
  const { width, height } = picture.value;
  return html`<section class="framing" aria-label="Framing">
    <div class="fitted" style=${{ "--shape": String(between(width / height, 0.05, 20)) }}>
      <div class="picture" inert=${filmShown.value}>
        <div class="turned"><${Player} /></div>
        <${Overlay} />
        <${CropBox} />
      </div>
      <${Theatre} />
    </div>
    <${Numbers} />
  </section>`;
}
