/** Keeps `draft` up to date with the edit: one request at a time, the next one always for the newest edit. */
import { effect, signal } from "../parts/preact.js";
import * as api from "./api.js";
import { FILM_FIELDS, pick } from "../edit/model.js";
import { draft, draftOf, edit, projectId } from "../edit/store.js";

const PAUSE = 60; // ms between a change and its request: a drag makes many changes

/** The request in flight, and how many callers of `undrafted` wait for it or are running. */
let asking = null;
let held = 0;

/** Raised by every request to draft an edit once more that did not change itself, but its footage. */
const turn = signal(0);
export const redraft = () => (turn.value += 1);

/** Run `work` while no draft request is in flight, so that a removal cannot race a request that names the clip. */
export async function undrafted(work) {
  held += 1;
  try {
    await asking;
    return await work();
  } finally {
    held -= 1;
  }
}

/** Begin to draft; the function that is returned ends it. */
export function startDrafting() {
  let timer = 0;
  let ended = false;

  function askNow() {
    if (held) soon();
    else asking = ask(edit.value);
  }

  async function ask(asked) {
    const turned = turn.peek();
    try {
      const answer = await api.draft(projectId.value, bodyOf(asked));
      if (!ended) [draft.value, draftOf.value] = [answer, asked];
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      // the last draft stays; remote/save.js reports a server that does not answer
    } finally {
      asking = null;
      if ((edit.value !== asked || turn.value !== turned) && !ended) soon();
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(askNow, PAUSE);
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

function bodyOf(asked) {
  const clips = asked.clips.map((clip) => ({ clip_id: clip.clip_id, ...pick(clip, FILM_FIELDS) }));
  return { clips, order: asked.clips.map((clip) => clip.clip_id) };
}
