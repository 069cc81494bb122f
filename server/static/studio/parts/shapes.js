/** The shapes of films that the server makes, with the pixels of their canvas. */
export const SHAPES = [
  { ratio: "9:16", name: "Tall", width: 1080, height: 1920 },
  { ratio: "4:5", name: "Portrait", width: 1080, height: 1350 },
  { ratio: "1:1", name: "Square", width: 1080, height: 1080 },
  { ratio: "4:3", name: "Classic", width: 1440, height: 1080 },
  { ratio: "16:9", name: "Wide", width: 1920, height: 1080 },
];
export const DEFAULT_RATIO = "9:16";

/** A shape's width over its height. */
export function proportion(ratio) {
  const [width, height] = ratio.split(":").map(Number);
  return width / height;
}

/** The width and height, as CSS, of an icon of a shape that fits a square of `side` pixels. */
export function sign(ratio, side = 20) {
  const across = proportion(ratio);
  return across < 1 ? { width: `${Math.round(side * across)}px`, height: `${side}px` } : { width: `${side}px`, height: `${Math.round(side / across)}px` };
}
