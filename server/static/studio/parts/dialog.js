/** A dialog, open while it is on the page; Escape and a click beside it close it. */
import { NAME_LENGTH } from "./limits.js";
import { html, useEffect, useId, useLayoutEffect, useRef } from "./preact.js";

const FOCUSABLE = "button:enabled, a[href], input:enabled, select:enabled, [tabindex]";

/** The element and those that contain it. */
const lineOf = (element) => (element ? [element, ...lineOf(element.parentElement)] : []);

/** Focus an element; one that is gone is replaced by the first control of what contained it. */
function focusOn(line) {
  const there = line.find((each) => each.isConnected);
  (there === line[0] ? there : there?.querySelector(FOCUSABLE))?.focus();
}

export function Dialog({ title, onClose, broad, kind = "", children }) {
  const box = useRef(null);
  const heading = useId();
  useLayoutEffect(() => {
    const before = lineOf(document.activeElement);
    box.current.showModal();
    return () => queueMicrotask(() => focusOn(before)); // while the dialog is on the page, nothing else can have the focus
  }, []);
  const cancelled = (event) => {
    if (event.target !== box.current) return; // of a file chooser in the dialog
    event.preventDefault();
    onClose();
  };
  const beside = (event) => event.target === box.current && onClose();
  return html`<dialog ref=${box} class="${broad ? "broad" : ""} ${kind}" aria-labelledby=${heading}
    onCancel=${cancelled} onMouseDown=${beside}>
    <h2 id=${heading}>${title}</h2>${children}
  </dialog>`;
}

/** A question of yes or no; `danger` marks an action that cannot be undone. */
export function Confirm({ title, children, yes, onYes, onClose, danger }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    ${children}
    <div class="row end"><button onClick=${onClose} autofocus>Cancel</button>
    <button class=${danger ? "danger" : "lamp"} onClick=${onYes}>${yes}</button></div>
  <//>`;
}

/** A dialog that asks for one line of text. */
export function AskName({ title, label, name, yes = "Rename", onName, onClose }) {
  const field = useRef(null);
  useEffect(() => field.current.select(), []);
  const done = (event) => {
    event.preventDefault();
    onName(field.current.value.trim());
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form onSubmit=${done}>
      <label><span>${label}</span><input ref=${field} value=${name} required maxlength=${NAME_LENGTH} pattern=".*\\S.*" autofocus /></label>
      <div class="row end"><button type="button" onClick=${onClose}>Cancel</button><button class="lamp">${yes}</button></div>
    </form>
  <//>`;
}
