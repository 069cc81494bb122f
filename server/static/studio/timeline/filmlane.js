/** The clip's pictures and sound, its ruler, and its in and out points. */

import { html, useEffect, useRef } from "../parts/vendor.js";
import { inFrame, outFrame, setTrim } from "../panels/actions.js";
import { useDrag } from "../panels/drag.js";
import { across, ticks, tickStep, tiles, timeAcross } from "../edit/lanes.js";
import { duration, frame, frames, inOut, rate } from "../playback/now.js";
import { drawable, playing, seek, shownFrame, video } from "../playback/player.js";
import { filmstripPicture } from "../remote/api.js";
import { filmstripOf, peaksOf } from "../remote/footage.js";
import { ARROWS, modified } from "../parts/keyboard.js";
import { playhead, selected } from "../edit/store.js";
import { frameAt, timecode, timeOf } from "../edit/timecode.js";
import { frameNear, snappedAt, view } from "../playback/window.js";

const HIGH = 64;
/** Pixels of the lane's lower part, in which the sound is drawn. */
const SOUND = 22;

/** A drag over a lane moves the playhead. */
const scrub = {
  start(event) {
    return { at: timeAcross(view.peek(), event.clientX0 - event.currentTarget.getBoundingClientRect().left) };
  },
  move({ dx, alt }, { at }) {
    const number = frameNear(at + dx / view.peek().scale, alt, (what) => what === "playhead");
    seek(timeOf(number, rate.peek()));
  },
  end() {
    snappedAt.value = null;
  },
};

/** A press moves the playhead at once, except on a handle. */
function pressed(event) {
  if (event.button !== 0 || event.target.closest("[role=slider]")) return;
  const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
  seek(timeOf(frameAt(timeAcross(view.peek(), x), rate.peek()), rate.peek()));
}

/** The ruler, with labels at round times. */
export function Ruler() {
  const ref = useRef(null);
  useDrag(ref, scrub);
  const step = tickStep(view.value);
  return html`<div class="track ruler" ref=${ref} onPointerDown=${pressed}>
    <svg aria-hidden="true">${ticks(view.value, duration.value).map(({ time, label }) => {
      const x = across(view.value, time);
      return html`<g key=${time} transform="translate(${x} 0)"><path d="M0 14V22M${(step / 2) * view.value.scale} 18V22" /><text x="4" y="13">${label}</text></g>`;
    })}</svg>
  </div>`;
}

/** Draws the filmstrip, and the sound over it. Between its pictures, when zoomed in, `now` is drawn at the playhead: the video's. */
function paint(target, strip, sprite, sound, now) {
  const { width, scale } = view.peek();
  const context = target.getContext("2d");
  const dense = window.devicePixelRatio || 1;
  [target.width, target.height] = [Math.max(1, Math.round(width * dense)), Math.round(HIGH * dense)];
  context.setTransform(dense, 0, 0, dense, 0, 0);
  if (strip && sprite?.complete && sprite.naturalWidth) {
    const high = HIGH - SOUND * Boolean(sound?.peaks.length) * 0.6;
    const wide = (strip.width * high) / strip.height;
    for (const { x, width: across, picture } of tiles(view.peek(), strip, wide)) {
      const [column, row] = [picture % strip.columns, Math.floor(picture / strip.columns)];
      const part = (strip.height * wide) / across; // a wider tile has the middle of its picture
      context.drawImage(sprite, column * strip.width, row * strip.height + (strip.height - part) / 2, strip.width, part, x, 0, across, high);
    }
    if (now && strip.pictures > 1 && strip.step_s * scale >= wide) context.drawImage(now, across(view.peek(), playhead.peek()) - wide / 2, 0, wide, high);
  }
  if (sound?.peaks.length) wave(context, sound, target);
}

function wave(context, { rate: perSecond, peaks }, target) {
  const { width, start, scale } = view.peek();
  const colours = getComputedStyle(target);
  context.fillStyle = colours.getPropertyValue("--wave-ground");
  context.fillRect(0, HIGH - SOUND, width, SOUND);
  context.fillStyle = colours.getPropertyValue("--wave");
  for (let x = 0; x < width; x += 1) {
    const [from, to] = [Math.floor((start + x / scale) * perSecond), Math.ceil((start + (x + 1) / scale) * perSecond)];
    let peak = 0;
    for (let i = from; i < to && i < peaks.length; i++) peak = Math.max(peak, peaks[i]);
    const high = Math.max(1, peak * (SOUND - 2));
    context.fillRect(x, HIGH - SOUND / 2 - high / 2, 1, high);
  }
}

function Pictures() {
  const ref = useRef(null);
  const sprite = useRef(null);
  const id = selected.value.raw_clip_id;
  const strip = id ? filmstripOf(id).value : null;
  const sound = id ? peaksOf(id).value : null;
  /** The video, while it holds the picture at the playhead. */
  const held = () => !playing.peek() && shownFrame.peek() === frame.peek() && !video.peek()?.seeking && video.peek()?.readyState > 1 ? video.peek() : null;
  const now = () => ref.current && paint(ref.current, strip, sprite.current, sound, held());
  useEffect(() => {
    sprite.current = null;
    if (!strip) return;
    sprite.current = new Image();
    sprite.current.onload = now;
    sprite.current.src = filmstripPicture(id);
  }, [strip]);
  void [view.value, drawable.value, playing.value];
  useEffect(() => {
    const call = requestAnimationFrame(now);
    return () => cancelAnimationFrame(call);
  });
  return html`<canvas ref=${ref} class="pictures" aria-hidden="true"></canvas>`;
}

const trimDrag = {
  start(event) {
    return { edge: event.currentTarget.dataset.edge, first: inFrame(), until: outFrame() };
  },
  move({ dx, merge, alt }, { edge, first, until }) {
    const from = timeOf(edge === "in" ? first : until, rate.peek());
    const number = frameNear(from + dx / view.peek().scale, alt, (what) => what === "in" || what === "out");
    if (edge === "in") setIn(Math.min(number, until - 1), until, merge);
    else setOut(first, Math.max(number, first + 1), merge);
  },
  cancel({ first, until }, merge) {
    setTrim(first, until, merge);
  },
  end() {
    snappedAt.value = null;
  },
};

function setIn(first, until, merge) {
  setTrim(first, until, merge);
  seek(timeOf(first, rate.peek()));
}

/** Set the out point, and show the last frame before it. */
function setOut(first, until, merge) {
  setTrim(first, until, merge);
  seek(timeOf(until - 1, rate.peek()));
}

function trimKeys(event) {
  const edge = event.target.dataset.edge;
  const ways = { ...ARROWS, Home: -frames.peek(), End: frames.peek() };
  if (!edge || !(event.key in ways) || modified(event)) return;
  event.preventDefault();
  event.stopPropagation();
  const by = ways[event.key] * (event.shiftKey ? rate.peek().base : 1);
  const [first, until] = [inFrame(), outFrame()];
  if (edge === "in") setIn(Math.min(Math.max(0, first + by), until - 1), until, "trim in");
  else setOut(first, Math.max(Math.min(frames.peek(), until + by), first + 1), "trim out");
}

function Handle({ edge, at, number }) {
  const x = across(view.value, at);
  return html`<span class="handle ${edge}" role="slider" tabindex="0" data-edge=${edge} aria-label=${edge === "in" ? "In" : "Out"}
    aria-valuemin="0" aria-valuemax=${frames.value} aria-valuenow=${number} aria-valuetext=${timecode(number, rate.value)}
    style=${{ transform: `translateX(${x}px)` }}></span>`;
}

/** The pictures, darkened outside the trim, and the two handles. */
export function FilmLane() {
  const ref = useRef(null);
  useDrag(ref, trimDrag, ".handle");
  const under = useRef(null);
  useDrag(under, scrub);
  const [start, end] = inOut.value;
  const [left, right] = [start, end].map((at) => Math.min(Math.max(across(view.value, at), 0), view.value.width));
  return html`<div class="track film-track" ref=${ref} role="group" aria-label="Trim" onPointerDown=${pressed} onKeyDown=${trimKeys}>
    <div class="under" ref=${under}><${Pictures} /></div>
    <span class="outside" style=${{ left: 0, width: `${left}px` }}></span>
    <span class="outside" style=${{ left: `${right}px`, right: 0 }}></span>
    <span class="inside" style=${{ left: `${left}px`, width: `${right - left}px` }}></span>
    <${Handle} edge="in" at=${start} number=${inFrame()} />
    <${Handle} edge="out" at=${end} number=${outFrame()} />
  </div>`;
}

