/** The lane of speeds: a block for each span, whose height is its speed, and a mark for each held picture. */

import { html, useRef } from "../parts/vendor.js";
import { goToSpan, setSpans } from "../panels/actions.js";
import { useDrag } from "../panels/drag.js";
import { across } from "../edit/lanes.js";
import { duration, frames, rate, segments } from "../playback/now.js";
import { drawnSpeed, endOf, holds, resized, speedName } from "../edit/spans.js";
import { FASTEST, SLOWEST } from "../parts/limits.js";
import { ARROWS, modified } from "../parts/keyboard.js";
import { select, selection } from "../edit/store.js";
import { spoken, timecode } from "../edit/timecode.js";
import { framed, frameNear, snappedAt, stored, view } from "../playback/window.js";

/** Blocks narrower than this have neither label nor grips. */
const NARROW = 34;
const [LOW, HIGH] = [SLOWEST, FASTEST].map(Math.log2);
const STEPS = 16;

/** The outline of a block, 0 to 100 each way: its top is the speed, on a scale of octaves. */
function outline(speed) {
  const top = (part) => 100 - (92 * (Math.log2(drawnSpeed(speed, part)) - LOW)) / (HIGH - LOW) - 4;
  const points = Array.from({ length: STEPS + 1 }, (_, i) => `${(100 * i) / STEPS} ${top(i / STEPS).toFixed(1)}`);
  return `M0 100L${points.join("L")}L100 100Z`;
}

/** The end of a block, as a slider. */
function Grip({ span, index, edge }) {
  const number = framed(edge === "start" ? span.start : endOf(span, duration.value));
  const label = `${edge === "start" ? "Start" : "End"} of ${speedName(span.speed)}`;
  return html`<span class="grip-edge ${edge}" role="slider" tabindex="0" data-span=${index} data-edge=${edge} aria-label=${label}
    aria-valuemin="0" aria-valuemax=${frames.value} aria-valuenow=${number} aria-valuetext=${timecode(number, rate.value)}></span>`;
}

function Block({ span, index }) {
  const [left, right] = [across(view.value, span.start), across(view.value, endOf(span, duration.value))];
  if (right < 0 || left > view.value.width) return null;
  const chosen = selection.value.span === index;
  const wide = right - left > NARROW;
  const kind = typeof span.speed === "object" ? "ramped" : span.speed < 1 ? "slow" : "quick";
  return html`<div class="block ${kind} ${chosen ? "chosen" : ""}" style=${{ left: `${left}px`, width: `${Math.max(right - left, 3)}px` }}>
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><path d=${outline(span.speed)} /></svg>
    <button type="button" class="block-body" data-span=${index} data-edge="both" aria-pressed=${chosen ? "true" : "false"}
      aria-label="Speed ${speedName(span.speed)}, ${timecode(framed(span.start), rate.value)} to ${timecode(framed(endOf(span, duration.value)), rate.value)}"
      onClick=${() => goToSpan(index)}>${wide && speedName(span.speed)}</button>
    ${wide && html`<${Grip} span=${span} index=${index} edge="start" /><${Grip} span=${span} index=${index} edge="end" />`}
  </div>`;
}

function Held({ freeze, index }) {
  const x = across(view.value, freeze.at);
  if (x < -20 || x > view.value.width) return null;
  return html`<button type="button" class="held ${selection.value.span === index ? "chosen" : ""}" style=${{ transform: `translateX(${x}px)` }}
    aria-pressed=${selection.value.span === index ? "true" : "false"} aria-label="Freeze frame for ${spoken(freeze.freeze)}"
    onClick=${() => goToSpan(index)}>▮▮ ${spoken(freeze.freeze)}</button>`;
}

const drag = {
  start(event) {
    const { span, edge } = event.currentTarget.dataset;
    const { spans } = segments.peek();
    const own = spans[Number(span)];
    select({ span: Number(span) });
    return { index: Number(span), edge, spans, start: own.start, end: endOf(own, duration.peek()) };
  },
  move({ dx, merge, alt }, { index, edge, spans, start, end }) {
    const by = dx / view.peek().scale;
    const own = (what, at) => what === "speed" && (at === start || at === end);
    const near = (at) => stored(frameNear(at, alt, own));
    if (edge === "start") return setSpans(resized(spans, index, { start: near(start + by) }, duration.peek()), merge);
    if (edge === "end") return setSpans(resized(spans, index, { end: near(end + by) }, duration.peek()), merge);
    const first = near(start + by);
    return setSpans(resized(spans, index, { start: first, end: first + (end - start) }, duration.peek()), merge);
  },
  cancel({ spans }, merge) {
    setSpans(spans, merge);
  },
  end() {
    snappedAt.value = null;
  },
};

/** A grip, or a whole block, moved by the arrows. */
function pressed(event) {
  const { span: index, edge } = event.target.dataset;
  const by = (ARROWS[event.key] ?? 0) * (event.shiftKey ? rate.peek().base : 1);
  if (!by || index === undefined || modified(event)) return;
  event.preventDefault();
  event.stopPropagation();
  const { spans } = segments.peek();
  const own = spans[Number(index)];
  const to = (at) => stored(Math.max(0, framed(at) + by));
  const end = endOf(own, duration.peek());
  const ends = edge === "start" ? { start: to(own.start) } : edge === "end" ? { end: to(end) } : { start: to(own.start), end: to(own.start) + (end - own.start) };
  setSpans(resized(spans, Number(index), ends, duration.peek()), `span ${index} ${edge}`);
}

/** The lane. */
export function SpeedLane() {
  const ref = useRef(null);
  useDrag(ref, drag, "[data-edge]");
  const { spans } = segments.value;
  return html`<div class="track speed-track" ref=${ref} role="group" aria-label="Speeds" onKeyDown=${pressed}>
    ${spans.map((each, index) => (holds(each) ? html`<${Held} key=${index} freeze=${each} index=${index} />` : html`<${Block} key=${index} span=${each} index=${index} />`))}
    ${spans.length === 0 && html`<span class="lane-hint">Everything plays at 1×. “Add speed” adds one at the playhead</span>`}
  </div>`;
}
