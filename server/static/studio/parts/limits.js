/** Numbers and words that the page shares with the server and the compiler; tests/studio/test_shared.py compares them. */

/** Source seconds that a second of the film may take: as slow and as fast as a span may be. */
export const SLOWEST = 0.1;
export const FASTEST = 16;
/** Seconds for which one picture may be held. */
export const LONGEST_HOLD = 3600;
/** Degrees of rotation, to either side. */
export const LARGEST_ROTATION = 20;
/** Seconds of a tick, by which the facts say that a file is a still image. */
export const STILL_TICK = 1000;
/** Decibels of a clip's sound. */
export const QUIETEST = -60;
export const LOUDEST = 20;
/** Characters of a name. */
export const NAME_LENGTH = 200;

/** A frame that begins by this much of a record frame before the middle of a slot is shown in it. */
export const SLOT_BIAS = 0.001;

/** The form in which `segments_data` is written. */
export const SEGMENTS_VERSION = 2;
export const DEFAULT_FPS = "30";
export const DEFAULT_EASE = "spline";
export const DEFAULT_RAMP_EASE = "linear";
