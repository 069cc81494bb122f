/**
 * Which picture of a video is on screen, and going to another.
 *
 * Browsers tell of pictures as well as they can (requestVideoFrameCallback is “best effort”): one that comes up between
 * two calls is not told of, and a video that stands still shows no other. A picture that was not told of is sought again.
 */

/** Frames of the screen in which a picture is told of once its seek is done; twice as many each time it was not. */
const PATIENCE = 2;
/** Seconds aside, within the same picture: Chromium shows nothing anew for a seek to where the video is. */
const ASIDE = 1e-4;
/** Seconds within which a video is where it was sent: browsers round to microseconds. */
const THERE = 1e-5;

/**
 * Tell of every picture of a video that comes on screen, until it is stopped.
 *
 * All times are seconds after the video's first picture, whatever the media's own clock says of that one.
 *
 * @param {HTMLVideoElement} element
 * @param {(at: number) => void} onPicture
 */
export function pictures(element, onPicture) {
  /** The first picture's time on the media's own clock; null until it is known. */
  let offset = /** @type {number | null} */ (null);
  /** The newest of the seeks that came while another was under way: it is done after that one. */
  let wanted = /** @type {number | null} */ (null);
  /** When the newest seek was begun, milliseconds; whether its picture is still to be told of. */
  let [began, missing] = [0, true];
  let [call, waiting, patience, aside] = [0, 0, PATIENCE, ASIDE];

  const present = (/** @type {number} */ _, /** @type {VideoFrameCallbackMetadata} */ { mediaTime, presentationTime }) => {
    call = element.requestVideoFrameCallback(present);
    offset ??= mediaTime;
    if (presentationTime >= began) missing = false; // one that was on screen before is of the seek before
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
    /** Show the picture of a time. Before the first one was told of, times are not known yet: then nothing is done. @param {number} at */
    seek(at) {
      if (offset === null) return;
      patience = PATIENCE;
      if (element.seeking) wanted = at;
      else if (away(at)) go(at + offset);
    },
    /** Where the video is, or will be once its seeks are done. */
    at: () => wanted ?? element.currentTime - (offset ?? 0),
    /** Let go of the element and of what it has loaded: a browser keeps both for a while after it left the page. */
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
