/** What changed from one stored state of a project to the next, as texts for people. Pure functions. */
import { count } from "./words.js";

const ids = (clips) => clips.map(({ clip_id }) => clip_id);
const named = (clips) => clips.map(({ name }) => `“${name}”`).join(", ");

/** The changes from the state `before` to `now`, both as the API lists them. */
export function stateChanges(before, now) {
  return [...ofTheProject(before, now), ...ofTheClips(before.clips, now.clips)];
}

function ofTheProject(before, now) {
  return [
    before.name !== now.name && `Renamed to “${now.name}”`,
    before.aspect_ratio !== now.aspect_ratio && `Aspect ratio: ${before.aspect_ratio} to ${now.aspect_ratio}`,
    JSON.stringify(before.settings) !== JSON.stringify(now.settings) && "Project settings changed",
  ].filter(Boolean);
}

function ofTheClips(before, now) {
  const [old, new_] = [new Map(before.map((clip) => [clip.clip_id, clip])), new Set(ids(now))];
  const added = now.filter(({ clip_id }) => !old.has(clip_id));
  const removed = before.filter(({ clip_id }) => !new_.has(clip_id));
  const changed = now.filter(({ clip_id, version }) => old.has(clip_id) && old.get(clip_id).version !== version);
  const stay = ids(now).filter((id) => old.has(id));
  const moved = stay.join() !== ids(before).filter((id) => new_.has(id)).join();
  return [
    added.length > 0 && `Added: ${named(added)}`,
    removed.length > 0 && `Removed: ${named(removed)}`,
    changed.length > 0 && `Changed: ${named(changed)}`,
    moved && "Clips reordered",
  ].filter(Boolean);
}

/** A state in a few words: its clips and its aspect ratio. */
export const stateSummary = (state) => `${count(state.clips.length, "clip")}, ${state.aspect_ratio}`;
