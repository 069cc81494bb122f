/** What is looked at now: the selected clip, the newest parts that the draft gave of it, and the frame on screen. */

import { computed, signal } from "../parts/vendor.js";
import { cropAt, pathAt, played, recordAt, slotOf, speedAt } from "../edit/curve.js";
import { keyframesOf, segmentsOf } from "../edit/model.js";
import { largest } from "../edit/box.js";
import { mixAt } from "../edit/mix.js";
import { frameAt, rateOf } from "../edit/timecode.js";
import { factsOf } from "../remote/footage.js";
import { DEFAULT_FPS } from "../parts/limits.js";
import { DEFAULT_RATIO, SHAPES } from "../parts/shapes.js";
import { draft, drafted, draftOf, edit, playhead, selected } from "../edit/store.js";

/** Width, height and seconds as the browser found them: for clips whose parts no draft gave yet. */
export const found = signal({ width: 16, height: 9, duration: 0 });
/** A frame of the film within the clip that was asked for by its own number; null while the source's frame counts. */
export const asked = signal(/** @type {number | null} */ (null));
/** Whether a drag moves and scales all keyframes of the clip together. */
export const wholeClip = signal(false);

/** @type {Map<string, any>} the newest parts of each clip that had no errors */
const kept = new Map();

/** Source, crop and path of the selected clip: the newest there are. Null until there are some. */
export const parts = computed(() => {
  const clip = selected.value;
  if (!clip) return null;
  if (drafted.value?.source) kept.set(clip.clip_id, drafted.value);
  return kept.get(clip.clip_id) ?? null;
});

/** Whether the parts are of an older edit than the one on the page. */
export const waiting = computed(() => draftOf.value !== edit.value || drafted.value?.source == null);

export const canvas = computed(() => draft.value?.canvas ?? canvasOf(edit.value?.project));
export const filmRate = computed(() => rateOf(draft.value?.fps ?? DEFAULT_FPS));
export const ratio = computed(() => canvas.value.width / canvas.value.height);
export const picture = computed(() => parts.value?.picture ?? found.value);
export const duration = computed(() => parts.value?.source_duration ?? found.value.duration);

/** Frames a second by which keyframes count. */
export const rate = computed(() => {
  const facts = selected.value && factsOf(selected.value.raw_clip_id).value;
  return rateOf(parts.value?.source_fps ?? facts?.video?.rate ?? DEFAULT_FPS);
});

export const keyframes = computed(() => (selected.value ? keyframesOf(selected.value) : []));
export const segments = computed(() => (selected.value ? segmentsOf(selected.value) : segmentsOf({})));
/** The frame of the source on screen. */
export const frame = computed(() => frameAt(playhead.value, rate.value));
export const frames = computed(() => Math.max(1, Math.round(duration.value * rate.value.value)));
/** Whether frames come at uneven times: then they are counted by the clock. */
export const variable = computed(() => parts.value !== null && parts.value.source_fps === null);
/** The keyframe on this very frame, if there is one. */
export const keyframe = computed(() => keyframes.value.find((each) => each.frame === frame.value) ?? null);

/** Where the clip begins and ends, seconds of the source. */
export const inOut = computed(() => {
  const { trimRange } = segments.value;
  if (trimRange) return [trimRange.start ?? 0, trimRange.end ?? duration.value];
  return parts.value?.source && !waiting.value ? played(parts.value.source) : [0, duration.value];
});

/** The box at the playhead: that of a keyframe here as it is, else the compiler's curve. */
export const box = computed(() => {
  if (keyframe.value) return keyframe.value;
  if (parts.value?.path?.length) return pathAt(parts.value.path, playhead.value);
  return keyframes.value[0] ?? largest(ratio.value, picture.value);
});

/** The frame of the clip in the film that shows the source's frame: the slot it falls in. */
export const filmFrame = computed(() => {
  if (!parts.value?.source) return 0;
  const slot = asked.value ?? slotOf(recordAt(parts.value.source, playhead.value));
  return Math.min(Math.max(slot, 0), parts.value.frames - 1);
});

/** The clips before and after the selected one, as the draft has them; null where there is none. */
const beside = (step) => computed(() => {
  const all = draft.value?.clips ?? [];
  const at = all.findIndex((each) => each.clip_id === selected.value?.clip_id);
  return at < 0 ? null : (all[at + step] ?? null);
});
export const [before, after] = [beside(-1), beside(1)];

/** What the clip's frame `k` is mixed of, by the newest parts; null where it is seen alone. */
export function mixed(k) {
  if (outside.value || !parts.value?.source) return null;
  return mixAt(parts.value, before.value, after.value, k);
}

/** The mix of the film's frame at the playhead. */
export const mix = computed(() => mixed(filmFrame.value));

/** Whether what is on screen is not in the film: it is before the in point or after the out point. */
export const outside = computed(() => playhead.value < inOut.value[0] - 1e-4 || playhead.value >= inOut.value[1] - 1e-4);

/** The box that the film shows at the playhead. While a draft is under way, a keyframe here is newer than the curve. */
export const filmBox = computed(() => {
  if (!parts.value?.crop || outside.value || (waiting.value && keyframe.value)) return box.value;
  return cropAt(parts.value.crop, filmFrame.value);
});

/** Source seconds a second of the film, at the playhead. */
export const speed = computed(() => (parts.value?.source ? speedAt(parts.value.source, filmFrame.value, filmRate.value.value) : 1));

/** The canvas before any draft said it. */
function canvasOf(project) {
  const { width, height } = SHAPES.find((each) => each.ratio === (project?.aspect_ratio ?? DEFAULT_RATIO));
  return { width, height, ...project?.settings?.canvas };
}
