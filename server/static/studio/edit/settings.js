/**
 * A project's settings as a form: one text or flag for each field, "" for the default. `formOf` reads a project, `readForm`
 * writes one, or says what is wrong with which field. Pure functions.
 *
 * @typedef {Record<string, string | boolean>} Form
 */
import { readNumber } from "./number.js";
import { same } from "./model.js";
import { canvasOf, sized } from "./refit.js";
import * as limits from "../parts/limits.js";
import { CODECS, CURVES, DEFAULT_CODEC, DEFAULT_CURVE } from "../parts/encodings.js";
import { DEFAULT_RATIO, SHAPES, proportion } from "../parts/shapes.js";
import { TRANSITIONS } from "../parts/transitions.js";

/** The shorter side of usual sizes. */
const SIZES = ["540", "720", "1440", "2160"];
const RATES = [["24000/1001", "23.976"], ["24", "24"], ["25", "25"], ["30000/1001", "29.97"], ["", "30"], ["50", "50"], ["60000/1001", "59.94"], ["60", "60"]];
const OWN = "own";
/** Kilobits a second of the picture to begin with. */
const USUAL_KBITS = "8000";
const COLOUR = /^#[0-9a-f]{6}$/i;
const HOLDS = (part) => (form) => CODECS[form.codec || DEFAULT_CODEC][part];
const heard = (form) => form.include;
const moves = (form) => form.transition !== "";

/** The fields in the order of the form: [name, group, label, what it does, when it applies]. */
const TABLE = [
  ["aspect_ratio", "Picture", "Aspect ratio", "The crops of all clips are refitted around their centres."],
  ["size", "Picture", "Size", "Width and height of the video in pixels."],
  ["width", "Picture", "Width", "An even number of pixels.", (form) => form.size === OWN],
  ["height", "Picture", "Height", "An even number of pixels.", (form) => form.size === OWN],
  ["fps", "Picture", "Frames a second", "More are smoother; clips with fewer repeat frames."],
  ["fps_own", "Picture", "Own frame rate", "Such as 48 or 30000/1001.", (form) => form.fps === OWN],
  ["fit", "Picture", "Fit", "For crops of another shape than the video: whole between bars, or cut to fill it."],
  ["fill", "Picture", "Fill of bars", "What is beside such a crop.", (form) => form.fit === ""],
  ["colour", "Picture", "Colour of bars", "", (form) => form.fill === OWN && form.fit === ""],
  ["damage", "Picture", "Damaged footage", "For clips that do not say it themselves: hold the picture before the damage in silence, or refuse to export."],
  ["include", "Sound", "Sound", "Without it the video is silent."],
  ["stretch", "Sound", "Sound at other speeds", "For clips that do not say it themselves.", heard],
  ["loudness", "Sound", "Even loudness", "Brings the whole video to one loudness (EBU R128).", heard],
  ["target", "Sound", "Loudness", "-14 suits most sites, -23 is for broadcasts.", (form) => heard(form) && form.loudness],
  ["true_peak", "Sound", "Highest peak", "The sound does not exceed it.", (form) => heard(form) && form.loudness],
  ["transition", "Transition", "Default transition", "Into every clip that has none of its own."],
  ["seconds", "Transition", "Duration", "How long it takes.", moves],
  ["through", "Transition", "Colour", "The colour that the fade goes through.", (form) => form.transition === "fade"],
  ["curve", "Transition", "Sound fades", "The curve by which the sound changes over.", moves],
  ["codec", "File", "Codec", "H.264 plays everywhere; H.265 and AV1 make smaller files; ProRes is for editing on."],
  ["quality", "File", "Quality", "A draft is encoded faster and looks worse.", HOLDS("qualities")],
  ["control", "File", "Rate control", "By the quality, or by a number of your own.", (form) => HOLDS("crf")(form) !== null],
  ["crf", "File", "Rate factor", "A lower one makes a better and larger file.", (form) => form.control === "crf" && HOLDS("crf")(form) !== null],
  ["bitrate", "File", "Bitrate", "Of the picture, on average.", (form) => form.control === "bitrate" && HOLDS("crf")(form) !== null],
  ["preset", "File", "Encoder preset", "Slower ones make smaller files.", (form) => HOLDS("presets")(form).length > 0],
  ["audio_bitrate", "File", "Bitrate of the sound", "", HOLDS("rated")],
];

/** @typedef {{name: string, group: string, label: string, says: string}} Field */
export const FIELDS = TABLE.map(([name, group, label, says, when = () => true]) => ({ name, group, label, says, when }));
/** The fields that can be chosen for one export. */
export const EXPORT_FIELDS = ["size", "width", "height", "fps", "fps_own", "include", "codec", "quality", "control", "crf", "bitrate", "preset", "audio_bitrate"];

/** The form of a project in which nothing is set. */
export const DEFAULTS = {
  aspect_ratio: DEFAULT_RATIO, size: "", width: "", height: "", fps: "", fps_own: "", fit: "", fill: "", colour: "#000000", damage: "",
  include: true, stretch: "", loudness: false, target: String(limits.DEFAULT_LOUDNESS), true_peak: String(limits.DEFAULT_PEAK),
  transition: "", seconds: "0.5", through: "#000000", curve: "",
  codec: "", quality: "", control: "", crf: "", bitrate: "", preset: "", audio_bitrate: String(limits.DEFAULT_SOUND_KBITS),
};

/** The choices of a field, [value, label]; null for fields that are typed. */
export function choicesOf(name, form) {
  const codec = CODECS[form.codec || DEFAULT_CODEC];
  const usual = SHAPES.find((each) => each.ratio === form.aspect_ratio);
  const size = (shorter) => Object.values(sized(form.aspect_ratio, Number(shorter))).join(" × ");
  const choices = {
    aspect_ratio: () => SHAPES.map(({ ratio, name: word }) => [ratio, `${ratio} ${word}`]),
    size: () => [...SIZES.slice(0, 2).map((each) => [each, size(each)]), ["", `${usual.width} × ${usual.height}`], ...SIZES.slice(2).map((each) => [each, size(each)]), [OWN, "Own size"]],
    fps: () => [["source", "As the first clip"], ...RATES, [OWN, "Own frame rate"]],
    fit: () => [["", "Whole, between bars"], ["cover", "Cut to fill"]],
    fill: () => [["", "Black"], ["blur", "The picture, blurred"], [OWN, "A colour"]],
    damage: () => [["", "Hold the picture before it"], ["refuse", "Refuse to export"]],
    stretch: () => [["", "Keep the pitch"], ["varispeed", "Pitch follows the speed"], ["mute", "Silence"]],
    transition: () => Object.entries(TRANSITIONS).map(([kind, label]) => [kind === "cut" ? "" : kind, label]),
    curve: () => Object.entries(CURVES).map(([curve, label]) => [curve === DEFAULT_CURVE ? "" : curve, label]),
    codec: () => Object.entries(CODECS).map(([each, { title }]) => [each === DEFAULT_CODEC ? "" : each, title]),
    quality: () => [["", "Final"], ["draft", "Draft"]],
    control: () => [["", "By the quality"], ["crf", "Constant rate factor"], ["bitrate", "Bitrate"]],
    preset: () => [["", "By the quality"], ...codec.presets.map((each) => [each, each])],
  }[name];
  return choices ? choices() : null;
}

/** @returns {Form} the form of a project's aspect ratio and settings */
export function formOf({ aspect_ratio, settings = {} }) {
  const { canvas = {}, audio = {}, encode = {}, transition = {}, damage } = mapped(settings);
  const ratio = canvas.aspect_ratio ?? aspect_ratio;
  return {
    ...DEFAULTS, aspect_ratio: ratio, ...sizeOf(ratio, canvas), ...rateOf(canvas.fps), ...fillOf(canvas.fill), fit: unless("contain", canvas.fit), damage: unless("conceal", damage),
    include: audio.include ?? true, stretch: unless("pitch", audio.stretch), ...loudnessOf(audio.loudness),
    transition: unless("cut", transition.type), seconds: String(transition.duration || DEFAULTS.seconds), through: transition.colour ?? DEFAULTS.through, curve: unless(DEFAULT_CURVE, transition.audio_curve),
    codec: unless(DEFAULT_CODEC, encode.codec), quality: unless("final", encode.quality), preset: encode.preset ?? "", control: controlOf(encode),
    crf: String(encode.crf ?? ""), bitrate: encode.bitrate ? kilobits(encode.bitrate) : "", audio_bitrate: encode.audio_bitrate ? kilobits(encode.audio_bitrate) : DEFAULTS.audio_bitrate,
  };
}

const mapped = (settings) => Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
const unless = (usual, value) => (value === undefined || value === null || value === usual ? "" : value);
const kilobits = (text) => String(Number(text.slice(0, -1)) * (text.endsWith("M") ? 1000 : 1));

function controlOf({ crf, bitrate }) {
  if (bitrate) return "bitrate";
  return crf === undefined || crf === null ? "" : "crf";
}

function sizeOf(ratio, { width, height }) {
  if (!width) return { size: "" };
  const usual = SHAPES.find((each) => each.ratio === ratio);
  if (same({ width, height }, { width: usual.width, height: usual.height })) return { size: "" };
  const known = SIZES.find((each) => same(sized(ratio, Number(each)), { width, height }));
  return known ? { size: known } : { size: OWN, width: String(width), height: String(height) };
}

const quotient = (text) => String(text).split("/").map(Number).reduce((over, under) => over / under);

function rateOf(fps) {
  if (fps === undefined || fps === null || fps === "source") return { fps: fps ?? "" };
  const known = RATES.find(([rate]) => Math.abs(quotient(rate || limits.DEFAULT_FPS) / quotient(fps) - 1) < 2e-6);
  return known ? { fps: known[0] } : { fps: OWN, fps_own: String(fps) };
}

function fillOf(fill) {
  if (!fill || fill.toLowerCase() === DEFAULTS.colour) return { fill: "" };
  return fill === "blur" ? { fill } : { fill: OWN, colour: fill };
}

function loudnessOf(loudness) {
  if (!loudness) return { loudness: false };
  return { loudness: true, target: String(loudness.target ?? DEFAULTS.target), true_peak: String(loudness.true_peak ?? DEFAULTS.true_peak) };
}

/** The form with another value of a field; fields that begin to apply with it get a value to begin with. @returns {Form} */
export function withField(form, name, value) {
  const next = { ...form, [name]: value };
  const codec = CODECS[next.codec || DEFAULT_CODEC];
  if (name === "size" && value === OWN) {
    return { ...next, ...texts(canvasOf(readForm(form).project)) };
  }
  if (name === "aspect_ratio" && form.size === OWN) {
    const shorter = Math.min(Number(form.width), Number(form.height));
    return shorter > 0 ? { ...next, ...texts(sized(value, shorter)) } : next;
  }
  if (name === "fps" && value === OWN && !form.fps_own) return { ...next, fps_own: form.fps === "source" ? limits.DEFAULT_FPS : form.fps || limits.DEFAULT_FPS };
  if (name === "control" && value === "crf" && !form.crf) return { ...next, crf: String(codec.usual[form.quality || "final"]) };
  if (name === "control" && value === "bitrate" && !form.bitrate) return { ...next, bitrate: USUAL_KBITS };
  if (name === "codec" && !codec.presets.includes(form.preset)) return { ...next, preset: "" };
  return next;
}

const texts = ({ width, height }) => ({ width: String(width), height: String(height) });

/** The project that a form describes, {aspect_ratio, settings} without what is the default, and what is `wrong`, by field. */
export function readForm(form) {
  const wrong = {};
  const applies = new Map(FIELDS.map((field) => [field.name, field.when(form)]));
  /** The value of a field, or undefined where it does not apply or is at fault. */
  const of = (name, read = (value) => value || undefined) => {
    if (!applies.get(name)) return undefined;
    try {
      return read(form[name]);
    } catch (problem) {
      wrong[name] = problem.message;
      return undefined;
    }
  };
  const { size, ...canvas } = canvasIn(form, of);
  const settings = { canvas: { ...size, ...canvas }, audio: audioIn(of), encode: encodeIn(form, of), transition: transitionIn(form, of), damage: of("damage") };
  checkTogether(form, size, wrong);
  return { project: { aspect_ratio: form.aspect_ratio, settings: withoutEmpty(settings) }, wrong };
}

function canvasIn(form, of) {
  const own = form.size === OWN ? { width: of("width", side), height: of("height", side) } : null;
  const usual = form.size && form.size !== OWN ? sized(form.aspect_ratio, Number(form.size)) : {};
  return { size: own ?? usual, fps: form.fps === OWN ? of("fps_own", rate) : of("fps"), fit: of("fit"), fill: form.fill === OWN ? of("colour", colour) : of("fill") };
}

function audioIn(of) {
  const loudness = of("loudness") && { target: of("target", within(limits.LOWEST_LOUDNESS, limits.HIGHEST_LOUDNESS, "LUFS")), true_peak: of("true_peak", within(limits.LOWEST_PEAK, limits.HIGHEST_PEAK, "dBTP")) };
  return { include: of("include", (on) => (on ? undefined : false)), stretch: of("stretch"), loudness };
}

function encodeIn(form, of) {
  const { crf, whole } = CODECS[form.codec || DEFAULT_CODEC];
  const sound = of("audio_bitrate", bits(limits.FEWEST_SOUND_KBITS, limits.MOST_SOUND_KBITS));
  return {
    codec: of("codec"), quality: of("quality"), preset: of("preset"), crf: of("crf", within(0, crf, "", whole)),
    bitrate: of("bitrate", bits(limits.FEWEST_KBITS, limits.MOST_KBITS)), audio_bitrate: sound === `${limits.DEFAULT_SOUND_KBITS}k` ? undefined : sound,
  };
}

function transitionIn(form, of) {
  if (!form.transition) return undefined;
  const through = of("through", colour);
  return { type: form.transition, duration: of("seconds", within(0.01, 3600, "s")), colour: through === DEFAULTS.through ? undefined : through, audio_curve: of("curve") };
}

/** What two fields must not say together. */
function checkTogether(form, { width, height }, wrong) {
  if (form.size === OWN && width && height && Math.abs(width / height / proportion(form.aspect_ratio) - 1) > limits.SAME_SHAPE) {
    wrong.height = `${width} × ${height} is not ${form.aspect_ratio}: change a side, or the aspect ratio`;
  }
  if (!form.include && !HOLDS("picture")(form)) wrong.include = "This codec holds sound alone: keep the sound, or choose another codec";
}

/** Reads a number between bounds. */
function within(low, high, unit, whole = false) {
  return (text) => {
    const number = readNumber(text, unit);
    if (number < low || number > high) throw new Error(`From ${low} to ${high}${unit ? ` ${unit}` : ""}`);
    if (whole && !Number.isInteger(number)) throw new Error("A whole number");
    return number;
  };
}

function side(text) {
  const number = within(limits.SHORTEST_SIDE, limits.LONGEST_SIDE, "px")(text);
  if (number % 2) throw new Error("An even number");
  return number;
}

const bits = (low, high) => (text) => `${within(low, high, "kbit/s", true)(text)}k`;

const RATE = /^(\d{1,9})(?:\/(0*[1-9]\d{0,8})|\.(\d{1,6}))?$/;

function rate(text) {
  const written = text.trim().replace(",", ".");
  const [, whole, under, decimals = ""] = RATE.exec(written) ?? [];
  if (whole === undefined) throw new Error("Write it as 48, 29.97 or 30000/1001");
  if (quotient(written) < limits.FEWEST_FPS || quotient(written) > limits.MOST_FPS) throw new Error(`From ${limits.FEWEST_FPS} to ${limits.MOST_FPS}`);
  const terms = under ? [Number(whole), Number(under)] : [Number(whole + decimals), 10 ** decimals.length];
  if (Math.max(...terms) / common(...terms) > limits.MOST_RATE_TERM) throw new Error("Too many digits for an exact rate");
  return written;
}

const common = (one, other) => (other ? common(other, one % other) : one);

function colour(text) {
  if (!COLOUR.test(text)) throw new Error("Write it as #rrggbb");
  return text.toLowerCase();
}

/** An object without what is undefined or empty. */
function withoutEmpty(value) {
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).map(([name, each]) => [name, withoutEmpty(each)]);
  return Object.fromEntries(kept.filter(([, each]) => each !== undefined && !(typeof each === "object" && Object.keys(each).length === 0)));
}

/** The command that makes the project what a form says; null if it says nothing new. `pictures` as in `reshaped`. */
export function commandOf(before, form, pictures) {
  const { project } = readForm(form);
  if (same(form, formOf(before))) return null;
  const shape = (of) => canvasOf(of).width / canvasOf(of).height;
  return shape(before) === shape(project) ? { do: "set-project", project } : { do: "reshape", project, pictures };
}

/** The settings by which one export differs from its project, a null for each that has its default there; null for none. */
export function exportSettings(before, form) {
  const theirs = readForm(formOf(before)).project.settings;
  const { settings } = readForm(form).project;
  const found = {};
  for (const part of ["canvas", "audio", "encode"]) {
    const [old, own] = [theirs[part] ?? {}, settings[part] ?? {}];
    const names = [...new Set([...Object.keys(old), ...Object.keys(own)])].filter((name) => !same(old[name], own[name]));
    if (names.length) found[part] = Object.fromEntries(names.map((name) => [name, own[name] ?? null]));
  }
  return Object.keys(found).length ? found : null;
}
