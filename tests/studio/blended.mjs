/** Prints how far the page's blends are from frames that ffmpeg drew: {kind: {worst, far}}; `far` counts numbers that are off by more than 2 of 255. */
import { readFileSync } from "node:fs";
import { BLENDS, blend } from "../../server/static/studio/edit/blends.js";

const { folder, width, height, frames } = JSON.parse(process.argv[2]);
const area = width * height;

/** The pixels of frame `k` of a file of planes. */
function read(name, k) {
  const bytes = readFileSync(`${folder}/${name}`).subarray(3 * area * k, 3 * area * (k + 1));
  const picture = new Float32Array(4 * area);
  for (let i = 0; i < area; i++) for (let c = 0; c < 3; c++) picture[4 * i + c] = bytes[c * area + i];
  return picture;
}

const [a, b, out] = [read("a", 0), read("b", 0), new Float32Array(4 * area)];
const found = {};
for (const kind of BLENDS) {
  let [worst, far] = [0, 0];
  for (let k = 1; k < frames; k++) {
    blend(kind, 1 - k / frames, a, b, out, { width, height, film: { width, height } });
    const drawn = read(kind, k);
    for (let i = 0; i < 4 * area; i++) {
      const off = Math.abs(out[i] - drawn[i]);
      worst = Math.max(worst, off);
      if (off > 2) far += 1;
    }
  }
  found[kind] = { worst, far };
}
console.log(JSON.stringify(found));
