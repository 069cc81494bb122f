/** A dialog, open while it is on the page; Escape and a click beside it close it. */
import { NAME_LENGTH } from "./limits.js";
import { html, useEffect, useId, useLayoutEffect, useRef } from "./preact.js";

export function Dialog({ title, onClose, broad, children }) {
  const box = useRef(null);
  const heading = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  const beside = (event) => event.target === box.current && onClose();
  return html`<dialog ref=${box} class=${broad ? "broad" : ""} aria-labelledby=${heading}
    onCancel=${(event) => { event.preventDefault(); onClose(); }} onMouseDown=${beside}>
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
