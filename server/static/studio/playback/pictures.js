/**
 * The picture of a video that is on screen, and seeks to another.
 *
 * Browsers report pictures as well as they can (requestVideoFrameCallback is “best effort”): a picture that comes up
 * between two calls is not reported, and a paused video shows no other. A picture that was not reported is sought again.
 */

/** Frames of the screen to wait for the report of a picture after its seek; doubled each time there was none. */
const PATIENCE = 2;
/** Seconds to seek aside, within the same picture: Chromium ignores a seek to the current time. */
const ASIDE = 1e-4;
/** Seconds by which a video may miss the time of its seek: browsers round to microseconds. */
const THERE = 1e-5;

/**
 * Report every picture of a video that comes on screen to `onPicture`, until it is stopped.
 *
 * All times are seconds after the video's first picture, whatever time the media gives that one.
 *
 * @param {HTMLVideoElement} element
 * @param {(at: number) => void} onPicture
 */
export function pictures(element, onPicture) {
  /** The first picture's time in the media; null until it is known. */
  let offset = /** @type {number | null} */ (null);
  /** The newest seek that was asked for during another: it is done after that one. */
  let wanted = /** @type {number | null} */ (null);
  /** When the newest seek was begun, milliseconds; whether the report of its picture is missing. */
  let [began, missing] = [0, true];
  let [call, waiting, patience, aside] = [0, 0, PATIENCE, ASIDE];

  const present = (/** @type {number} */ _, /** @type {VideoFrameCallbackMetadata} */ { mediaTime, presentationTime }) => {
    call = element.requestVideoFrameCallback(present);
    offset ??= mediaTime;
    if (presentationTime >= began) missing = false; // an earlier picture belongs to the seek before
    onPicture(mediaTime - offset);
  };
  const away = (/** @type {number} */ at) => Math.abs(element.currentTime - at - offset) > THERE;
  /** @param {number} time of the media */
  const go = (time) => {
    [began, missing] = [performance.now(), true];
    element.currentTime = time;
  };
  const again = () => {
    if (!missing || element.seeking) return;
    if (!element.paused) return wait(patience); // the next picture comes by itself
    patience *= 2;
    go(element.currentTime + aside);
    aside = -aside;
  };
  const wait = (/** @type {number} */ frames) => {
    waiting = requestAnimationFrame(() => (frames > 1 ? wait(frames - 1) : again()));
  };
  const done = () => {
    cancelAnimationFrame(waiting);
    const at = wanted;
    wanted = null;
    if (at !== null && away(at)) go(at + offset);
    else wait(patience);
  };

  call = element.requestVideoFrameCallback(present);
  element.addEventListener("loadeddata", done);
  element.addEventListener("seeked", done);
  return {
    /** Show the picture at a time; does nothing before the first picture was reported, as times are not known yet. @param {number} at */
    seek(at) {
      if (offset === null) return;
      patience = PATIENCE;
      if (element.seeking) wanted = at;
      else if (away(at)) go(at + offset);
    },
    /** The time of the video, or the one it will have after its seeks. */
    at: () => wanted ?? element.currentTime - (offset ?? 0),
    /** Release the element and its data: a browser keeps both for a while after the element left the page. */
    stop() {
      element.cancelVideoFrameCallback(call);
      cancelAnimationFrame(waiting);
      element.removeEventListener("loadeddata", done);
      element.removeEventListener("seeked", done);
      element.removeAttribute("src");
      element.load();
    },
  };
}
