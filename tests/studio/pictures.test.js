import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { pictures } from "../../server/static/studio/playback/pictures.js";

/** Callbacks that wait for the screen's next frame. */
let frames = [];
/** Milliseconds. */
let clock = 0;
globalThis.requestAnimationFrame = (call) => frames.push(call);
globalThis.cancelAnimationFrame = (number) => (frames[number - 1] = () => {});
globalThis.performance = { now: () => clock };

/** Let the screen show some frames. */
function turn(times = 1) {
  for (; times > 0; times -= 1) {
    const due = frames;
    frames = [];
    for (const call of due) call();
  }
}

/** A fake video that is loaded and paused, and does only what a test lets it do. */
function loaded() {
  const element = new EventTarget();
  let [time, called] = [0, null];
  const seen = [];
  Object.assign(element, {
    seeking: false,
    paused: true,
    sought: [],
    src: "film",
    requestVideoFrameCallback: (call) => ((called = call), 1),
    cancelVideoFrameCallback: () => (called = null),
    removeAttribute: (name) => delete element[name],
    load() {},
  });
  Object.defineProperty(element, "currentTime", {
    get: () => time,
    set(to) {
      [time, element.seeking] = [to, true];
      element.sought.push(to);
    },
  });
  return {
    element,
    seen,
    screen: pictures(element, (at) => seen.push(at)),
    /** A picture comes on screen, and the browser reports it. */
    shows(mediaTime, presentationTime = clock) {
      const call = called;
      called = null;
      call?.(clock, { mediaTime, presentationTime });
    },
    done() {
      element.seeking = false;
      element.dispatchEvent(new Event("seeked"));
    },
  };
}

beforeEach(() => ([frames, clock] = [[], 0]));

test("times count from the first picture, whatever its time in the media", () => {
  const { element, screen, seen, shows } = loaded();
  screen.seek(3);
  assert.deepEqual(element.sought, [], "times are not known yet");
  shows(0.5);
  screen.seek(2);
  assert.deepEqual([seen, element.sought, screen.at()], [[0], [2.5], 2]);
});

test("of the seeks during a seek only the newest is done", () => {
  const { element, screen, shows, done } = loaded();
  shows(0);
  for (const at of [1, 2, 3]) screen.seek(at);
  assert.deepEqual([element.sought, screen.at()], [[1], 3]);
  done();
  assert.deepEqual(element.sought, [1, 3]);
});

test("a picture that is reported is sought once", () => {
  const { element, screen, seen, shows, done } = loaded();
  shows(0);
  screen.seek(1);
  screen.seek(1);
  clock = 5;
  shows(1);
  done();
  screen.seek(1);
  turn(100);
  assert.deepEqual([seen, element.sought], [[0, 1], [1]]);
});

test("a picture that is not reported is sought again, after twice as long each time", () => {
  const { element, screen, seen, shows, done } = loaded();
  shows(0);
  screen.seek(1);
  for (const [frames, seeks] of [[2, 2], [4, 3], [8, 4]]) {
    done();
    turn(frames - 1);
    assert.equal(element.sought.length, seeks - 1);
    turn();
    assert.equal(element.sought.length, seeks);
  }
  shows(1);
  done();
  turn(100);
  assert.deepEqual([seen, element.sought], [[0, 1], [1, 1.0001, 1, 1.0001]]);
});

test("a picture of an earlier seek does not count for the newest", () => {
  const { element, screen, shows, done } = loaded();
  shows(0);
  clock = 10;
  screen.seek(1);
  shows(0.5, 9);
  done();
  turn(2);
  assert.deepEqual(element.sought, [1, 1.0001]);
});

test("the report of the first picture may be lost too", () => {
  const { element, seen, shows, done } = loaded();
  element.dispatchEvent(new Event("loadeddata"));
  turn(2);
  assert.deepEqual(element.sought, [0.0001]);
  shows(0.1);
  done();
  turn(100);
  assert.deepEqual([seen, element.sought], [[0], [0.0001]]);
});

test("a playing video is not sought: its next picture comes by itself", () => {
  const { element, screen, shows, done } = loaded();
  shows(0);
  element.paused = false;
  screen.seek(1);
  done();
  turn(100);
  assert.deepEqual(element.sought, [1]);
});

test("after stop nothing is reported or sought, and the media is released", () => {
  const { element, screen, seen, shows, done } = loaded();
  shows(0);
  screen.seek(1);
  done();
  screen.stop();
  shows(1);
  turn(100);
  assert.deepEqual([seen, element.sought, element.src], [[0], [1], undefined]);
});
