/** Keeps `draft` up to date with the edit: one request at a time, the next one always for the newest edit. */
import { effect, signal } from "../parts/preact.js";
import * as api from "./api.js";
import { FILM_FIELDS, pick } from "../edit/model.js";
import { draft, draftOf, edit, projectId, unsaved } from "../edit/store.js";

const PAUSE = 60; // ms between a change and its request: a drag makes many changes

/** Raised by every request to draft an edit once more that did not change itself, but its footage. */
const turn = signal(0);
export const redraft = () => (turn.value += 1);

/** Begin to draft; the function that is returned ends it. */
export function startDrafting() {
  let timer = 0;
  let ended = false;
  let asking = false;

  async function ask() {
    const [asked, turned] = [edit.value, turn.peek()];
    asking = true;
    try {
      const answer = await api.draft(projectId.value, bodyOf(asked, unsaved.value));
      if (!ended) [draft.value, draftOf.value] = [answer, asked];
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      // the last draft stays; remote/save.js reports a server that does not answer
    } finally {
      asking = false;
      if ((edit.value !== asked || turn.value !== turned) && !ended) soon();
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  const stop = effect(() => {
    void turn.value;
    if (edit.value && edit.value.clips.length && !asking) soon();
  });
  return () => {
    ended = true;
    clearTimeout(timer);
    stop();
  };
}

/** The request for an edit. Clips name their footage, because some may not be saved yet, or be removed meanwhile. */
function bodyOf(asked, { remove, project }) {
  const clips = asked.clips.map((clip) => ({ clip_id: clip.clip_id, ...(clip.raw_clip_id && { raw_clip_id: clip.raw_clip_id }), ...pick(clip, FILM_FIELDS) }));
  const { name: _, ...settings } = project ?? {};
  return { clips, order: asked.clips.map((clip) => clip.clip_id), remove: remove.map((each) => each.clip_id), project: settings };
}
