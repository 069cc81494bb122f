/** The selected clip, its parts from the newest draft, and the frame on screen, as signals. */

import { computed, signal } from "../parts/vendor.js";
import { cropAt, pathAt, played, recordAt, slotOf, speedAt } from "../edit/curve.js";
import { keyframesOf, segmentsOf } from "../edit/model.js";
import { largest } from "../edit/box.js";
import { looksOf, sizeAfter } from "../edit/turns.js";
import { canvasOf } from "../edit/refit.js";
import { mixAt } from "../edit/mix.js";
import { frameAt, rateOf } from "../edit/timecode.js";
import { factsOf } from "../remote/footage.js";
import { DEFAULT_FPS } from "../parts/limits.js";
import { draft, drafted, draftOf, edit, playhead, selected } from "../edit/store.js";

/** Width, height and seconds as the browser reports them, for clips that have no draft yet. */
export const found = signal({ width: 16, height: 9, duration: 0 });
/** The frame of the clip in the film that was asked for by number; null while the source's frame decides. */
export const asked = signal(/** @type {number | null} */ (null));
/** Whether a change of the box applies to all keyframes of the clip. */
export const wholeClip = signal(false);

/** @type {Map<string, any>} the newest parts of each clip, of a draft in which it had no errors, and the clip's looks in it */
const kept = new Map();

const keptNow = computed(() => {
  const clip = selected.value;
  if (!clip) return null;
  const asked = draftOf.value?.clips.find((each) => each.clip_id === clip.clip_id);
  if (drafted.value?.source) kept.set(clip.clip_id, { parts: drafted.value, looks: looksOf(asked) });
  return kept.get(clip.clip_id) ?? null;
});

/** Source, crop and path of the selected clip from the newest draft that has them; null until there is one. */
export const parts = computed(() => keptNow.value?.parts ?? null);

/** Whether the parts are of an older edit than the one on the page. */
export const waiting = computed(() => draftOf.value !== edit.value || drafted.value?.source == null);

export const canvas = computed(() => draft.value?.canvas ?? canvasOf(edit.value?.project));
export const filmRate = computed(() => rateOf(draft.value?.fps ?? DEFAULT_FPS));
export const ratio = computed(() => canvas.value.width / canvas.value.height);
/** The size of the turned picture, also before there is a draft of the newest turn. */
export const picture = computed(() => sizeAfter(parts.value?.picture ?? found.value, keptNow.value?.looks ?? looksOf(null), looksOf(selected.value)));
export const duration = computed(() => parts.value?.source_duration ?? found.value.duration);

/** Seconds of the footage itself, which a looped image plays several times; null until its facts are known. */
export const natural = computed(() => {
  const facts = selected.value && factsOf(selected.value.raw_clip_id).value;
  return facts ? seconds(facts.video.end) : null;
});
const seconds = (fraction) => fraction.split("/").map(Number).reduce((over, under) => over / under);
/** Seconds after which the picture of a looped image comes again; of other footage, Infinity. */
export const lap = computed(() => (selected.value?.loop && natural.value ? natural.value : Infinity));

/** Frames a second of the source, in which keyframes count. */
export const rate = computed(() => {
  const facts = selected.value && factsOf(selected.value.raw_clip_id).value;
  return rateOf(parts.value?.source_fps ?? facts?.video?.rate ?? DEFAULT_FPS);
});

export const keyframes = computed(() => (selected.value ? keyframesOf(selected.value) : []));
export const segments = computed(() => (selected.value ? segmentsOf(selected.value) : segmentsOf({})));
/** The frame of the source on screen. */
export const frame = computed(() => frameAt(playhead.value, rate.value));
export const frames = computed(() => Math.max(1, Math.round(duration.value * rate.value.value)));
/** Whether the source's frames come at uneven times: then frames are counted by time. */
export const variable = computed(() => parts.value !== null && parts.value.source_fps === null);
/** The keyframe on this very frame, if there is one. */
export const keyframe = computed(() => keyframes.value.find((each) => each.frame === frame.value) ?? null);

/** The in and the out point, seconds of the source. */
export const inOut = computed(() => {
  const { trimRange } = segments.value;
  if (trimRange) return [trimRange.start ?? 0, trimRange.end ?? duration.value];
  return parts.value?.source && !waiting.value ? played(parts.value.source) : [0, duration.value];
});

/** The box at the playhead: the keyframe on this frame, else the compiler's curve. */
export const box = computed(() => {
  if (keyframe.value) return keyframe.value;
  if (parts.value?.path?.length) return pathAt(parts.value.path, playhead.value);
  return keyframes.value[0] ?? largest(ratio.value, picture.value);
});

/** The frame of the clip in the film that shows the source's frame: the slot that it falls into. */
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

/** The mix at the clip's frame `k`, by the newest parts; null where only the clip is seen. */
export function mixed(k) {
  if (outside.value || !parts.value?.source) return null;
  return mixAt(parts.value, before.value, after.value, k);
}

/** The mix of the film's frame at the playhead. */
export const mix = computed(() => mixed(filmFrame.value));

/** Whether the frame on screen is not in the film: before the in point or after the out point. */
export const outside = computed(() => playhead.value < inOut.value[0] - 1e-4 || playhead.value >= inOut.value[1] - 1e-4);

/** The box that the film shows at the playhead. While a draft is under way, a keyframe here is newer than the curve. */
export const filmBox = computed(() => {
  if (!parts.value?.crop || outside.value || (waiting.value && keyframe.value)) return box.value;
  return cropAt(parts.value.crop, filmFrame.value);
});

/** Source seconds a second of the film, at the playhead. */
export const speed = computed(() => (parts.value?.source ? speedAt(parts.value.source, filmFrame.value, filmRate.value.value) : 1));
