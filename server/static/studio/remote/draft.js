/** Keeps `draft` the answer for the newest edit: one question at a time, the newest edit asked for next. */
import { effect } from "../parts/preact.js";
import * as api from "./api.js";
import { FILM_FIELDS, pick } from "../edit/model.js";
import { draft, draftOf, edit, projectId } from "../edit/store.js";

const PAUSE = 60; // ms between a change and its question: a drag's moves are many

/** The question that is under way, and how many wait for there to be none. */
let asking = null;
let held = 0;

/** Do something while nothing is asked: what takes a clip away must not meet a question that names it. */
export async function undrafted(work) {
  held += 1;
  try {
    await asking;
    return await work();
  } finally {
    held -= 1;
  }
}

/** Begin; the function that is returned ends it. */
export function startDrafting() {
  let timer = 0;
  let ended = false;

  function askNow() {
    if (held) soon();
    else asking = ask(edit.value);
  }

  async function ask(asked) {
    try {
      const answer = await api.draft(projectId.value, bodyOf(asked));
      if (!ended) [draft.value, draftOf.value] = [answer, asked];
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      // the last answer stands; saving.js says that the server does not answer
    } finally {
      asking = null;
      if (edit.value !== asked && !ended) soon();
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(askNow, PAUSE);
  }

  const stop = effect(() => {
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
