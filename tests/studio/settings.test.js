import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf, commandOf, DEFAULTS, exportSettings, EXPORT_FIELDS, FIELDS, formOf, readForm, withField } from "../../server/static/studio/edit/settings.js";

const project = (settings = {}, aspect_ratio = "9:16") => ({ id: "p", name: "P", aspect_ratio, settings });
const written = (settings, ratio) => readForm(formOf(project(settings, ratio)));
const changed = (before, ...fields) => fields.reduce((form, [name, value]) => withField(form, name, value), formOf(before));
const wrong = (...fields) => readForm(changed(project(), ...fields)).wrong;

const WHOLE = {
  canvas: { width: 1080, height: 1918, fps: "48", fit: "contain", fill: "#336699" },
  audio: { stretch: "varispeed", loudness: { target: -14, true_peak: -2 } },
  encode: { codec: "h265", quality: "draft", preset: "slow", crf: 18.5, audio_bitrate: "128k" },
  transition: { type: "fade", duration: 0.8, colour: "#ffffff", audio_curve: "qsin" },
  damage: "refuse",
};

test("a project without settings is a form of defaults, and the other way round", () => {
  assert.deepEqual(formOf(project()), DEFAULTS);
  assert.deepEqual(readForm(DEFAULTS), { project: { aspect_ratio: "9:16", settings: {} }, wrong: {} });
});

test("every setting that is stored is read and written", () => {
  const { fit, ...canvas } = WHOLE.canvas;
  assert.deepEqual(written(WHOLE), { project: { aspect_ratio: "9:16", settings: { ...WHOLE, canvas } }, wrong: {} });
  assert.equal(fit, "contain");
  for (const settings of [
    { canvas: { fps: "source", fit: "cover" } }, { canvas: { fill: "blur" } }, { canvas: { fps: "30000/1001", width: 720, height: 1280 } },
    { audio: { include: false } }, { audio: { stretch: "mute" } }, { encode: { codec: "prores", quality: "draft" } }, { encode: { bitrate: "8000k" } },
    { encode: { codec: "gif" } }, { encode: { codec: "wav" } }, { encode: { codec: "av1", preset: "4", crf: 30 } }, { transition: { type: "dissolve", duration: 1 } },
  ]) assert.deepEqual(written(settings), { project: { aspect_ratio: "9:16", settings }, wrong: {} });
});

test("other spellings of a setting mean the same", () => {
  assert.deepEqual(formOf(project({ canvas: { width: 1080, height: 1920, fps: 30 } })), DEFAULTS);
  assert.equal(formOf(project({ canvas: { fps: 29.97 } })).fps, "30000/1001");
  assert.equal(formOf(project({ encode: { bitrate: "8M" } })).bitrate, "8000");
  assert.deepEqual(formOf(project({ canvas: null, audio: null, encode: null, transition: null, damage: null })), DEFAULTS);
  assert.equal(formOf(project({ canvas: { aspect_ratio: "1:1" } })).aspect_ratio, "1:1");
});

test("what is typed wrong is said at its field", () => {
  assert.match(wrong(["size", "own"], ["width", "71"]).width, /even/);
  assert.match(wrong(["size", "own"], ["width", "abc"]).width, /Not a number: “abc”/);
  assert.match(wrong(["size", "own"], ["width", "9000"]).width, /From 16 to 8192 px/);
  assert.match(wrong(["size", "own"], ["width", "1920"]).height, /1920 × 1920 is not 9:16/);
  assert.match(wrong(["fps", "own"], ["fps_own", "fast"]).fps_own, /30000\/1001/);
  assert.match(wrong(["fps", "own"], ["fps_own", "241"]).fps_own, /From 1 to 240/);
  assert.match(wrong(["fps", "own"], ["fps_own", "29.123457"]).fps_own, /digits/);
  assert.match(wrong(["loudness", true], ["target", "0"]).target, /From -40 to -5 LUFS/);
  assert.match(wrong(["control", "crf"], ["crf", "52"]).crf, /From 0 to 51/);
  assert.match(wrong(["codec", "av1"], ["control", "crf"], ["crf", "30.5"]).crf, /whole/);
  assert.match(wrong(["control", "bitrate"], ["bitrate", "1"]).bitrate, /From 50 to 500000 kbit/);
  assert.match(wrong(["transition", "dissolve"], ["seconds", "0"]).seconds, /From 0.01/);
  assert.match(wrong(["codec", "wav"], ["include", false]).include, /sound alone/);
  assert.deepEqual(wrong(["width", "abc"], ["crf", "1000"]), {}); // they do not apply
});

test("a field that begins to apply has a value", () => {
  const own = changed(project({ canvas: { width: 720, height: 1280 } }), ["size", "own"], ["fps", "own"], ["control", "crf"]);
  assert.deepEqual([own.width, own.height, own.fps_own, own.crf], ["720", "1280", "30", "20"]);
  assert.deepEqual(readForm(changed(project(), ["size", "own"], ["control", "bitrate"])).wrong, {});
  assert.equal(changed(project({ encode: { preset: "slow" } }), ["codec", "av1"]).preset, "");
});

test("what has no effect with a codec is not written", () => {
  const { settings } = readForm(changed(project(WHOLE), ["codec", "prores"])).project;
  assert.deepEqual(settings.encode, { codec: "prores", quality: "draft" });
});

test("another aspect ratio keeps the class of the size, and refits", () => {
  const before = project({ canvas: { width: 720, height: 1280 } });
  const command = commandOf(before, changed(before, ["aspect_ratio", "16:9"]), { a: { width: 1, height: 1 } });
  assert.deepEqual(command, { do: "reshape", project: { aspect_ratio: "16:9", settings: { canvas: { width: 1280, height: 720 } } }, pictures: { a: { width: 1, height: 1 } } });
});

test("another aspect ratio keeps the shorter side of a size of one's own", () => {
  const before = project({ canvas: { width: 90, height: 160 } });
  const form = changed(before, ["aspect_ratio", "16:9"]);
  assert.deepEqual([form.width, form.height, readForm(form).wrong], ["160", "90", {}]);
});

test("other settings refit nothing, and the same ones are no command", () => {
  assert.deepEqual(commandOf(project(), changed(project(), ["fps", "60"]), {}), { do: "set-project", project: { aspect_ratio: "9:16", settings: { canvas: { fps: "60" } } } });
  assert.equal(commandOf(project({ canvas: { fps: 30 } }), formOf(project({ canvas: { fps: 30 } })), {}), null);
});

test("choices for one export are what differs from the project", () => {
  const before = project({ canvas: { fps: "60" }, encode: { codec: "h265", crf: 18 } });
  assert.equal(exportSettings(before, formOf(before)), null);
  const form = changed(before, ["size", "720"], ["fps", ""], ["codec", "prores"]);
  assert.deepEqual(exportSettings(before, form), { canvas: { fps: null, width: 720, height: 1280 }, encode: { codec: "prores", crf: null } });
});

test("every field has a default, choices or text, and a name", () => {
  assert.deepEqual(FIELDS.map((field) => field.name), Object.keys(DEFAULTS));
  assert.deepEqual(EXPORT_FIELDS.filter((name) => !(name in DEFAULTS)), []);
  for (const { name, label } of FIELDS) {
    assert.ok(label);
    const choices = choicesOf(name, DEFAULTS);
    if (choices) assert.ok(choices.some(([value]) => value === DEFAULTS[name]), name);
  }
});
