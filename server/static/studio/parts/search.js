/** Search of lists by name. Pure functions. */

/** A text without case and accents. */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Those of `all` whose name has every word of the query, in any order; all of them for an empty query. */
export function matching(all, query, nameOf = (each) => each.name) {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return all.filter((each) => {
    const name = plain(nameOf(each));
    return words.every((word) => name.includes(word));
  });
}
