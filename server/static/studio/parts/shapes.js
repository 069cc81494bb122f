/** The shapes of films that the server makes. */
export const SHAPES = [
  { ratio: "9:16", name: "Tall", for: "phones, stories" },
  { ratio: "4:5", name: "Portrait", for: "feeds" },
  { ratio: "1:1", name: "Square", for: "feeds" },
  { ratio: "4:3", name: "Classic", for: "old screens" },
  { ratio: "16:9", name: "Wide", for: "screens, players" },
];

/** A shape's width over its height. */
export function proportion(ratio) {
  const [width, height] = ratio.split(":").map(Number);
  return width / height;
}

/** Width and height in pixels of a sign of a shape that fits a square. */
export function sign(ratio, side = 20) {
  const across = proportion(ratio);
  return across < 1 ? { width: `${Math.round(side * across)}px`, height: `${side}px` } : { width: `${side}px`, height: `${Math.round(side / across)}px` };
}
