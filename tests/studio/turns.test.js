import assert from "node:assert/strict";
import { test } from "node:test";
import { boxAfter, keysAfter, looksOf, matrixOf, sizeAfter, turnedLooks } from "../../server/static/studio/edit/turns.js";

const WIDE = { width: 1920, height: 1080 };
const PLAIN = looksOf({});
const RATIO = 9 / 16;
const ALL = [0, 90, 180, 270].flatMap((turn) => [false, true].map((mirror) => ({ turn, mirror, rotation: 2.5 })));

/** Where a point of the untouched picture comes to be, in pixels from the middle, y downwards. */
const seen = (looks, [x, y]) => {
  const [a, b, c, d] = matrixOf(looks);
  return [a * x + c * y, b * x + d * y].map((each) => Math.round(each * 1e6) / 1e6 + 0);
};

test("four turns are none, and so are two mirrors and a turn there and back", () => {
  for (const looks of ALL) {
    for (const ways of [["right", "right", "right", "right"], ["left", "left", "left", "left"], ["mirror", "mirror"], ["left", "right"]]) {
      assert.deepEqual(ways.reduce(turnedLooks, looks), looks);
    }
  }
});

test("a turn is clockwise on screen, also of a mirrored picture, and a mirror exchanges left and right there", () => {
  for (const looks of ALL) {
    const [x, y] = seen(looks, [3, 1]);
    assert.deepEqual(seen(turnedLooks(looks, "right"), [3, 1]), [-y + 0, x]);
    assert.deepEqual(seen(turnedLooks(looks, "left"), [3, 1]), [y, -x + 0]);
    assert.deepEqual(seen(turnedLooks(looks, "mirror"), [3, 1]), [-x + 0, y]);
  }
});

test("the order is turn, mirror, straighten", () => {
  assert.deepEqual(seen({ turn: 90, mirror: false, rotation: 0 }, [3, 1]), [-1, 3]);
  assert.deepEqual(seen({ turn: 90, mirror: true, rotation: 0 }, [3, 1]), [1, 3]);
  const [x, y] = seen({ turn: 0, mirror: true, rotation: 90 }, [3, 1]); // counter-clockwise, y downwards
  assert.deepEqual([x, y], [1, 3]);
});

test("a box frames the same part of the picture with any looks", () => {
  const box = { x: 100, y: 50, width: 400, height: 300 };
  const middle = (one, size) => [one.x + one.width / 2 - size.width / 2, one.y + one.height / 2 - size.height / 2];
  for (const looks of ALL.map((each) => ({ ...each, rotation: 0 }))) {
    const size = sizeAfter(WIDE, PLAIN, looks);
    const turned = boxAfter(box, WIDE, PLAIN, looks);
    assert.deepEqual(middle(turned, size), seen(looks, middle(box, WIDE)));
    assert.deepEqual([turned.width, turned.height], looks.turn % 180 ? [300, 400] : [400, 300]);
    assert.deepEqual(boxAfter(turned, size, looks, PLAIN), box);
    for (const other of ALL.map((each) => ({ ...each, rotation: 0 }))) {
      assert.deepEqual(boxAfter(turned, size, looks, other), boxAfter(box, WIDE, PLAIN, other));
    }
  }
});

const KEYS = [
  { frame: 0, x: 656.25, y: 0, width: 607.5, height: 1080, ease: "smooth" },
  { frame: 30, x: 1000, y: 200, width: 270, height: 480 },
];
const RIGHT = turnedLooks(PLAIN, "right");

test("a crop of the film's aspect ratio keeps it: the smallest box around the framed part, within the picture", () => {
  const [whole, inner] = keysAfter(KEYS, WIDE, PLAIN, RIGHT, RATIO);
  assert.deepEqual(whole, { frame: 0, x: 0, y: 0, width: 1080, height: 1920, ease: "smooth" });
  const part = boxAfter(KEYS[1], WIDE, PLAIN, RIGHT); // 480 wide, 270 high
  assert.deepEqual([inner.width, inner.height], [480, 853.333]);
  assert.equal(inner.frame, 30);
  assert.ok(inner.x <= part.x && inner.x + inner.width >= part.x + part.width);
  assert.ok(inner.y <= part.y && inner.y + inner.height >= part.y + part.height);
  for (const { x, y, width, height } of [whole, inner]) assert.ok(x >= 0 && y >= 0 && x + width <= 1080 && y + height <= 1920);
});

test("a mirror and a half turn keep each box to the pixel; other shapes turn with the picture", () => {
  const mirrored = turnedLooks(PLAIN, "mirror");
  assert.deepEqual(keysAfter(KEYS, WIDE, PLAIN, mirrored, RATIO)[1], { frame: 30, x: 650, y: 200, width: 270, height: 480 });
  const half = ["right", "right"].reduce(turnedLooks, PLAIN);
  assert.deepEqual(keysAfter(KEYS, WIDE, PLAIN, half, RATIO)[1], { frame: 30, x: 650, y: 400, width: 270, height: 480 });
  const banner = [{ frame: 0, x: 0, y: 100, width: 1920, height: 500 }];
  assert.deepEqual(keysAfter(banner, WIDE, PLAIN, RIGHT, RATIO)[0], { frame: 0, x: 480, y: 0, width: 500, height: 1920 });
});

test("crops that were turned there and back from the same crops are those crops", () => {
  const there = ["right", "right", "right", "right"].reduce(turnedLooks, PLAIN);
  assert.deepEqual(keysAfter(KEYS, WIDE, PLAIN, there, RATIO), KEYS);
  assert.deepEqual(keysAfter(KEYS, WIDE, PLAIN, ["mirror", "mirror"].reduce(turnedLooks, PLAIN), RATIO), KEYS);
});
