/** The choice of a transition: each kind is shown as a small picture of the two clips at hand. */

import { computed, html, signal, useEffect, useRef, useState } from "../parts/vendor.js";
import { Dialog } from "../parts/dialog.js";
import { cropAt, frameShown } from "../edit/curve.js";
import { clipById, clips, dispatch, draft } from "../edit/store.js";
import { rateOf } from "../edit/timecode.js";
import { drawTransition, tellingOf } from "../edit/transition.js";
import { FrameSource, frameOf, taken } from "../playback/frames.js";
import { canvas, filmRate } from "../playback/now.js";
import { playableOf } from "../remote/footage.js";
import { KINDS, longestOf, transitionOf } from "./transitions.js";

/** The clip whose entrance is being chosen, by its id; null while none is. */
export const picking = signal(/** @type {string | null} */ (null));
const close = () => (picking.value = null);

const USUAL = 0.5;
/** The most pixels of a picture's sides. */
const [WIDE, HIGH] = [150, 120];
/** Milliseconds in which a picture under the pointer goes from one clip to the other. */
const PLAYS = 1200;

/** The size of the pictures, which have the film's shape. */
const size = computed(() => {
  const scale = Math.min(WIDE / canvas.value.width, HIGH / canvas.value.height);
  return { width: Math.round(canvas.value.width * scale), height: Math.round(canvas.value.height * scale), film: canvas.value };
});

/** The frame of a clip that is mixed in the middle of a transition, and its crop; null while the draft does not have it. */
function sideOf(clip, leaving) {
  const part = draft.value?.clips.find((each) => each.clip_id === clip.clip_id);
  const path = clip.raw_clip_id && playableOf(clip.raw_clip_id).value?.path;
  if (!part?.source || !part.source_fps || !path) return null;
  const into = Math.min(Math.floor((USUAL / 2) * filmRate.value.value), part.frames - 1);
  const k = leaving ? part.frames - 1 - into : into;
  const rate = rateOf(part.source_fps);
  return { id: clip.raw_clip_id, path, rate, frame: frameShown(part.source, k, rate.value), box: cropAt(part.crop, k), part, rotation: clip.rotation ?? 0 };
}

/** The pixels of a side as the film shows it; null while its frame is not there. */
function pixelsOf(side) {
  const picture = side && frameOf(side.id, side.frame);
  if (!picture) return null;
  const { width, height, film } = size.value;
  const context = new OffscreenCanvas(width, height).getContext("2d", { alpha: false, willReadFrequently: true });
  const place = side.part.placed ?? { x: 0, y: 0, ...film };
  const scale = width / film.width;
  const [across, down] = [(place.width / side.box.width) * scale, (place.height / side.box.height) * scale];
  context.beginPath();
  context.rect(place.x * scale, place.y * scale, place.width * scale, place.height * scale);
  context.clip();
  context.setTransform(across, 0, 0, down, place.x * scale - side.box.x * across, place.y * scale - side.box.y * down);
  const whole = side.part.picture;
  context.translate(whole.width / 2, whole.height / 2);
  context.rotate((-side.rotation * Math.PI) / 180);
  context.drawImage(picture, -whole.width / 2, -whole.height / 2, whole.width, whole.height);
  return context.getImageData(0, 0, width, height).data;
}

/** The picture of a kind; while `plays`, it goes from the leaving clip to the entering one, again and again. */
function Sample({ kind, sides, plays }) {
  const ref = useRef(null);
  const { width, height } = size.value;
  const draw = (share, halves) => {
    const context = ref.current.getContext("2d");
    const made = new ImageData(width, height);
    drawTransition(kind, share, sides[0], sides[1], made.data, size.value, halves);
    context.putImageData(made, 0, 0);
  };
  useEffect(() => {
    if (!sides) return undefined;
    if (!plays) return draw(tellingOf(kind), true);
    const begun = performance.now();
    let call = 0;
    const turn = (now) => {
      draw(1 - (((now - begun) % PLAYS) + 1) / (PLAYS + 2), false);
      call = requestAnimationFrame(turn);
    };
    call = requestAnimationFrame(turn);
    return () => cancelAnimationFrame(call);
  }, [sides, plays, kind]);
  return html`<canvas ref=${ref} width=${width} height=${height} aria-hidden="true"></canvas>`;
}

const still = matchMedia("(prefers-reduced-motion: reduce)");

function Kind({ kind, name, sides, chosen, onChoose }) {
  const [plays, setPlays] = useState(false);
  const begin = () => setPlays(!still.matches);
  const end = () => setPlays(false);
  return html`<li><button type="button" class="kind" aria-pressed=${chosen ? "true" : "false"} onClick=${() => onChoose(kind)} data-kind=${kind}
    onPointerEnter=${begin} onPointerLeave=${end} onFocus=${begin} onBlur=${end}><${Sample} kind=${kind} sides=${sides} plays=${plays} /><span>${name}</span></button></li>`;
}

/** The videos that the two frames are taken from: one, if both clips are of the same footage. */
function Sources({ sides }) {
  const paths = [...new Set(sides.map((each) => each.path))];
  return paths.map((path) => {
    const of = sides.filter((each) => each.path === path);
    return html`<${FrameSource} key=${path} id=${of[0].id} path=${path} rate=${of[0].rate} wanted=${of.map((each) => each.frame)} />`;
  });
}

/** The dialog, while a transition is being chosen. */
export function TransitionPicker() {
  const clip = picking.value && clipById(picking.value);
  const before = clip && clips.value[clips.value.indexOf(clip) - 1];
  const found = before ? [sideOf(before, true), sideOf(clip, false)].filter(Boolean) : [];
  const key = JSON.stringify([found.map(({ id, frame, box, rotation }) => [id, frame, box, rotation]), size.value, taken.value]);
  const [kept, setKept] = useState({ key: "", sides: null });
  useEffect(() => {
    if (!before) return;
    const drawn = found.map(pixelsOf);
    setKept({ key, sides: drawn.length === 2 && drawn.every(Boolean) ? drawn : null });
  }, [key]);
  if (!before) return null;
  const { type } = transitionOf(clip);
  return html`<${Dialog} title=${`From “${before.name}” into “${clip.name}”`} broad onClose=${close}>
    <${Sources} sides=${found} />
    <ul class="kinds" aria-label="Transitions">${Object.entries(KINDS).map(([kind, name]) => html`<${Kind} key=${kind} kind=${kind} name=${name} sides=${kept.sides} chosen=${kind === type} onChoose=${(chosen) => choose(clip, chosen)} />`)}</ul>
    <div class="row end"><button onClick=${close}>Cancel</button></div>
  <//>`;
}

/** Set the transition into a clip; a new one lasts half a second, or as long as the clips allow. */
function choose(clip, kind) {
  close();
  const longest = longestOf(clip) || USUAL;
  const { duration = Math.min(USUAL, longest) } = transitionOf(clip);
  dispatch({ do: "set-transition", clip_id: clip.clip_id, transition: kind === "cut" ? { type: kind } : { type: kind, duration } });
}
