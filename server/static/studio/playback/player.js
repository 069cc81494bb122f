/**
 * The video of the selected clip: one element, sought to the frame, played at the speed of its spans.
 *
 * `playhead` (store) is the time at which the frame on screen begins, in source seconds. A seek goes to its middle.
 */

import { computed, effect, html, signal, untracked, useLayoutEffect, useRef } from "../parts/vendor.js";
import { frameShown, recordAt, speedAt } from "../edit/curve.js";
import { asked, duration, filmRate, found, frame, frames, inOut, lap, parts, rate, segments, variable } from "./now.js";
import { pictures } from "./pictures.js";
import { factsOf, isImage, playableOf, unplayable } from "../remote/footage.js";
import { holds } from "../edit/spans.js";
import { playhead, selected } from "../edit/store.js";
import { frameAt, frameBegunAt, timeOf } from "../edit/timecode.js";

/** The playback rates that browsers accept; Chromium's limits. */
const [LEAST_PACE, MOST_PACE] = [0.0625, 16];
/** The playback rate follows a ramp in steps of this part, because each change interrupts the sound. */
const STEP = 0.04;

export const video = signal(/** @type {HTMLVideoElement | null} */ (null));
export const playing = signal(false);
/** 1 forwards, 2 and 4 faster, -1 … backwards. */
export const shuttle = signal(1);
export const looping = signal(false);
/** Counts the seeks in the clip. */
export const sought = signal(0);
/** When the picture on screen begins, source seconds; null until there is one. */
const onScreen = signal(/** @type {number | null} */ (null));
/** The frame of the source on screen; null until there is one. */
export const shownFrame = computed(() => (onScreen.value === null ? null : frameBegunAt(onScreen.value + lapBegin(playhead.value), rate.value)));

/** When the round of a looped image that holds a time began. */
const lapBegin = (at) => (lap.value === Infinity ? 0 : Math.floor(at / lap.value + 1e-6) * lap.value);
/** The time in the video of a source time. */
const inVideo = (at) => at - lapBegin(at);

/** Counts pictures that can be drawn: a picture on screen may not be ready for drawing before its seek is done. */
export const drawable = signal(0);

/** The pictures of the video that is on the page. */
let screen = /** @type {ReturnType<typeof pictures> | null} */ (null);

/** Show the frame of a source time. @param {number} at seconds */
export function seek(at) {
  if (playing.peek()) pause();
  sought.value += 1;
  moveTo(at);
}

function moveTo(at) {
  const last = Math.max(0, frames.peek() - 1);
  const number = Math.min(Math.max(0, frameAt(at, rate.peek())), last);
  asked.value = null;
  playhead.value = timeOf(number, rate.peek());
  screen?.seek(inVideo(within(number)));
}

/** A time within a frame: its middle; of frames at uneven times, just after its beginning. */
const within = (number) => (number + (variable.peek() ? 1 / 100 : 1 / 2)) / rate.peek().value;

/** Step some frames on; below 0 back. @param {number} count */
export const step = (count) => seek(timeOf(Math.max(0, frame.peek() + count), rate.peek()));

/** Show a frame of the clip in the film by its number, with the source frame and the crop that the film has there. */
export function showFilm(number) {
  const { source } = parts.peek();
  seek(timeOf(frameShown(source, number, rate.peek().value), rate.peek()));
  asked.value = number;
}

export function pause() {
  playing.value = false;
  video.peek()?.pause();
  if (video.peek()) moveTo(playhead.peek());
}

/** Play at a shuttle speed; below 0 backwards. */
export function play(speed = 1) {
  const element = video.peek();
  if (!element || onScreen.peek() === null) return;
  const [start, end] = inOut.peek();
  const last = end - 1 / rate.peek().value;
  asked.value = null;
  shuttle.value = speed;
  if (speed > 0 && (playhead.peek() < start - 1e-6 || playhead.peek() >= last - 1e-6)) moveTo(start);
  playing.value = true;
  if (speed < 0) return backwards(element, performance.now(), playhead.peek());
  element.playbackRate = paceAt(playhead.peek());
  element.play().catch(() => (playing.value = false));
}

export const toggle = () => (playing.peek() ? pause() : play());

/** L and J: each call doubles the speed, up to 4; a change of direction begins at 1. @param {1 | -1} way */
export function faster(way) {
  const now = playing.peek() ? shuttle.peek() : 0;
  play(Math.sign(now) === way ? way * Math.min(4, Math.abs(now) * 2) : way);
}

/** Play backwards by seeking, one seek after another, because browsers do not play backwards. */
function backwards(element, began, from) {
  if (!playing.peek() || shuttle.peek() >= 0 || element !== video.peek()) return;
  const [start] = inOut.peek();
  const at = from + (shuttle.peek() * (performance.now() - began)) / 1000;
  if (!element.paused) element.pause();
  if (!element.seeking) moveTo(Math.max(at, start));
  if (at <= start) return pause();
  requestAnimationFrame(() => backwards(element, began, from));
}

/** The playback rate at a source time. */
function paceAt(at) {
  const source = parts.peek()?.source;
  const speed = source ? speedAt(source, recordAt(source, at), filmRate.peek().value) : 1;
  return Math.min(Math.max((speed || 1) * Math.abs(shuttle.peek()), LEAST_PACE), MOST_PACE);
}

/** Note a picture that came on screen. */
function presented(element, began) {
  const first = onScreen.peek() === null;
  onScreen.value = began;
  drawable.value += 1;
  if (first) moveTo(playhead.peek());
  else if (playing.peek() && shuttle.peek() > 0) playedTo(element, timeOf(shownFrame.peek(), rate.peek()));
}

/** Note that the video has played up to a frame. */
function playedTo(element, at) {
  if (at + 1 / rate.peek().value >= inOut.peek()[1] - 1e-6) return over();
  hold(element, playhead.peek(), at);
  playhead.value = at;
  const pace = paceAt(at);
  if (Math.abs(pace / element.playbackRate - 1) > STEP) element.playbackRate = pace;
}

/** Pause for a picture that is held between two times, as long as the film holds it. */
function hold(element, before, at) {
  const held = segments.peek().spans.find((each) => holds(each) && each.at > before + 1e-6 && each.at <= at + 1e-6);
  if (!held) return;
  element.pause();
  const goOn = () => playing.peek() && shuttle.peek() > 0 && element === video.peek() && element.play();
  setTimeout(goOn, (1000 * held.freeze) / shuttle.peek());
}

/** Loop or stop after the out point. */
function over() {
  if (looping.peek()) return moveTo(inOut.peek()[0]);
  pause();
}

/** The source time that is playing, finer than its frames. */
export function playingAt() {
  return screen && playing.peek() ? screen.at() + lapBegin(playhead.peek()) : playhead.peek();
}

/** The film frame, with its fraction: in slow motion it advances while the source's picture stays. */
export function filmPosition() {
  const source = parts.peek()?.source;
  if (!source) return 0;
  return Math.min(recordAt(source, playingAt()), parts.peek().frames - 1);
}

/** Set up the video element; the function that is returned takes it down. */
function attached(element) {
  screen = pictures(element, (at) => presented(element, at));
  video.value = element;
  return () => {
    screen?.stop();
    [screen, video.value, onScreen.value, playing.value] = [null, null, null, false];
  };
}

function sizeFound({ target }) {
  found.value = { width: target.videoWidth, height: target.videoHeight, duration: target.duration };
}

/** Handle the end of the footage, which may come before its last frame was reported. */
function ended({ target }) {
  const next = lapBegin(playhead.peek()) + lap.peek();
  if (next < inOut.peek()[1] - 1e-6) return void goRound(target, next);
  over();
  if (looping.peek()) target.play().catch(() => (playing.value = false));
}

/** Begin the next round of a looped image. */
function goRound(element, at) {
  playhead.value = at;
  element.currentTime = 0;
  element.play().catch(() => (playing.value = false));
}

/** The video, rotated by the edit's rotation. */
function Video({ rawClipId, path, rotation }) {
  const ref = useRef(null);
  useLayoutEffect(() => attached(ref.current), [path]);
  return html`<video ref=${ref} key=${path} src=${path} playsinline preload="auto" class="video" tabindex="-1"
    aria-label="The clip’s footage" style=${rotation ? { transform: `rotate(${-rotation}deg)` } : {}}
    onLoadedMetadata=${sizeFound} onSeeked=${() => (drawable.value += 1)} onEnded=${ended} onError=${() => unplayable(rawClipId)}></video>`;
}

/** The video of the selected clip, or the reason why there is none. */
export function Player() {
  const clip = selected.value;
  if (!clip) return html`<p class="stage-note">No clip is selected.</p>`;
  if (!clip.raw_clip_id) return html`<p class="stage-note">This file was deleted.</p>`;
  const source = playableOf(clip.raw_clip_id).value;
  if (!source) return html`<p class="stage-note" role="status">Loading…</p>`;
  if (source.state === "error") return html`<p class="stage-note" role="alert">This clip cannot be shown: ${source.message}.</p>`;
  if (source.state === "making") return html`<${Making} progress=${source.progress} facts=${factsOf(clip.raw_clip_id).value} />`;
  return html`<${Video} key=${clip.clip_id} rawClipId=${clip.raw_clip_id} path=${source.path} rotation=${clip.rotation} />`;
}

function Making({ progress, facts }) {
  const image = facts && isImage(facts);
  return html`<div class="stage-note" role="status">
    <p>${image ? "Preparing the image…" : "This browser cannot play this footage. A copy for editing is being made; exports use the original."}</p>
    <progress value=${progress} max="1" aria-label="Copy"></progress> ${Math.round(progress * 100)} %
  </div>`;
}

/** Follow a playhead that was moved elsewhere (another clip or a problem was selected), and changes of the frame rate. */
effect(() => {
  const middle = within(frameAt(playhead.value, rate.value));
  void duration.value;
  untracked(() => {
    if (screen && !playing.peek() && Math.abs(screen.at() - inVideo(middle)) > 1 / 2 / rate.peek().value) screen.seek(inVideo(middle));
  });
});
