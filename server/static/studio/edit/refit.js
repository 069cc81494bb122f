/** Another aspect ratio of a project: its canvas, and the crops of all clips fitted to it. Pure functions. */
import { largest, rounded, scaled } from "./box.js";
import { DEFAULT_RATIO, SHAPES } from "../parts/shapes.js";

/** The width and height of a project's film, and the other settings of its canvas. */
export function canvasOf(project) {
  const ratio = project?.settings?.canvas?.aspect_ratio ?? project?.aspect_ratio ?? DEFAULT_RATIO;
  const { width, height } = SHAPES.find((each) => each.ratio === ratio);
  return { width, height, ...project?.settings?.canvas };
}

/** The canvas of an aspect ratio whose shorter side has this many pixels: even numbers, as close to the ratio as they come. */
export function sized(ratio, shorter) {
  const { width, height } = SHAPES.find((each) => each.ratio === ratio);
  const even = (side) => 2 * Math.round((side * shorter) / Math.min(width, height) / 2);
  return { width: even(width), height: even(height) };
}

/**
 * A crop box with another aspect ratio. It keeps its zoom, which is its size beside the largest box of its own ratio, and
 * its centre; where it would leave the picture, it is moved into it by as little as possible.
 */
export function refitted(box, ratio, picture) {
  const zoom = Math.min(1, box.width / largest(box.width / box.height, picture).width);
  return rounded(scaled(box, zoom * largest(ratio, picture).width, ratio, picture));
}

/**
 * The edit with another aspect ratio, or other settings of the project, and every crop refitted to the new canvas. `pictures`
 * has the width and height of each clip's picture by the clip's id. Throws if one of a clip with a crop is missing.
 */
export function reshaped(edit, { project, pictures }) {
  const changed = { ...edit.project, ...project };
  const { width, height } = canvasOf(changed);
  const clips = edit.clips.map((clip) => {
    if (!clip.crop_data?.length) return clip;
    const picture = pictures[clip.clip_id];
    if (!picture) throw new Error(`the size of “${clip.name}” is not known yet: fix its problems first`);
    return { ...clip, crop_data: clip.crop_data.map((each) => ({ ...each, ...refitted(each, width / height, picture) })) };
  });
  return { ...edit, project: changed, clips };
}
