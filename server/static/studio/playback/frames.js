/** Single frames of footage as small pictures: a second, muted video off screen is sought to one after the other. */

import { html, signal, useEffect, useLayoutEffect, useRef } from "../parts/vendor.js";
import { pictures } from "./pictures.js";
import { frameBegunAt } from "../edit/timecode.js";

/** Pixels of a picture's height: of the filmstrip, on dense screens too. */
const HIGH = 128;
/** Pictures in memory, of some 100 kB each; the oldest go. */
const MOST = 240;
/** Seeks for one frame, each to another time within it. */
const TRIES = 3;
/** Milliseconds for which the wanted frames must stay the same: a drag of the timeline passes many. */
const PAUSE = 120;

/** @type {Map<string, HTMLCanvasElement>} by footage and frame, the newest last */
const kept = new Map();
/** Raised with every new picture. */
export const taken = signal(0);

/** The picture of a frame; null until there is one. */
export const frameOf = (id, frame) => kept.get(`${id} ${frame}`) ?? null;

function keep(id, frame, picture) {
  kept.delete(`${id} ${frame}`);
  kept.set(`${id} ${frame}`, picture);
  if (kept.size > MOST) kept.delete(kept.keys().next().value);
}

/** The picture that the video holds. */
function copied(element) {
  const made = document.createElement("canvas");
  [made.height, made.width] = [HIGH, Math.round((HIGH * element.videoWidth) / element.videoHeight)];
  made.getContext("2d").drawImage(element, 0, 0, made.width, made.height);
  return made;
}

/**
 * Seek a video to one wanted frame after the other; `next()` is the next one, or undefined. A picture is only taken when it
 * was reported to be that of the wanted frame: a report may belong to the seek before.
 */
function follow(element, id, rate, next, give) {
  /** The frame that is sought, the one that was reported last, and the seeks for this frame so far. */
  let [sought, held, tries] = [/** @type {number | undefined} */ (undefined), /** @type {number | null} */ (null), 0];
  let reported = false;
  const settle = () => {
    if (element.seeking || !reported) return;
    if (sought !== undefined && held !== sought && tries < TRIES) return seek();
    if (held === sought) take();
    else if (sought !== undefined) give(sought);
    go();
  };
  const take = () => {
    keep(id, sought, copied(element));
    taken.value += 1;
  };
  const screen = pictures(element, (at) => {
    [held, reported] = [frameBegunAt(at, rate), true];
    settle();
  });
  const seek = () => {
    [reported, tries] = [false, tries + 1];
    screen.seek((sought + 1 / 2 + tries / 50) / rate.value);
  };
  const go = () => {
    [sought, tries] = [held === null ? undefined : next(), 0];
    if (sought === undefined) return;
    if (sought !== held) return seek();
    take();
    go();
  };
  element.addEventListener("seeked", settle);
  const stop = () => {
    element.removeEventListener("seeked", settle);
    screen.stop();
  };
  return { go: () => sought === undefined && go(), stop };
}

/** The video that frames are taken from, while some are wanted. */
export function FrameSource({ id, path, rate, wanted }) {
  const ref = useRef(null);
  const followed = useRef(null);
  const asked = useRef([]);
  const missed = useRef(new Set());
  useLayoutEffect(() => {
    const next = () => asked.current.find((number) => !frameOf(id, number) && !missed.current.has(number));
    followed.current = follow(ref.current, id, rate, next, (number) => missed.current.add(number));
    return () => followed.current.stop();
  }, [path, rate.text]);
  useEffect(() => {
    const timer = setTimeout(() => {
      asked.current = wanted;
      followed.current.go();
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [wanted.join()]);
  return html`<video ref=${ref} src=${path} class="behind" muted playsinline preload="auto" tabindex="-1" aria-hidden="true"></video>`;
}
