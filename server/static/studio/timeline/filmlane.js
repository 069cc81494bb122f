/** The clip's pictures and sound, its ruler, and its in and out points. */

import { html, useRef } from "../parts/vendor.js";
import { inFrame, outFrame, setTrim } from "../panels/actions.js";
import { useDrag } from "../panels/drag.js";
import { across, ticks, tickStep, timeAcross } from "../edit/lanes.js";
import { duration, frames, inOut, rate } from "../playback/now.js";
import { seek } from "../playback/player.js";
import { ARROWS, modified } from "../parts/keyboard.js";
import { frameAt, timecode, timeOf } from "../edit/timecode.js";
import { frameNear, snappedAt, view } from "../playback/window.js";
import { Pictures } from "./strip.js";

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

