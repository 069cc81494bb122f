/** Draws the filmstrip of the clip and its sound. Where the server's strip is too coarse, it shows single frames. */

import { html, useEffect, useRef } from "../parts/vendor.js";
import { across, tiles } from "../edit/lanes.js";
import { frame, frames, lap, rate, variable } from "../playback/now.js";
import { drawable, playing, shownFrame, video } from "../playback/player.js";
import { FrameSource, frameOf, taken } from "../playback/frames.js";
import { filmstripPicture } from "../remote/api.js";
import { filmstripOf, peaksOf, playableOf } from "../remote/footage.js";
import { playhead, selected } from "../edit/store.js";
import { view } from "../playback/window.js";
import { heightOf, loudestOf, peakOver } from "../edit/wave.js";

const HIGH = 64;
/** Pixels of the lane's lower part, in which the sound is drawn. */
const SOUND = 26;

/** The height and width of a picture in the lane. */
function sizeOf(strip, sound) {
  const high = HIGH - SOUND * Boolean(sound?.peaks.length) * 0.6;
  return { high, wide: (strip.width * high) / strip.height };
}

/** The tiles of single frames, each with the frame at its middle, where the strip's pictures are further apart; else none. */
export function frameTiles(strip, sound) {
  const { wide } = sizeOf(strip, sound);
  if (strip.pictures === 1 || strip.step_s * view.value.scale < wide || lap.value !== Infinity || variable.value) return [];
  return tiles(view.value, { pictures: frames.value, step_s: 1 / rate.value.value }, wide);
}

/** Draw a picture on a tile; a wider tile has the middle of its picture. */
function tile(context, picture, [left, top, width, height], { x, width: over }, { high, wide }) {
  const part = (height * wide) / over;
  context.drawImage(picture, left, top + (height - part) / 2, width, part, x, 0, over, high);
}

/** Draw the strip and the sound over it. Between the strip's pictures, `now` is drawn at the playhead: the video's. */
function paint(target, { id, strip, sprite, sound, now }) {
  const context = cleared(target);
  if (strip) {
    const size = sizeOf(strip, sound);
    const coarse = sprite?.complete && sprite.naturalWidth ? tiles(view.peek(), strip, size.wide) : [];
    for (const each of coarse) {
      const [column, row] = [each.picture % strip.columns, Math.floor(each.picture / strip.columns)];
      tile(context, sprite, [column * strip.width, row * strip.height, strip.width, strip.height], each, size);
    }
    const fine = frameTiles(strip, sound);
    for (const each of fine) {
      const picture = frameOf(id, each.picture);
      if (picture) tile(context, picture, [0, 0, picture.width, picture.height], each, size);
    }
    if (now && fine.length) context.drawImage(now, across(view.peek(), playhead.peek()) - size.wide / 2, 0, size.wide, size.high);
  }
  if (sound?.peaks.length) wave(context, sound, target);
}

function cleared(target) {
  const dense = window.devicePixelRatio || 1;
  [target.width, target.height] = [Math.max(1, Math.round(view.peek().width * dense)), Math.round(HIGH * dense)];
  const context = target.getContext("2d");
  context.setTransform(dense, 0, 0, dense, 0, 0);
  return context;
}

/** @type {WeakMap<number[], number>} the loudest peak of each sound */
const loudest = new WeakMap();

/** The wave, even to both sides of a line that is silence. */
function wave(context, { rate: perSecond, peaks }, target) {
  const { width, start, scale } = view.peek();
  if (!loudest.has(peaks)) loudest.set(peaks, loudestOf(peaks));
  const colours = getComputedStyle(target);
  context.fillStyle = colours.getPropertyValue("--wave-ground");
  context.fillRect(0, HIGH - SOUND, width, SOUND);
  context.fillStyle = colours.getPropertyValue("--wave");
  const middle = HIGH - SOUND / 2;
  context.fillRect(0, middle - 1 / 2, (peaks.length / perSecond - start) * scale, 1);
  for (let x = 0; x < width; x += 1) {
    const peak = peakOver(peaks, perSecond, start + x / scale, start + (x + 1) / scale);
    const high = heightOf(peak, loudest.get(peaks)) * (SOUND / 2 - 1);
    context.fillRect(x, middle - high, 1, 2 * high);
  }
}

/** The lane's canvas. */
export function Pictures() {
  const ref = useRef(null);
  const sprite = useRef(null);
  const id = selected.value.raw_clip_id;
  const [strip, sound] = id ? [filmstripOf(id).value, peaksOf(id).value] : [null, null];
  /** The video, while it holds the picture at the playhead. */
  const held = () => !playing.peek() && shownFrame.peek() === frame.peek() && !video.peek()?.seeking && video.peek()?.readyState > 1 ? video.peek() : null;
  const draw = () => ref.current && paint(ref.current, { id, strip, sprite: sprite.current, sound, now: held() });
  useEffect(() => {
    sprite.current = null;
    if (!strip) return;
    sprite.current = new Image();
    sprite.current.onload = draw;
    sprite.current.src = filmstripPicture(id);
  }, [strip]);
  void [view.value, drawable.value, playing.value, taken.value];
  useEffect(() => {
    const call = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(call);
  });
  const path = id && playableOf(id).value?.path;
  const wanted = strip && path && !playing.value ? frameTiles(strip, sound).map((each) => each.picture) : [];
  return html`<canvas ref=${ref} class="pictures" aria-hidden="true"></canvas>
    ${wanted.length > 0 && html`<${FrameSource} key=${path} id=${id} path=${path} rate=${rate.value} wanted=${wanted} />`}`;
}
