/** The film's playhead under the strip of clips: dragged, it goes through the film and shows it. */

import { html, signal, useEffect, useRef } from "../parts/vendor.js";
import { acrossStrip, frameAcross } from "../edit/sequence.js";
import { clips } from "../edit/store.js";
import { timecode } from "../edit/timecode.js";
import { useDrag } from "../panels/drag.js";
import { ARROWS, modified } from "../parts/keyboard.js";
import { filmAt, filmClips, filmFrames, filmHead, filmPlaying, follow, seekFilm, showFilm, stepFilm } from "../playback/film.js";
import { filmRate } from "../playback/now.js";

/** Where each clip is on the strip: [left, width], in pixels. */
const stretches = signal(/** @type {[number, number][]} */ ([]));

function measure(strip) {
  const left = strip.getBoundingClientRect().left - strip.scrollLeft;
  stretches.value = [...strip.querySelectorAll(".piece-body")].map((each) => {
    const place = each.getBoundingClientRect();
    return [place.left - left, place.width];
  });
}

/** Show the frame of the film at a place on the screen. */
function goAcross(track, clientX) {
  const strip = track.parentElement;
  const x = clientX - strip.getBoundingClientRect().left + strip.scrollLeft;
  const at = frameAcross(filmClips.peek(), stretches.peek(), x);
  showFilm(at);
  seekFilm(at);
}

const ready = () => filmClips.peek() !== null && stretches.peek().length === filmClips.peek().length;

const scrub = {
  start(event) {
    return ready() ? { track: event.currentTarget } : null;
  },
  move({ clientX }, { track }) {
    goAcross(track, clientX);
  },
  end: follow,
};

function pressed(event) {
  if (event.button === 0 && ready()) goAcross(event.currentTarget, event.clientX);
}

function keyed(event) {
  const by = ARROWS[event.key] && ARROWS[event.key] * (event.shiftKey ? filmRate.peek().base : 1);
  const to = { Home: 0, End: filmFrames.peek() - 1 }[event.key] ?? filmHead.peek() + by;
  if (Number.isNaN(to) || modified(event)) return;
  event.preventDefault();
  event.stopPropagation();
  showFilm();
  stepFilm(to - filmAt.peek());
}

/** The track of the film's playhead, under the pieces of the strip. */
export function FilmHead() {
  const ref = useRef(null);
  useDrag(ref, scrub);
  useEffect(() => {
    const strip = ref.current.parentElement;
    const seen = new ResizeObserver(() => measure(strip));
    for (const each of [strip, ...strip.querySelectorAll(".piece-body")]) seen.observe(each);
    return () => seen.disconnect();
  }, [clips.value]);
  return html`<div class="film-head" ref=${ref} onPointerDown=${pressed} onPointerUp=${() => filmPlaying.peek() || follow()}><${Head} /></div>`;
}

function Head() {
  const there = filmClips.value && stretches.value.length === filmClips.value.length;
  const at = filmHead.value;
  const x = there ? acrossStrip(filmClips.value, stretches.value, at) : 0;
  return html`<span class="film-mark" role="slider" tabindex="0" aria-label="Video playhead" aria-valuemin="0" aria-valuemax=${Math.max(0, filmFrames.value - 1)}
    aria-valuenow=${at} aria-valuetext=${timecode(at, filmRate.value)} onKeyDown=${keyed} style=${{ transform: `translateX(${x}px)` }}></span>`;
}
