/** The timeline: playback buttons, the clip's lanes under one playhead, the fields of the selection, and the film. */

import { html, useEffect, useRef } from "../parts/vendor.js";
import { goTo, inFrame, outFrame, setTrim } from "../panels/actions.js";
import { Details } from "./details.js";
import { Switch, TimecodeField } from "../panels/fields.js";
import { FilmLane, Ruler } from "./filmlane.js";
import { openSheet } from "../panels/keys.js";
import { KeyLane } from "./keylane.js";
import { across, timeAcross } from "../edit/lanes.js";
import { duration, filmRate, frame, frames, parts, rate, waiting } from "../playback/now.js";
import { either, fasterFilm, filmPlaying, filmShown, filmShuttle, showClip, showFilm, stayWithClip, stepFilm, toggleFilm } from "../playback/film.js";
import { faster, looping, playing, shuttle, step, toggle } from "../playback/player.js";
import { Reel } from "./film.js";
import { SpeedLane } from "./speedlane.js";
import { ARROWS, modified } from "../parts/keyboard.js";
import { playhead, selected } from "../edit/store.js";
import { timecode } from "../edit/timecode.js";
import { fit, magnet, scrollTo, snappedAt, TARGETS, view, width, zoom, zoomable } from "../playback/window.js";

const ZOOM = 1.5;

const Button = ({ label, text, onClick, pressed, keys }) => html`<button type="button" class="tool" aria-label=${label} title="${label}${keys ? ` (${keys})` : ""}"
  aria-pressed=${pressed === undefined ? null : String(pressed)} onClick=${onClick}>${text}</button>`;

function Transport() {
  const [runs, pace] = filmShown.value ? [filmPlaying.value, filmShuttle.value] : [playing.value, shuttle.value];
  const fast = runs && pace !== 1 ? ` ${pace}×` : "";
  return html`<div class="transport" role="group" aria-label="Playing">
    <${Button} label="Frame back" keys="←" text="‹" onClick=${either(() => stepFilm(-1), () => step(-1))} />
    <${Button} label="Play backwards" keys="J" text="◂◂" onClick=${either(() => fasterFilm(-1), () => faster(-1))} />
    <${Button} label=${runs ? "Pause" : "Play"} keys="Space" text=${runs ? "❚❚" : "▶"} onClick=${either(toggleFilm, toggle)} />
    <${Button} label="Faster" keys="L" text="▸▸" onClick=${either(() => fasterFilm(1), () => faster(1))} />
    <${Button} label="Frame forward" keys="→" text="›" onClick=${either(() => stepFilm(1), () => step(1))} />
    <${Button} label="Play in a loop" keys="Q" text="⟳" pressed=${looping.value} onClick=${() => (looping.value = !looping.value)} />
    <span class="views" role="group" aria-label="What plays">
      <${Button} label="Clip" keys="W" text="Clip" pressed=${!filmShown.value} onClick=${showClip} />
      <${Button} label="Video" keys="W" text="Video" pressed=${filmShown.value} onClick=${() => showFilm()} />
    </span>
    <span class="quiet shuttle" role="status">${fast}</span>
  </div>`;
}

/** The playhead, the in and out points, and the clip's length in the film, as numbers. */
function Times() {
  const film = parts.value?.frames;
  return html`<div class="times">
    <${TimecodeField} label="Playhead" frame=${frame.value} rate=${rate.value} max=${frames.value - 1} onSet=${goTo} />
    <${TimecodeField} label="In" frame=${inFrame()} rate=${rate.value} max=${outFrame() - 1} onSet=${(number) => setTrim(number, outFrame())} />
    <${TimecodeField} label="Out" frame=${outFrame()} rate=${rate.value} min=${inFrame() + 1} max=${frames.value} onSet=${(number) => setTrim(inFrame(), number)} />
    <span class="lasts ${waiting.value ? "waiting" : ""}"><span class="quiet">Length in video</span>
      <output aria-label="Length in video">${film ? timecode(film, filmRate.value) : "–"}</output></span>
  </div>`;
}

function Zooming() {
  return html`<div class="zooming" role="group" aria-label="View">
    <${Switch} label="Snap" on=${magnet.value} onSet=${(on) => (magnet.value = on)} title="Snap to frames, keyframes, cuts and the playhead (N); Alt suspends it" />
    <${Button} label="Zoom out" keys="-" text="−" onClick=${() => zoom(1 / ZOOM)} />
    <${Button} label="Zoom in" keys="+" text="+" onClick=${() => zoom(ZOOM)} />
    <${Button} label="Fit" keys="0" text="Fit" onClick=${fit} />
    <${Button} label="Keyboard shortcuts" keys="?" text="?" onClick=${openSheet} />
  </div>`;
}

/** Pixels that the name of a line needs beside it. */
const NAMED = 90;

function SnapLine({ snapped: { at, what } }) {
  const x = across(view.value, at);
  return html`<span class="snap-line ${x > view.value.width - NAMED ? "late" : ""}" aria-hidden="true" style=${{ transform: `translateX(${x}px)` }}><b>${TARGETS[what]}</b></span>`;
}

/** The playhead's line over all lanes, and the line at which a drag snapped. */
function Head() {
  const x = across(view.value, playhead.value);
  const snapped = snappedAt.value;
  return html`<span class="head" aria-hidden="true" style=${{ transform: `translateX(${x}px)` }}></span>
    ${snapped !== null && html`<${SnapLine} snapped=${snapped} />`}`;
}

/** The playhead as a slider, for keyboards and screen readers. */
function Hold() {
  const pressed = (event) => {
    const by = ARROWS[event.key] ?? { Home: -frames.peek(), End: frames.peek(), PageUp: rate.peek().base, PageDown: -rate.peek().base }[event.key];
    if (!by || modified(event)) return;
    event.preventDefault();
    event.stopPropagation();
    goTo(frame.peek() + by * (event.shiftKey ? rate.peek().base : 1));
  };
  return html`<span class="hold" role="slider" tabindex="0" aria-label="Playhead" aria-valuemin="0" aria-valuemax=${frames.value - 1} aria-valuenow=${frame.value}
    aria-valuetext=${timecode(frame.value, rate.value)} onKeyDown=${pressed} style=${{ transform: `translateX(${across(view.value, playhead.value)}px)` }}></span>`;
}

/** A scrollbar, when a part of the clip is out of view. */
function Scroll() {
  const ref = useRef(null);
  const { start, scale } = view.value;
  /** The place that was set here: its event may come after the next zoom, when the place means another time. */
  const set = useRef(0);
  useEffect(() => {
    if (!ref.current || Math.abs(ref.current.scrollLeft - start * scale) <= 1) return;
    ref.current.scrollLeft = start * scale;
    set.current = ref.current.scrollLeft;
  });
  const scrolled = ({ target }) => {
    if (target.scrollLeft === set.current) return;
    set.current = NaN;
    scrollTo(target.scrollLeft / view.peek().scale);
  };
  if (!zoomable.value) return null;
  return html`<div class="scroll" ref=${ref} tabindex="0" role="region" aria-label="Scroll the timeline" onScroll=${scrolled}>
    <span style=${{ width: `${duration.value * scale}px` }}></span></div>`;
}

/** Zoom at the pointer by the wheel with Ctrl; scroll sideways, or with Shift. */
function wheel(event) {
  const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
  const sideways = event.shiftKey ? event.deltaY : event.deltaX;
  if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 300), timeAcross(view.peek(), x));
  else if (Math.abs(sideways) > 0 && zoomable.peek()) scrollTo(view.peek().start + sideways / view.peek().scale);
  else return;
  event.preventDefault();
}

function Lanes() {
  const ref = useRef(null);
  useEffect(() => {
    const element = ref.current;
    const seen = new ResizeObserver(() => (width.value = element.clientWidth));
    seen.observe(element);
    element.addEventListener("wheel", wheel, { passive: false });
    return () => seen.disconnect();
  }, []);
  return html`<div class="lanes">
    <div class="lane-names quiet" aria-hidden="true"><span></span><span>Clip</span><span>Crop</span><span>Speed</span></div>
    <div class="tracks" ref=${ref}>
      <${Ruler} /><${FilmLane} /><${KeyLane} /><${SpeedLane} /><${Head} /><${Hold} />
    </div>
    <${Scroll} />
  </div>`;
}

/** The lanes and the fields are the selected clip's: a press on them shows it, at its playhead. */
const touched = ({ target }) => target.closest(".lanes, .details, .times") && stayWithClip();

/** The whole timeline, for the selected clip. */
export function Timeline() {
  if (!selected.value) return html`<section class="timeline" aria-label="Timeline"><${Reel} /></section>`;
  return html`<section class="timeline" aria-label="Timeline" onPointerDownCapture=${touched} onClickCapture=${touched}>
    <div class="tools"><${Transport} /><${Times} /><${Zooming} /></div>
    <${Lanes} />
    <${Details} />
    <${Reel} />
  </section>`;
}

