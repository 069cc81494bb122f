/** Fields for numbers that can be dragged too. A typed value is set on Enter or on leaving; a value out of bounds is explained. */

import { html, useEffect, useId, useRef, useState } from "../parts/vendor.js";
import { readNumber } from "../edit/number.js";
import { parseTimecode, timecode } from "../edit/timecode.js";

/** A field with `text` in it; `read` converts what is typed to a value, or throws the reason why it cannot. */
function Typed({ label, text, read, onSet, unit = "", wide = false, inputmode = "decimal", keys = {} }) {
  const id = useId();
  const [typed, setTyped] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => setWrong(""), [text]);
  const left = useRef(false);
  const done = () => {
    if (typed === null || left.current) return;
    try {
      if (typed.trim() !== text) onSet(read(typed));
      setWrong("");
    } catch (problem) {
      setWrong(problem.message);
    }
    setTyped(null);
  };
  /** Drop what is typed, and give the focus back, so that the editor's keys work again. */
  const leave = (field) => {
    setTyped(null);
    left.current = true;
    field.blur();
    left.current = false;
  };
  const pressed = (event) => {
    if (event.key === "Enter") done();
    else if (event.key === "Escape") leave(event.target);
    else if (keys[event.key]) {
      event.preventDefault();
      setTyped(null);
      keys[event.key](event.shiftKey);
    }
  };
  return html`<span class="num ${wide ? "num-wide" : ""}">
    <label for=${id}>${label}</label>
    <span class="entry"><input id=${id} type="text" inputmode=${inputmode} autocomplete="off" spellcheck=${false} value=${typed ?? text}
      aria-invalid=${wrong ? "true" : null} aria-describedby=${wrong ? `${id}-wrong` : null}
      onInput=${(event) => setTyped(event.target.value)} onBlur=${done} onKeyDown=${pressed} />
    ${unit && html`<span class="unit" aria-hidden="true">${unit}</span>`}</span>
    ${wrong && html`<span id="${id}-wrong" class="wrong" role="alert">${wrong}</span>`}
  </span>`;
}

/** A number; the arrows change it by `step`, with Shift by ten. */
export function NumberField({ label, value, step = 1, digits = 2, min = -Infinity, max = Infinity, unit, onSet }) {
  const read = (text) => {
    const number = readNumber(text, unit);
    if (number < min || number > max) throw new Error(`From ${min} to ${max}`);
    return number;
  };
  const by = (sign) => (tenfold) => {
    const next = value + sign * step * (tenfold ? 10 : 1);
    onSet(Number(Math.min(Math.max(next, min), max).toFixed(6)));
  };
  const keys = { ArrowUp: by(1), ArrowDown: by(-1) };
  return html`<${Typed} label=${label} text=${String(Number(value.toFixed(digits)))} read=${read} onSet=${onSet} unit=${unit} keys=${keys} />`;
}

/** A frame, as a time; the arrows change it by one, with Shift by a second. */
export function TimecodeField({ label, frame, rate, min = 0, max = Infinity, onSet }) {
  const read = (text) => {
    const number = parseTimecode(text, rate);
    if (number === null) throw new Error("write it as 0:02.50, 2.5 or 75f");
    if (number < min || number > max) throw new Error(`from ${timecode(min, rate)} to ${timecode(max, rate)}`);
    return number;
  };
  const by = (sign) => (second) => onSet(Math.min(Math.max(frame + sign * (second ? rate.base : 1), min), max));
  const keys = { ArrowUp: by(1), ArrowDown: by(-1) };
  return html`<${Typed} label=${label} text=${timecode(frame, rate)} read=${read} onSet=${onSet} wide inputmode="text" keys=${keys} />`;
}

/** A choice of one value; `choices` are [value, label]. */
export function Choice({ label, value, choices, onSet }) {
  const id = useId();
  return html`<span class="num">
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${(event) => onSet(event.target.value)}>
      ${choices.map(([each, words]) => html`<option key=${each} value=${each} selected=${each === value}>${words}</option>`)}
    </select>
  </span>`;
}

/** A check box. */
export function Switch({ label, on, onSet, title }) {
  return html`<label class="switch" title=${title}><input type="checkbox" checked=${on} onChange=${(event) => onSet(event.target.checked)} />${label}</label>`;
}
