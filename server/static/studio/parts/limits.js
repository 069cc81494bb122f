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

/** Frames a second of a film. */
export const FEWEST_FPS = 1;
export const MOST_FPS = 240;
/** The largest numerator or denominator of a rate. */
export const MOST_RATE_TERM = 1001000;
/** Pixels of a side of a film; it is even. */
export const SHORTEST_SIDE = 16;
export const LONGEST_SIDE = 8192;
/** How far a film's sides may be from its aspect ratio, as a share. */
export const SAME_SHAPE = 0.01;
/** LUFS of a film, and dBTP of its true peak. */
export const LOWEST_LOUDNESS = -40;
export const HIGHEST_LOUDNESS = -5;
export const DEFAULT_LOUDNESS = -16;
export const LOWEST_PEAK = -9;
export const HIGHEST_PEAK = 0;
export const DEFAULT_PEAK = -1;
/** Kilobits a second of a film's picture and of its sound. */
export const FEWEST_KBITS = 50;
export const MOST_KBITS = 500000;
export const FEWEST_SOUND_KBITS = 32;
export const MOST_SOUND_KBITS = 512;
export const DEFAULT_SOUND_KBITS = 192;
