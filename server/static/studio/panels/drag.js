/** Dragging by interact.js: the beginning, the moves, the end of a drag, and its cancelling by Escape. */

import { interact, useEffect, useRef } from "../parts/vendor.js";
import { endMerge } from "../edit/store.js";

let running = /** @type {{cancel: () => void} | null} */ (null);
let counted = 0;

/**
 * Make elements within `ref` that match `selector`, or the element of `ref` itself, draggable.
 *
 * `start(event)` returns a value for the other handlers, or null for no drag. `move(event, known)` gets `dx` and `dy` since
 * the start; `merge`, the key under which its commands are one undo step; and whether Alt is held. `end(known)` is always
 * called, after `cancel(known)` if Escape cancelled the drag.
 */
export function useDrag(ref, handlers, selector = null) {
  const newest = useRef(handlers);
  newest.current = handlers;
  const bound = useRef(null);
  useEffect(() => {
    // The element is compared here, not in the list of dependencies: that one is made before a ref is set, so the second
    // rendering, in the midst of the first drag, would bind the same element anew and end the drag.
    if (bound.current?.element === ref.current) return;
    bound.current?.target.unset();
    bound.current = ref.current && { element: ref.current, target: interact(...(selector ? [selector, { context: ref.current }] : [ref.current])) };
    bound.current?.target.draggable({ listeners: listenersOf(newest), cursorChecker: () => "" });
  });
  useEffect(() => () => bound.current?.target.unset(), []);
}

function listenersOf(newest) {
  let known = null;
  let merge = "";
  const over = () => {
    const ended = known;
    [running, known] = [null, null];
    endMerge();
    newest.current.end?.(ended);
  };
  return {
    start(event) {
      merge = `drag ${(counted += 1)}`;
      known = newest.current.start(event);
      if (known === null) return event.interaction.stop();
      running = {
        cancel() {
          newest.current.cancel?.(known, merge);
          event.interaction.stop(); // without an event for its end
          over();
        },
      };
    },
    move(event) {
      if (known === null) return;
      const [dx, dy] = [event.clientX - event.clientX0, event.clientY - event.clientY0];
      newest.current.move({ dx, dy, merge, alt: event.altKey, shift: event.shiftKey, clientX: event.clientX }, known);
    },
    end() {
      if (known !== null) over();
    },
  };
}

/** Cancel the current drag; false if there is none. */
export function cancelDrag() {
  if (!running) return false;
  running.cancel();
  return true;
}
