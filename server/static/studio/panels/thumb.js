/** The picture at a clip's in point, out of the filmstrip. */
import { html } from "../parts/preact.js";
import { filmstripOf, pictureStyle } from "../remote/footage.js";

/**
 * The thumbnail of a clip, `height` pixels high: `width` pixels of the picture's middle, or without a width all of it.
 * Without a filmstrip a set width stays empty. `name` is its class.
 */
export function Thumb({ clip, name, height, width = 0 }) {
  const strip = clip.raw_clip_id ? filmstripOf(clip.raw_clip_id).value : null;
  if (!strip) return width ? html`<span class=${name}></span>` : null;
  const scale = Math.max(width / strip.width, height / strip.height);
  const across = strip.width * scale;
  const left = width ? (across - width) / 2 : 0;
  const picture = pictureStyle(clip.raw_clip_id, strip, clip.segments_data?.trimRange?.start ?? 0, scale, left);
  return html`<span class=${name} style=${{ width: `${width || across}px`, ...picture }}></span>`;
}
