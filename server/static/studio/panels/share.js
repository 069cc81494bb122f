/** The dialog that makes a link to an exported video, for people without an account. */
import { html, useEffect, useRef, useState } from "../parts/preact.js";
import * as api from "../remote/api.js";
import { Dialog } from "../parts/dialog.js";

const DAY = 86_400;
const CHOICES = [[DAY, "1 day"], [7 * DAY, "7 days"], [30 * DAY, "30 days"]];

const dated = (moment) => new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export function Share({ film, name, onClose }) {
  const [seconds, setSeconds] = useState(7 * DAY);
  const [link, setLink] = useState(null);
  const [wrong, setWrong] = useState("");
  const made = async (event) => {
    event.preventDefault();
    setWrong("");
    try {
      setLink(await api.shareFilm(film, seconds));
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      setWrong(problem.message);
    }
  };
  return html`<${Dialog} title=${`Share “${name}”`} onClose=${onClose}>
    ${wrong && html`<p class="notice bad" role="alert">${wrong}</p>`}
    ${link ? html`<${Made} link=${link} onClose=${onClose} />` : html`<form onSubmit=${made}>
      <p>Anybody with the link can watch and download this video, without signing in.</p>
      <p class="field"><label><span>The link works for</span><select value=${seconds} onChange=${(event) => setSeconds(Number(event.target.value))}>
        ${CHOICES.map(([each, words]) => html`<option key=${each} value=${each} selected=${each === seconds}>${words}</option>`)}</select></label></p>
      <div class="row end"><button type="button" onClick=${onClose}>Cancel</button><button class="lamp">Make link</button></div></form>`}
  <//>`;
}

/** The link, to be copied; a page without https may not use the clipboard, so the text is selected too. */
function Made({ link, onClose }) {
  const field = useRef(null);
  const [copied, setCopied] = useState(false);
  useEffect(() => field.current.select(), []);
  const copy = async () => {
    field.current.select();
    try {
      await navigator.clipboard.writeText(field.current.value);
      setCopied(true);
    } catch {
      setCopied(document.execCommand("copy"));
    }
  };
  return html`<p class="field"><label><span>Link</span><input ref=${field} readonly value=${location.origin + link.path} onFocus=${(event) => event.target.select()} /></label></p>
    <p class="quiet">It works until ${dated(link.expires_at)}. Deleting the export ends it earlier.</p>
    <p role="status" class="quiet">${copied ? "Copied." : ""}</p>
    <div class="row end"><button onClick=${onClose}>Done</button><button class="lamp" onClick=${copy} autofocus>Copy link</button></div>`;
}
