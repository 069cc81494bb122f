/** Arrow keys and modifier keys, for all panels. */

/** Steps of a slider: left and down go back. */
export const ARROWS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

/** Whether Ctrl, Alt or Meta is held: such keys belong to the editor or to the browser. Shift makes a step larger. */
export const modified = (event) => event.ctrlKey || event.metaKey || event.altKey;
