/** The editor's keys, in one list, which the sheet shows too. Most do nothing while the focus is in a text field. */

import { html, signal, tinykeys } from "../parts/vendor.js";
import * as acts from "./actions.js";
import { Dialog } from "../parts/dialog.js";
import { cancelDrag } from "./drag.js";
import { filmRate, frames, inOut, rate } from "../playback/now.js";
import { either, fasterFilm, filmFrames, filmShown, pauseFilm, showClip, stepFilm, switchView, toggleFilm } from "../playback/film.js";
import { faster, looping, pause, step, toggle } from "../playback/player.js";
import { framed, fit, magnet, zoom } from "../playback/window.js";
import { exportNow } from "../remote/export.js";
import { save } from "../remote/save.js";
import { redo, select, selection, undo } from "../edit/store.js";

const open = signal(false);
export const openSheet = () => (open.value = true);

const second = () => rate.peek().base;
const filmSecond = () => filmRate.peek().base;
/** An action on the clip at its playhead: it shows the clip, so that nobody edits unseen. */
const inClip = (act) => (...given) => {
  showClip();
  return act(...given);
};

/** Focus the crop box; a clip that is only now shown has it a moment later. */
function toCropBox() {
  const focus = () => document.querySelector(".crop")?.focus();
  if (!filmShown.peek()) return focus();
  showClip();
  requestAnimationFrame(focus);
}

/** [title, [[keys, their label, description, action]…]]… */
export const KEYS = [
  ["Play", [
    [["Space", "k"], "Space, K", "play or pause", either(toggleFilm, toggle)],
    [["j"], "J", "backwards, faster each time", either(() => fasterFilm(-1), () => faster(-1))],
    [["l"], "L", "forwards, faster each time", either(() => fasterFilm(1), () => faster(1))],
    [["q"], "Q", "loop: the clip from in to out, or the whole video", () => (looping.value = !looping.value)],
    [["w"], "W", "the whole video, or back to the clip", switchView],
    [["ArrowLeft"], "←", "a frame back", either(() => stepFilm(-1), () => step(-1))],
    [["ArrowRight"], "→", "a frame forward", either(() => stepFilm(1), () => step(1))],
    [["Shift+ArrowLeft"], "Shift ←", "a second back", either(() => stepFilm(-filmSecond()), () => step(-second()))],
    [["Shift+ArrowRight"], "Shift →", "a second forward", either(() => stepFilm(filmSecond()), () => step(second()))],
    [["Home"], "Home", "to the in point, or the beginning of the video", either(() => stepFilm(-Infinity), () => acts.goTo(framed(inOut.peek()[0])))],
    [["End"], "End", "to the last frame before the out point, or of the video", either(() => stepFilm(filmFrames.peek()), () => acts.goTo(Math.min(acts.outFrame(), frames.peek()) - 1))],
  ]],
  ["Cut", [
    [["i"], "I", "in point here", inClip(acts.markIn)],
    [["o"], "O", "out point here", inClip(acts.markOut)],
    [["s"], "S", "speed from here on, or split the one here", inClip(acts.addSpan)],
    [["PageUp"], "Page up", "clip before", () => acts.nextClip(-1)],
    [["PageDown"], "Page down", "clip after", () => acts.nextClip(1)],
    [["Alt+PageUp"], "Alt Page up", "move the clip earlier", () => acts.moveClip(-1)],
    [["Alt+PageDown"], "Alt Page down", "move the clip later", () => acts.moveClip(1)],
    [["t"], "T", "select the transition into the clip", () => select({ transition: !selection.peek().transition })],
  ]],
  ["Crop", [
    [["c"], "C", "keyframe here", inClip(acts.addKeyframe)],
    [["["], "[", "keyframe before", inClip(() => acts.nextKeyframe(-1))],
    [["]"], "]", "keyframe after", inClip(() => acts.nextKeyframe(1))],
    [["Shift+{", "Shift+["], "Shift [", "select the keyframe before too", inClip(() => acts.nextKeyframe(-1, true))],
    [["Shift+}", "Shift+]"], "Shift ]", "select the keyframe after too", inClip(() => acts.nextKeyframe(1, true))],
    [["f"], "F", "to the crop box, to move it by arrows", toCropBox],
    [["Delete", "Backspace"], "Delete", "delete what is selected", inClip(acts.removeSelected)],
    [["$mod+c"], "Ctrl C", "copy the selected keyframes", acts.copyKeyframes],
    [["$mod+v"], "Ctrl V", "paste them here, also in another clip", inClip(acts.pasteKeyframes)],
  ]],
  ["Edit", [
    [["$mod+z"], "Ctrl Z", "undo", undo],
    [["$mod+Shift+z", "$mod+y"], "Ctrl Shift Z", "redo", redo],
    [["$mod+s"], "Ctrl S", "save", () => void save()],
    [["$mod+Enter"], "Ctrl Enter", "save and export", () => void exportNow()],
    [["n"], "N", "snapping on or off", () => (magnet.value = !magnet.peek())],
    [["+", "Shift++", "="], "+", "zoom in", () => zoom(1.5)],
    [["-"], "-", "zoom out", () => zoom(1 / 1.5)],
    [["0"], "0", "the whole clip", fit],
    [["Escape"], "Esc", "cancel a drag; select only the clip", () => cancelDrag() || select({})],
    [["?", "Shift+?"], "?", "this list", openSheet],
  ]],
];

const TYPING = "input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]";
/** Keys that work in text fields too. */
const ALWAYS = new Set(["$mod+s", "$mod+Enter"]);
const CONTROL = "button, a, summary, [role=button], input";

/** The controls that were clicked since Tab was last pressed: a click leaves the focus on them, but Space is for playing then. */
let clicked = new WeakSet();

const controlAt = (target) => target.closest("label")?.control ?? target.closest(`${CONTROL}, select`) ?? target;

/** Tell controls that a click left the focus on from those that keys have reached. */
function followFocus() {
  addEventListener("pointerdown", ({ target }) => clicked.add(controlAt(target)), true);
  addEventListener("keydown", ({ key }) => {
    if (key === "Tab" && !dialogOpen()) clicked = new WeakSet();
  }, true);
  addEventListener("keyup", (event) => {
    if (event.code === "Space" && !taken(event, "Space")) event.preventDefault(); // browsers press a button when Space is released
  }, true);
  addEventListener("change", ({ target }) => {
    if (target.matches("select") && clicked.has(target)) target.blur();
  });
}

const dialogOpen = () => document.querySelector("dialog[open]") !== null;

/** Whether a key belongs to the focused element or to a dialog, and not to the editor. */
function taken(event, binding) {
  if (event.defaultPrevented || dialogOpen()) return true;
  if (ALWAYS.has(binding)) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(TYPING)) return true;
  const control = target?.closest(CONTROL);
  return event.code === "Space" && control != null && !clicked.has(control);
}

function bound() {
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const bindings = {};
  for (const [, list] of KEYS) {
    for (const [names, , , run] of list) {
      for (const name of names) {
        bindings[name] = (event) => {
          if (taken(event, name)) return;
          if (run(event) === false && name === "$mod+c") return;
          event.preventDefault();
        };
      }
    }
  }
  return bindings;
}

/** The list of keys, while it is open. */
export function Sheet() {
  const close = () => (open.value = false);
  if (!open.value) return null;
  return html`<${Dialog} title="Keyboard shortcuts" broad kind="sheet" onClose=${close}>
    <div class="sheet-lists">${KEYS.map(([title, list]) => html`<section key=${title}><h3>${title}</h3>
      <dl>${list.map(([, written, does]) => html`<div key=${written}><dt><kbd>${written}</kbd></dt><dd>${does}</dd></div>`)}</dl></section>`)}</div>
    <p class="quiet">Drags snap to frames, keyframes, cuts and the playhead; hold Alt to suspend this. Arrow keys move the focused handle.</p>
    <div class="row end"><button onClick=${close} autofocus>Close</button></div>
  <//>`;
}

/** Bind the editor's keys; the function that is returned unbinds them. */
export function bindKeys() {
  followFocus();
  const unbind = tinykeys(window, bound(), { ignore: (event) => event.isComposing || (event.repeat && event.code === "Space") });
  return () => {
    unbind();
    pause();
    pauseFilm();
  };
}
