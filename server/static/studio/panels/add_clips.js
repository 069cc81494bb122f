/** The dialog that adds clips: new files, and the uploads with their thumbnails, a search, and where each is used. */
import { html, useEffect, useRef, useState } from "../parts/vendor.js";
import { Dialog } from "../parts/dialog.js";
import { matching } from "../parts/search.js";
import { clips, projectId } from "../edit/store.js";
import { askDelete, Deleted, Deletion, kept, loadUploads, RecentlyDeleted, refused } from "./deletion.js";
import { askPart, NewPart } from "./part.js";
import { Thumb } from "./thumb.js";
import { addClip, uploadAll } from "./uploads.js";
import { isImage } from "../remote/footage.js";
import { bytes, clock, lengthOf } from "../parts/words.js";

const ACCEPTED = "video/*,image/*,.heic,.heif,.avif,.mkv,.mts,.m2ts,.ts,.mxf,.mov,.avi,.mpg,.mpeg,.vob,.wmv,.flv,.ogv,.ogg,.webm,.m4v,.3gp";

export function AddClips({ onClose }) {
  const input = useRef(null);
  useEffect(() => void loadUploads(), []);
  const chosen = (event) => {
    onClose();
    void uploadAll(event.target.files);
  };
  return html`<${Dialog} title="Add clips" broad onClose=${onClose}>
    <div class="drop">
      <p>Drop video files or images here, from a phone, a camera or a screen recorder.</p>
      <button class="lamp" onClick=${() => input.current.click()} autofocus>Choose files…</button>
      <input ref=${input} class="unseen" type="file" multiple accept=${ACCEPTED} onChange=${chosen} tabindex="-1" aria-label="Video files and images" />
    </div>
    <${Uploaded} /><${Deleted} /><${RecentlyDeleted} /><${Deletion} /><${NewPart} />
    <div class="row end"><button onClick=${onClose}>Done</button></div>
  <//>`;
}

function Uploaded() {
  const [query, setQuery] = useState("");
  const all = kept.value;
  const found = matching(all ?? [], query);
  return html`<div class="row apart over-list"><h3>Your uploads</h3>
      ${all?.length > 0 && html`<input type="search" aria-label="Search uploads" placeholder="Search" value=${query} onInput=${(event) => setQuery(event.target.value)} />`}</div>
    ${all === null && !refused.value && html`<p class="quiet" role="status">Loading…</p>`}
    ${all?.length === 0 && html`<p class="quiet">No uploads yet.</p>`}
    ${all?.length > 0 && !found.length && html`<p class="quiet" role="status">No upload has this name.</p>`}
    ${found.length > 0 && html`<ul class="raws" aria-label="Your uploads">${found.map((raw) => html`<${Upload} key=${raw.id} raw=${raw} />`)}</ul>`}`;
}

function Upload({ raw }) {
  const uses = usesOf(raw);
  return html`<li><span class="raw-about"><${Seen} id=${raw.id} /><span><b class="clip-name">${raw.name}</b><span class="quiet">${facts(raw)}</span></span></span>
    <span class="row">${uses.length > 0 && html`<span class="quiet" title=${uses.join(", ")}>Used ${uses.length}×</span>`}
      ${!isImage(raw.media_info) && html`<button class="plain small" onClick=${() => askPart(raw)} aria-label=${`Make a part of ${raw.name}`}>Part…</button>`}
      <button class="small" onClick=${() => addClip(raw)} aria-label=${`Add ${raw.name}`}>Add</button>
      <button class="plain small" onClick=${() => askDelete({ ...raw, used_in: [...here(raw), ...elsewhere(raw)] })} aria-label=${`Delete ${raw.name}`}>Delete</button></span></li>`;
}

/** The uses in other projects are the server's; those in this one are the page's, which has newer ones. */
const elsewhere = (raw) => raw.used_in.filter((use) => use.project_id !== projectId.value);
const here = (raw) => clips.value.filter((clip) => clip.raw_clip_id === raw.id)
  .map((clip) => ({ project_id: projectId.value, project: "This project", clip_id: clip.clip_id, clip: clip.name }));
const usesOf = (raw) => [...here(raw), ...elsewhere(raw)].map((use) => `${use.clip} (${use.project})`);

/** The thumbnail of an upload, requested when it comes into view: the server makes filmstrips on request. */
function Seen({ id }) {
  const ref = useRef(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && setNear(true));
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, []);
  return html`<span ref=${ref} class="thumb">${near && html`<${Thumb} clip=${{ raw_clip_id: id }} name="thumb" width=${64} height=${40} />`}</span>`;
}

/** The facts of an upload; a window has its place in the file instead of the file's size. */
function facts({ size, start_time: start, end_time: end, media_info: { video, audio } }) {
  const place = start === null && end === null ? bytes(size) : `from ${clock(start ?? 0)} of its file`;
  return `${video.width}×${video.height} · ${clock(lengthOf(video))} · ${video.codec}${audio ? "" : " · no sound"} · ${place}`;
}
