/** What this browser keeps for the pages. A browser that keeps nothing for pages answers null, and the pages go on. */

/** The text under a name of the area, "localStorage" or "sessionStorage"; null if there is none. */
export function kept(area, name) {
  try {
    return globalThis[area].getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text, or forget it if it is null; false if the browser does not keep it, for want of room or at all. */
export function keep(area, name, text) {
  try {
    if (text === null) globalThis[area].removeItem(name);
    else globalThis[area].setItem(name, text);
    return true;
  } catch {
    return false;
  }
}
