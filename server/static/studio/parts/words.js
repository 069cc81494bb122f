/** Texts for people: times, sizes, ages, the fields of a clip. Pure functions. */

/** The seconds of footage, by the facts of its picture. */
export function lengthOf(video) {
  const [over, under = 1] = video.end.split("/").map(Number);
  return over / under;
}

/** Seconds as m:ss.cc, or with hours where there are some: the one form of times on the pages. */
export function clock(seconds, places = 2) {
  if (!Number.isFinite(seconds)) return "–";
  const units = Math.round(seconds * 10 ** places);
  const rest = units % (60 * 10 ** places);
  const minutes = (units - rest) / (60 * 10 ** places);
  const tail = (rest / 10 ** places).toFixed(places).padStart(places ? places + 3 : 2, "0");
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** A size in bytes, kB, MB… */
export function bytes(size) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; size >= 1000 && at < units.length - 1; at += 1) size /= 1000;
  return `${at && size < 100 ? size.toFixed(1) : Math.round(size)} ${units[at]}`;
}

/** Seconds as a waiting time: 8 s, 2 min 05 s. */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

/** The time since a moment. */
export function ago(moment, now = Date.now()) {
  const seconds = (now - Date.parse(moment)) / 1000;
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(moment).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

/** The time until a moment, as what is left. */
export function left(moment, now = Date.now()) {
  const seconds = (Date.parse(moment) - now) / 1000;
  const [unit, name, many] = seconds < 3600 ? [60, "min", "min"] : seconds < 2 * 86_400 ? [3600, "h", "h"] : [86_400, "day", "days"];
  const whole = Math.max(1, Math.round(seconds / unit));
  return `${whole} ${whole === 1 ? name : many} left`;
}

/** What a failure says and what can be done about it, as sentences. */
export function explained({ message, hint }) {
  return [message, hint].filter(Boolean).map((text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`).join(" ");
}

/** A number with its noun: 1 clip, 2 clips. */
export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** The fields of a clip that are edited here, saved, and given back by undo, with their names for people. */
export const FIELD_NAMES = {
  name: "Name", crop_data: "Crop", segments_data: "Trim and speeds", timing_data: "Timing (old form)",
  transition_data: "Transition", rotation: "Straighten", stretch: "Sound at other speeds", motion: "Slow motion",
  damage: "Damaged footage", loop: "Loop", turn: "Rotate", mirror: "Mirror", volume: "Volume", mute: "Mute",
};

/** The value of a clip's field as text. */
export function asText(field, value) {
  if (field === "name") return `“${value}”`;
  if (field === "rotation") return `${value || 0}°`;
  if (field === "crop_data") return framing(value);
  if (field === "segments_data") return segments(value);
  if (field === "transition_data") return value && value.type !== "cut" ? `${value.type}, ${value.duration} s` : "cut";
  if (field === "turn") return `${value || 0}° clockwise`;
  if (field === "volume") return `${value || 0} dB`;
  if (field === "mirror" || field === "mute") return value ? "on" : "off";
  if (field === "loop") return value ? "plays again and again" : "plays once";
  if (field === "damage") return { conceal: "picture before it is held", refuse: "clip is refused" }[value] ?? "as the project";
  return value === null ? "nothing" : JSON.stringify(value);
}

function framing(keyframes) {
  if (!keyframes?.length) return "no crop";
  if (!Array.isArray(keyframes)) return "in an unknown form";
  const [{ x, y, width, height }] = keyframes;
  const first = `${Math.round(width)}×${Math.round(height)} at ${Math.round(x)}, ${Math.round(y)}`;
  return keyframes.length === 1 ? first : `${keyframes.length} keyframes, first ${first}`;
}

function segments(value) {
  const trim = value?.trimRange ? `${clock(value.trimRange.start)} to ${clock(value.trimRange.end)}` : "whole clip";
  const spans = (value?.spans ?? []).filter((each) => each.speed !== 1);
  return spans.length ? `${trim}, ${spans.map((each) => speed(each.speed)).join(", ")}` : trim;
}

function speed(value) {
  return typeof value === "object" ? `×${value.from} to ×${value.to}` : `×${value}`;
}
