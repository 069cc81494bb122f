/** The encodings of films, as the compiler has them; tests/studio/test_shared.py compares them. */

const X26 = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"];
const AV1 = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"];

/**
 * Every codec: its name for people, its presets, its largest constant rate factor, those of its qualities, and whether they are
 * whole numbers, whether it has named qualities, pictures, sound, and a bitrate of the sound.
 */
export const CODECS = {
  h264: { title: "H.264 in MP4", presets: X26, crf: 51, usual: { final: 20, draft: 28 }, whole: false, qualities: true, picture: true, sound: true, rated: true },
  h265: { title: "H.265 in MP4", presets: X26, crf: 51, usual: { final: 23, draft: 30 }, whole: false, qualities: true, picture: true, sound: true, rated: true },
  av1: { title: "AV1 in MP4", presets: AV1, crf: 63, usual: { final: 30, draft: 40 }, whole: true, qualities: true, picture: true, sound: true, rated: true },
  prores: { title: "ProRes 422 in MOV", presets: [], crf: null, usual: {}, whole: false, qualities: true, picture: true, sound: true, rated: false },
  gif: { title: "GIF, without sound", presets: [], crf: null, usual: {}, whole: false, qualities: false, picture: true, sound: false, rated: false },
  webp: { title: "Animated WebP, without sound", presets: [], crf: null, usual: {}, whole: false, qualities: true, picture: true, sound: false, rated: false },
  m4a: { title: "AAC in M4A, sound alone", presets: [], crf: null, usual: {}, whole: false, qualities: false, picture: false, sound: true, rated: true },
  wav: { title: "WAV, sound alone", presets: [], crf: null, usual: {}, whole: false, qualities: false, picture: false, sound: true, rated: false },
};
export const DEFAULT_CODEC = "h264";

/** The curves by which the sound fades in a transition. */
export const CURVES = {
  tri: "Linear", qsin: "Quarter sine", hsin: "Half sine", esin: "Exponential sine", log: "Logarithm", ipar: "Inverted parabola",
  qua: "Quadratic", cub: "Cubic", squ: "Square root", cbr: "Cube root", par: "Parabola", exp: "Exponential",
  iqsin: "Inverted quarter sine", ihsin: "Inverted half sine", dese: "Double exponential seat", desi: "Double exponential sigmoid",
  losi: "Logistic sigmoid", sinc: "Sine cardinal", isinc: "Inverted sine cardinal",
};
export const DEFAULT_CURVE = "tri";
