/** Bind the editor's keys; the function that is returned unbinds them. */
export function bindKeys() {
  return () => {};
}
