/** The dialog that makes a part of an upload an upload of its own; both share the file. */
import { html, signal, useState } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { Dialog } from "../parts/dialog.js";
import { NAME_LENGTH } from "../parts/limits.js";
import { clock, explained, lengthOf } from "../parts/words.js";
import { secondsIn } from "../edit/timecode.js";
import { loadUploads } from "./deletion.js";

/** The upload that is asked about, or null. */
const asked = signal(null);
/** Ask for the part of an upload. */
export const askPart = (raw) => (asked.value = raw);

/** The dialog, while there is one. */
export const NewPart = () => asked.value && html`<${Ask} key=${asked.value.id} raw=${asked.value} onClose=${() => (asked.value = null)} />`;

function Ask({ raw, onClose }) {
  const [wrong, setWrong] = useState("");
  const begins = raw.start_time ?? 0;
  const ends = raw.end_time ?? begins + lengthOf(raw.media_info.video);
  const made = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const [start_time, end_time] = ["from", "to"].map((field) => secondsIn(form.get(field)));
    if (start_time === null || end_time === null) return setWrong("Write times as 75, 1:15 or 1:15.5.");
    try {
      await api.makePart(raw.id, { start_time, end_time, name: form.get("name").trim() });
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      return setWrong(explained(problem.members));
    }
    onClose();
    await loadUploads();
  };
  return html`<${Dialog} title=${`A part of “${raw.name}”`} onClose=${onClose}>
    <form class="part" onSubmit=${made}>
      <p class="quiet">It gets a place in your uploads, and takes no room: both share the file.</p>
      <label><span>From</span><input name="from" value=${clock(begins)} required autofocus inputmode="decimal" /></label>
      <label><span>To</span><input name="to" value=${clock(ends)} required inputmode="decimal" /></label>
      <label><span>Name</span><input name="name" value=${raw.name} required maxlength=${NAME_LENGTH} pattern=".*\\S.*" /></label>
      ${wrong && html`<p class="notice bad" role="alert">${wrong}</p>`}
      <div class="row end"><button type="button" onClick=${onClose}>Cancel</button><button class="lamp">Make part</button></div>
    </form>
  <//>`;
}
