/**
 * The inspector without page loads. It works without this module too: links and forms lead to pages that the server makes.
 * This module fetches those pages and replaces the parts that differ, so that the rest stays in place.
 */
import { modified } from "./parts/keyboard.js";
import * as api from "./remote/api.js";

const $ = (selector, root = document) => root.querySelector(selector);
const here = () => new URLSearchParams(location.search);
const DECIMALS = 6;

/** Give a class to the boxes, lines and filters of some values, and take it from all others. */
function light(name, values) {
  const wanted = new Set(values);
  for (const each of document.querySelectorAll("[data-value]")) each.classList.toggle(name, wanted.has(each.dataset.value));
}

/** The parts of the page that differ within a stage, and between stages. */
const OF_A_LOOK = ["#definition", ".stages", ".sides"];
const OF_A_STAGE = [".bench", "#filters"];

let newest = 0;

/** Show the page at an address. */
async function go(address, { push = true } = {}) {
  const turn = ++newest;
  const url = new URL(address, location.href);
  const node = url.searchParams.get("node");
  const within = sameDrawing(here(), url.searchParams);
  if (within) light("lit", [node]);
  const text = await api.page(url).catch(() => null);
  if (turn !== newest) return;
  if (text === null) {
    location.assign(url);
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  if (push) history.pushState(null, "", url);
  for (const part of within ? OF_A_LOOK : OF_A_STAGE) {
    const [old, fresh] = [$(part), $(part, page)];
    if (old && fresh) old.replaceWith(fresh);
  }
  renew(page);
  light("lit", [node]);
  light("seen", seen);
}

/** Whether two addresses have the same drawing. Without a stage an address has the current one. */
function sameDrawing(a, b) {
  const current = $(".stages [aria-current]");
  const stage = (asked) => asked.get("stage") ?? new URLSearchParams(current?.search ?? "").get("stage");
  return stage(a) === stage(b) && (a.get("side") ?? "after") === (b.get("side") ?? "after");
}

/** Renew the links to JSON. */
function renew(page) {
  const links = (root) => [...root.querySelectorAll("main a.json")];
  const fresh = links(page);
  links(document).forEach((link, k) => link.setAttribute("href", fresh[k].getAttribute("href")));
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.shiftKey || modified(event)) return;
  const link = event.target.closest(".bench a[href]");
  const part = event.target.closest("#filters [data-value]");
  if (!link && !part) return;
  event.preventDefault();
  if (link) {
    go(link.getAttribute("href"));
    return;
  }
  if (String(getSelection())) return; // text is being selected
  const asked = here();
  asked.set("node", part.dataset.value);
  go(`?${asked}`);
});
addEventListener("popstate", () => go(location.href, { push: false }));

// ---- one time of the film

/** @type {string[]} the definitions that are seen at the chosen time */
let seen = [];
const form = $(".scrubber");
const [over, under = 1] = form.dataset.fps.split("/").map(Number);
const [number, slider] = [$("[name=at]", form), $("[type=range]", form)];
let [asking, wanted] = [false, null];

/** Request the newest time that was asked for, one request at a time. */
async function trace(at) {
  wanted = at;
  if (asking) return;
  asking = true;
  while (wanted !== null) {
    const asked = wanted;
    wanted = null;
    try {
      showTrace(await api.seenAt(form.dataset.project, asked));
      const look = here();
      look.set("at", asked);
      history.replaceState(null, "", `?${look}`);
    } catch (problem) {
      refused(problem);
    }
  }
  asking = false;
}

function showTrace({ frame, seen: sights }) {
  slider.value = frame;
  seen = sights.flatMap((sight) => sight.values);
  light("seen", seen);
  const rows = sights.map(({ clip, clip_frame, weight, source_time, source_frame, crop, speed }) => {
    const place = `${crop.width}×${crop.height} at ${crop.x}, ${crop.y}`;
    const cells = [clip_frame, weight, source_time, source_frame, place, `${speed}×`].map((text) => made("td", { className: "n", textContent: text }));
    const head = made("th", { scope: "row", textContent: nameOf(clip) }, made("code", { textContent: clip }));
    return made("tr", {}, head, ...cells);
  });
  const heads = ["Clip", "Its frame", "Weight", "Source time, s", "Source frame", "Crop", "Speed"].map((textContent, k) => made("th", { textContent, className: k ? "n" : "" }));
  const table = made("table", {}, made("thead", {}, made("tr", {}, ...heads)), made("tbody", {}, ...rows));
  const region = made("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: "what is seen" }, table);
  const line = made("p", {}, "Frame ", made("b", { textContent: frame }), ` of ${Number(slider.max) + 1}`);
  $("#traced").replaceChildren(line, region);
}

function refused(problem) {
  seen = [];
  light("seen", seen);
  $("#traced").replaceChildren(made("p", { className: "notice bad", textContent: problem.message }));
}

/** The name of a clip, from the plan on the page. */
function nameOf(clip) {
  const code = [...document.querySelectorAll("section[aria-labelledby=plan] th code")].find((each) => each.textContent === clip);
  return code?.previousSibling?.textContent ?? clip;
}

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

slider.closest("label").hidden = false;
slider.addEventListener("input", () => {
  const at = ((Number(slider.value) + 0.5) * under) / over; // halfway through the frame: no rounding leaves it
  number.value = at.toFixed(DECIMALS);
  trace(number.value);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (number.value !== "") trace(number.value);
});

// ---- the command

const copy = $("#copy");
copy.hidden = false;
copy.addEventListener("click", async () => {
  const command = $("#runnable");
  try {
    await navigator.clipboard.writeText(command.textContent);
    $("#copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(command);
    $("#copied").textContent = "This browser does not let pages copy. The command is selected: copy it with Ctrl C.";
  }
});

if (here().get("at")) trace(number.value); // highlights what is seen at the address's time
