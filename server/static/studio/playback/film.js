/**
 * The whole film: one playhead over its frames, clips that play one after another on two decks.
 *
 * The clip on screen counts the time while its video plays; where its picture is held, or is no video, the clock does. In
 * an overlap the leaving clip counts, and the entering one follows.
 */

import { batch, computed, effect, signal, untracked } from "../parts/vendor.js";
import { frameShown, heldUntil, recordAt, sourceAt, speedAt } from "../edit/curve.js";
import { gainAt, placeAt, placesAt, shownAt } from "../edit/sequence.js";
import { volumeOf } from "../edit/fades.js";
import { clipById, draft, edit, playhead, select, selected, selection } from "../edit/store.js";
import { timeOf } from "../edit/timecode.js";
import { deckOf, decks, footageOf, hire, turned } from "./decks.js";
import { asked, filmFrame, filmRate, rate } from "./now.js";
import { looping, pause, sought } from "./player.js";

/** Whether the page shows the whole film, and not the selected clip. */
export const filmShown = signal(false);
/** The frame of the film on screen. */
export const filmAt = signal(0);
export const filmPlaying = signal(false);
/** 1 forwards, 2 and 4 faster, -1 … backwards. */
export const filmShuttle = signal(1);

/** The clips of the newest draft; null while it has errors and so no film. */
export const filmClips = computed(() => (draft.value?.frames && draft.value.clips.every((clip) => clip.source) ? draft.value.clips : null));
export const filmFrames = computed(() => draft.value?.frames ?? 0);
/** What the frame of the film on screen shows; null without a film. */
export const filmNow = computed(() => (filmClips.value ? shownAt(filmClips.value, filmAt.value) : null));

/** The frame of the film with its fraction while it plays, and the time of the last turn of the loop, milliseconds. */
let [position, turnedAt] = [0, 0];

/** The film's or the clip's of two actions, by what the page shows. */
export const either = (/** @type {() => void} */ film, /** @type {() => void} */ clip) => () => (filmShown.peek() ? film() : clip());

const inFilm = (/** @type {number} */ at) => Math.min(Math.max(0, Math.floor(at)), Math.max(0, filmFrames.peek() - 1));

/** The frame of the film at the playhead: the film's, or the clip's while that is shown. */
export const filmHead = computed(() => {
  if (filmShown.value) return filmAt.value;
  const clip = filmClips.value?.find((each) => each.clip_id === selected.value?.clip_id);
  return clip ? clip.first_frame + filmFrame.value : 0;
});

/** Show the whole film, at the frame that the clip's playhead is on. */
export function showFilm(at = filmHead.peek()) {
  if (filmShown.peek() || !filmClips.peek()) return;
  pause();
  filmAt.value = inFilm(at);
  filmShown.value = true;
}

/** Show the clip that the film is at, at the same frame. */
export function showClip() {
  if (!filmShown.peek()) return;
  pauseFilm();
  follow();
  filmShown.value = false;
}

/** Show the selected clip, at its own playhead, wherever the film is. */
export function stayWithClip() {
  [filmPlaying.value, filmShown.value] = [false, false];
  for (const deck of decks) deck.rest();
}

export const switchView = either(showClip, () => showFilm());

/** Show a frame of the film; it plays on from there if it plays. @param {number} at */
export function seekFilm(at) {
  filmAt.value = inFilm(at);
  position = filmAt.peek();
  if (filmPlaying.peek()) for (const deck of decks) deck.rest();
  cue();
}

/** Step some frames on; below 0 back. @param {number} count */
export function stepFilm(count) {
  pauseFilm();
  seekFilm(filmAt.peek() + count);
  follow();
}

export function pauseFilm() {
  if (!filmPlaying.peek()) return;
  batch(() => {
    filmPlaying.value = false;
    cue(); // before anything is drawn: the videos may be a picture further than they have said
  });
  follow();
}

/** Play at a shuttle speed, from the beginning if the film is at its end; below 0 backwards. */
export function playFilm(speed = 1) {
  if (!filmClips.peek()) return;
  filmShuttle.value = speed;
  if (speed > 0 && filmAt.peek() >= filmFrames.peek() - 1) filmAt.value = 0;
  [position, turnedAt] = [filmAt.peek(), performance.now()];
  if (speed < 0) for (const deck of decks) deck.rest();
  if (filmPlaying.peek()) return;
  filmPlaying.value = true;
  requestAnimationFrame(turn);
}

export const toggleFilm = () => (filmPlaying.peek() ? pauseFilm() : playFilm());

/** L and J: each call doubles the speed, up to 4; a change of direction begins at 1. @param {1 | -1} way */
export function fasterFilm(way) {
  const now = filmPlaying.peek() ? filmShuttle.peek() : 0;
  playFilm(Math.sign(now) === way ? way * Math.min(4, Math.abs(now) * 2) : way);
}

/** Go on by the time since the last turn. */
function turn(/** @type {number} */ now) {
  const clips = filmClips.peek();
  if (!filmPlaying.peek()) return;
  if (!clips) return pauseFilm();
  const passed = (Math.max(0, now - turnedAt) / 1000) * filmRate.peek().value * filmShuttle.peek();
  turnedAt = Math.max(now, turnedAt);
  if (passed < 0) backwards(clips, passed);
  else forwards(clips, passed);
  requestAnimationFrame(turn);
}

/** Browsers do not play backwards: one seek follows the other. */
function backwards(clips, passed) {
  position = Math.max(0, position + passed);
  if (placesAt(clips, filmAt.peek()).some(({ clip }) => deckOf(clip)?.seeking())) return;
  filmAt.value = inFilm(position);
  cue();
  if (filmAt.peek() === 0) pauseFilm();
}

function forwards(clips, passed) {
  position = advanced(clips, passed);
  if (position >= filmFrames.peek()) {
    if (!looping.peek()) return pauseFilm();
    return seekFilm(0);
  }
  filmAt.value = inFilm(position);
  const places = placesAt(clips, position);
  employ(clips, places);
  places.forEach((place, number) => drive(clips, place, number > 0));
}

/** The frame of the film after some time: the leading clip's, or the clock's. While the clip's video is not ready, nothing goes on. */
function advanced(clips, passed) {
  const [{ clip, k }] = placesAt(clips, position);
  const [deck, footage] = [deckOf(clip), footageOf(clip)];
  const until = heldUntil(clip.source, k);
  if (until !== null) return deck?.picture(clip, footage) ? Math.min(position + passed, clip.first_frame + until) : position;
  if (deck?.timeless(footage)) return position + passed;
  const at = deck?.time(footage) ?? null;
  if (at === null) return position;
  const next = Math.max(k, recordAt(clip.source, at));
  const hold = clip.source.find((piece) => piece.frame > k && piece.frame <= next && heldUntil(clip.source, piece.frame) !== null);
  return clip.first_frame + (hold ? hold.frame : next);
}

/** Have the clips on screen on a deck, and the next clip wait on the other. */
function employ(clips, places) {
  const next = clips[places[places.length - 1].index + 1];
  const waits = next && places.length < decks.length;
  hire([...places.map(({ clip }) => clip), ...(waits ? [next] : [])]);
  for (const deck of decks) if (!places.some(({ clip }) => deckOf(clip) === deck)) deck.rest();
  if (waits) deckOf(next).cue(next, footageOf(next), 0);
}

/** Play a clip on its deck at its pace there; a clip that `follows` keeps to the film's time. */
function drive(clips, place, follows) {
  const { clip, k } = place;
  const [deck, footage] = [deckOf(clip), footageOf(clip)];
  const sound = edit.peek().project.settings?.audio ?? {};
  deck.hear(sound.include === false || sound.stretch === "mute" ? 0 : volumeOf(clipById(place.clip.clip_id), gainAt(clips, place)), sound.stretch !== "varispeed");
  if (footage.still || heldUntil(clip.source, k) !== null) return deck.rest();
  const pace = speedAt(clip.source, k, filmRate.peek().value) * filmShuttle.peek();
  deck.run(clip, footage, pace, sourceAt(clip.source, k), follows, ({ name }) => name === "NotAllowedError" && pauseFilm());
}

/** Show the frame of the film on screen on the decks, as soon as they have it. */
function cue() {
  const clips = filmClips.peek();
  if (!clips || !filmShown.peek()) return;
  const places = placesAt(clips, filmAt.peek());
  employ(clips, places);
  for (const { clip, k } of places) deckOf(clip).cue(clip, footageOf(clip), k);
}

/** The decks' pictures of the frame on screen, the leaving clip's first, and whether each is the film's very frame. */
export function filmPictures() {
  const clips = filmClips.peek();
  if (!clips) return [];
  return placesAt(clips, filmAt.peek()).map(({ clip, k }) => {
    const [deck, footage] = [deckOf(clip), footageOf(clip)];
    return { clip, k, element: deck?.picture(clip, footage) ?? null, exact: !filmPlaying.peek() && (deck?.holds(clip, footage, k) ?? false) };
  });
}

/** Select the clip that the film is at, and its frame there, so that the panels are about it. */
export function follow() {
  if (!filmShown.peek() || !filmClips.peek()) return;
  const { clip, k } = placeAt(filmClips.peek(), filmAt.peek());
  if (clip.clip_id !== selected.peek()?.clip_id) select({ clip_id: clip.clip_id });
  playhead.value = timeOf(frameShown(clip.source, k, rate.peek().value), rate.peek());
  asked.value = k;
}

/** While the film stands, its decks follow the playhead, new pictures of them, and the edit. */
effect(() => {
  void [filmAt.value, turned.value, filmClips.value, filmShown.value];
  untracked(() => {
    if (filmAt.peek() !== inFilm(filmAt.peek())) filmAt.value = inFilm(filmAt.peek());
    if (!filmPlaying.peek()) cue();
  });
});

/** A clip that is selected while the film is shown is where the film goes on; a seek in the clip shows the clip. */
let [chosen, seeks] = [selection.peek().clip_id, sought.peek()];
effect(() => {
  const [id, count] = [selection.value.clip_id, sought.value];
  untracked(() => {
    const [another, within] = [id !== chosen, count !== seeks];
    [chosen, seeks] = [id, count];
    if (!filmShown.peek()) return;
    const clip = filmClips.peek()?.find((each) => each.clip_id === id);
    if (within) stayWithClip();
    else if (another && clip && clip !== filmNow.peek()?.clip) seekFilm(clip.first_frame);
  });
});
