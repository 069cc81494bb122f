/** Prints how far the page's fade curves are from the sounds that ffmpeg faded: {curve: worst}. */
import { readFileSync } from "node:fs";
import { CURVES } from "../../server/static/studio/edit/fades.js";

const { folder, samples } = JSON.parse(process.argv[2]);
const worst = ([name, curve]) => {
  const bytes = readFileSync(`${folder}/${name}`);
  const off = Array.from({ length: samples }, (_, n) => Math.abs(curve(n / samples) - bytes.readDoubleLE(8 * n)));
  return [name, Math.max(...off)];
};
console.log(JSON.stringify(Object.fromEntries(Object.entries(CURVES).map(worst))));
