/** The neighbour's frame in a blend: a second, muted video off screen, sought to the frame that the film mixes in. */

import { computed, html, signal, useLayoutEffect, useRef } from "../parts/vendor.js";
import { frameShown } from "../edit/curve.js";
import { mix } from "./now.js";
import { pictures } from "./pictures.js";
import { playing } from "./player.js";
import { playableOf } from "../remote/footage.js";
import { clipById } from "../edit/store.js";
import { frameBegunAt, rateOf } from "../edit/timecode.js";

/** The element and the frame of its source that it holds, ready to be drawn; null during a seek. */
const ready = signal(/** @type {{element: HTMLVideoElement, path: string, frame: number} | null} */ (null));

/** The video and the frame that the mix at the playhead needs; null if it needs none. While the clip plays, none is waited for. */
const wanted = computed(() => {
  const now = mix.value;
  if (!now || now.kind === "fade" || playing.value || !now.clip.source || !now.clip.source_fps) return null;
  const raw = clipById(now.clip.clip_id)?.raw_clip_id;
  const path = raw ? playableOf(raw).value?.path : null;
  const rate = rateOf(now.clip.source_fps);
  return path ? { path, rate, frame: frameShown(now.clip.source, now.number, rate.value) } : null;
});

/** The element that holds the neighbour's frame of this mix; null while there is none. */
export const neighbour = computed(() => {
  const [held, asked] = [ready.value, wanted.value];
  return held && asked && held.path === asked.path && held.frame === asked.frame ? held.element : null;
});

/** Seek one video to the middle of each wanted frame; `ready` is set only once the seek is done. */
function follow(element, path, rate) {
  let [sought, held] = [/** @type {number | null} */ (null), /** @type {number | null} */ (null)];
  const tell = () => {
    if (!element.seeking && held !== null) ready.value = { element, path, frame: held };
  };
  const screen = pictures(element, (at) => {
    held = frameBegunAt(at, rate);
    tell();
    seek();
  });
  const seek = () => {
    const asked = wanted.peek();
    if (asked?.path !== path || asked.frame === sought || held === null) return;
    sought = asked.frame;
    screen.seek((sought + 1 / 2) / rate.value);
  };
  element.addEventListener("seeked", tell);
  const left = wanted.subscribe(seek);
  return () => {
    left();
    element.removeEventListener("seeked", tell);
    screen.stop();
    ready.value = null;
  };
}

function Behind({ path, rate }) {
  const ref = useRef(null);
  useLayoutEffect(() => follow(ref.current, path, rate), [path, rate.text]);
  return html`<video ref=${ref} key=${path} src=${path} class="behind" muted playsinline preload="auto" tabindex="-1" aria-hidden="true"></video>`;
}

/** The neighbour's video, while a mix needs one. */
export function Neighbour() {
  return wanted.value && html`<${Behind} key=${wanted.value.path} path=${wanted.value.path} rate=${wanted.value.rate} />`;
}
