/** Numbers as people type them: a decimal point or comma, a sign, and the field's unit after it. */

const WRITTEN = /^([+\-−]?(?:\d+(?:[.,]\d*)?|[.,]\d+))\s*(\S*)$/;
/** Other ways to write a unit. */
const ALSO = { "×": ["x"], "°": ["deg"], s: ["sec", "seconds"] };

/** The number of a text; throws the reason, for people, if it is none. @param {string} text @param {string} unit */
export function readNumber(text, unit = "") {
  const [, number, written] = WRITTEN.exec(text.trim()) ?? [];
  if (number === undefined || !["", unit, ...(ALSO[unit] ?? [])].includes(written.toLowerCase())) throw new Error(`Not a number: “${text.trim()}”`);
  return Number(number.replace("−", "-").replace(",", "."));
}
