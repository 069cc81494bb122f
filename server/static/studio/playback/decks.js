/** Two videos off screen that play the film's clips in turn: while one plays, the other waits at its clip's first frame. */

import { html, signal, useLayoutEffect, useRef } from "../parts/vendor.js";
import { frameShown, played, sourceAt } from "../edit/curve.js";
import { DEFAULT_FPS, SLOT_BIAS } from "../parts/limits.js";
import { factsOf, playableOf, unplayable } from "../remote/footage.js";
import { clipById } from "../edit/store.js";
import { frameAt, frameBegunAt, rateOf } from "../edit/timecode.js";
import { pictures } from "./pictures.js";

/** The playback rates that browsers accept; Chromium's limits. */
const [LEAST_PACE, MOST_PACE] = [0.0625, 16];
/** A pace is changed in steps of this part, because each change interrupts the sound. */
const STEP = 0.04;
/** Seconds by which a following video may be late or early before it is hurried, and before it is sought. */
const [LOOSE, LOST] = [0.03, 0.4];

/** Counts pictures that came on a deck, and seeks that ended: what is drawn may have changed. */
export const turned = signal(0);

/** What a clip's video is: {id, path, rate, still, lap, variable, message}; `path` is null while there is none. */
export function footageOf(clip) {
  const stored = clipById(clip.clip_id);
  const [facts, source] = stored?.raw_clip_id ? [factsOf(stored.raw_clip_id).value, playableOf(stored.raw_clip_id).value] : [null, null];
  const [above, below = 1] = (facts?.video.end ?? "0").split("/").map(Number);
  return {
    id: stored?.raw_clip_id ?? null,
    path: facts ? (source?.path ?? null) : null,
    message: stored?.raw_clip_id ? (source?.message ?? null) : "its file was deleted",
    rate: rateOf(clip.source_fps ?? facts?.video.rate ?? DEFAULT_FPS),
    variable: clip.source_fps === null,
    still: Boolean(facts?.video.still),
    lap: stored?.loop && above > 0 ? above / below : Infinity,
  };
}

/** The time in its video at which frame `k` of a clip is shown: within the frame, so that a seek meets it. */
function timeShown(clip, { rate, variable, still, lap }, k) {
  if (still) return 0;
  const [start, end] = played(clip.source);
  const at = variable ? Math.min(Math.max(sourceAt(clip.source, k + 1 / 2 - SLOT_BIAS), start), end - 1e-3) + 1e-4 : (frameShown(clip.source, k, rate.value) + 1 / 2) / rate.value;
  return lap === Infinity ? at : at - Math.floor(at / lap + 1e-6) * lap;
}

function newDeck() {
  /** The id of the clip that the deck plays; null for none. */
  const clipId = signal(/** @type {string | null} */ (null));
  let [element, screen, path, onScreen] = [/** @type {HTMLVideoElement | null} */ (null), /** @type {any} */ (null), /** @type {string | null} */ (null), /** @type {number | null} */ (null)];
  /** The clip of the picture on the deck, and the clip of the next picture: clips of one file share the video. */
  let [owner, due] = [/** @type {string | null} */ (null), /** @type {string | null} */ (null)];

  function attach(/** @type {HTMLVideoElement} */ video, /** @type {string} */ from) {
    [element, path, onScreen, owner] = [video, from, null, null];
    screen = pictures(video, (at) => {
      onScreen = at;
      if (!video.seeking) owner = due;
      turned.value += 1;
    });
    return () => {
      screen.stop();
      [element, screen, path, onScreen, owner] = [null, null, null, null, null];
    };
  }

  const there = (footage) => screen !== null && onScreen !== null && path === footage.path;

  /** Seek for a clip; without a seek, as the video is there already, its picture is the clip's. */
  function go(clip, at) {
    due = clip.clip_id;
    screen.seek(at);
    if (!element.seeking) owner = due;
  }

  return {
    clipId,
    attach,
    /** The video, if it has a picture of the clip. */
    picture: (clip, footage) => (there(footage) && owner === clip.clip_id && element.readyState >= 2 ? element : null),
    /** Pause, and show frame `k` of a clip as soon as possible. */
    cue(clip, footage, k) {
      if (!there(footage)) return;
      if (!element.paused) element.pause();
      go(clip, timeShown(clip, footage, k));
    },
    /** Whether the picture on the deck is that of frame `k`. */
    holds(clip, footage, k) {
      if (!there(footage) || element.seeking || owner !== clip.clip_id) return false;
      return footage.still || footage.variable || frameBegunAt(onScreen, footage.rate) === frameAt(timeShown(clip, footage, k), footage.rate);
    },
    seeking: () => element?.seeking ?? false,
    /** Whether the clip's video counts no time, so that the clock does: it is a still, goes round, or is over. */
    timeless: (footage) => there(footage) && (footage.still || footage.lap !== Infinity || element.ended),
    /** The source time that plays, seconds; null while the video is not under way. */
    time: (footage) => (there(footage) && !element.paused && !element.seeking ? screen.at() : null),
    /** Play a clip at a pace. A video that begins, or that `follows`, is to be `expected` seconds into its footage. */
    run(clip, footage, pace, expected, follows, refused) {
      if (!there(footage) || element.ended) return;
      const late = footage.lap === Infinity ? expected - screen.at() : 0;
      const far = Math.abs(late) > (element.paused ? Math.max(LOOSE, 1 / footage.rate.value) : follows ? LOST : Infinity);
      if (far && !element.seeking) go(clip, expected);
      const hurried = follows && Math.abs(late) > LOOSE ? pace * Math.min(Math.max(1 + 2 * late, 0.8), 1.25) : pace;
      const wanted = Math.min(Math.max(hurried, LEAST_PACE), MOST_PACE);
      if (Math.abs(wanted / element.playbackRate - 1) > STEP) element.playbackRate = wanted;
      element.loop = footage.lap !== Infinity;
      if (element.paused) element.play().catch(refused);
    },
    rest: () => element?.pause(),
    /** How loud the deck is, from 0 to 1, and whether its pitch stays at other speeds. */
    hear(gain, keepsPitch) {
      if (!element) return;
      if (Math.abs(element.volume - gain) > 0.005 || (gain === 0) !== (element.volume === 0)) element.volume = gain;
      element.preservesPitch = keepsPitch;
    },
  };
}

export const decks = [newDeck(), newDeck()];

/** The deck that plays a clip; undefined if none does. */
export const deckOf = (clip) => decks.find((deck) => deck.clipId.peek() === clip.clip_id);

/** Give these clips a deck each, two at most; a clip keeps the one it has. */
export function hire(clips) {
  const ids = clips.map((clip) => clip.clip_id);
  const free = decks.filter((deck) => !ids.includes(deck.clipId.peek()));
  for (const id of ids) if (!decks.some((deck) => deck.clipId.peek() === id)) free.shift().clipId.value = id;
}

function Video({ deck, footage }) {
  const ref = useRef(null);
  useLayoutEffect(() => deck.attach(ref.current, footage.path), [footage.path]);
  return html`<video ref=${ref} key=${footage.path} src=${footage.path} class="behind" playsinline preload="auto" tabindex="-1" aria-hidden="true"
    onSeeked=${() => (turned.value += 1)} onError=${() => unplayable(footage.id)}></video>`;
}

/** The videos of the clips that the decks play. @param {{clips: any[]}} props */
export function Decks({ clips }) {
  return decks.map((deck, number) => {
    const clip = clips.find((each) => each.clip_id === deck.clipId.value);
    const footage = clip && footageOf(clip);
    return footage?.path && html`<${Video} key=${number} deck=${deck} footage=${footage} />`;
  });
}
