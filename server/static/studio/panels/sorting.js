/** Clips dragged to another place in a list of them. */
import { Sortable, useEffect } from "../parts/vendor.js";
import { dispatch } from "../edit/store.js";

/**
 * Let the children of an element, each with `data-clip`, be dragged by what matches `handle`; `more` are options of
 * Sortable. It moves elements: they are put back where they were, and the page draws the new order.
 */
export function useSorting(ref, handle, more = {}) {
  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const sorting = Sortable.create(ref.current, {
      handle, animation: still ? 0 : 120, delay: 200, delayOnTouchOnly: true, ...more,
      onEnd({ item, oldIndex, newIndex, from }) {
        from.removeChild(item);
        from.insertBefore(item, from.children[oldIndex] ?? null);
        if (oldIndex !== newIndex) dispatch({ do: "move-clip", clip_id: item.dataset.clip, to: newIndex });
      },
    });
    return () => sorting.destroy();
  }, []);
}
