"""Finds the frames that do not decode whole. Runs in the probe child."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import takewhile
from typing import Any

from compiler.supervise.straight_picture import Decoded
from compiler.supervise.straighten import packets

Range = tuple[Fraction, Fraction]

MOST_PLACES = 40
"""Places of damage that are decoded when a file is probed; a file with more is damaged all over."""

AFTER = 2
"""Key frames after a damaged packet up to which frames are decoded."""


def held_ranges(path: str, video: Mapping[str, Any], first: Fraction, until: Fraction) -> list[Range]:
    """The source times in [first, until) at which the frame before is held, by decoding that part of the file."""
    time_base = video["time_base"]
    low, high = first / time_base, until / time_base
    entry = next((e for e in reversed(video["entries"]) if e[0] <= low), None)
    stop = next((e[3] for e in video["entries"] if e[0] > high), None)
    return list(_joined(_looked_at(path, video, entry, stop), time_base, low, high))


def held_near(path: str, video: Mapping[str, Any], damaged: list[int]) -> list[Range]:
    """The source times at which the frame before is held, near packets of these numbers."""
    found: list[Range] = []
    done = -1
    for number in damaged[:MOST_PLACES]:
        if number < done:
            continue
        entry = next((e for e in reversed(video["entries"]) if e[3] <= number), None)
        after = [e for e in video["entries"] if e[3] > number][:AFTER]
        done = after[-1][3] if len(after) == AFTER else 1 << 62
        looked = _looked_at(path, video, entry, done)
        low = Fraction(entry[0]) if entry else Fraction(0)
        found += _joined(looked, video["time_base"], low, Fraction(after[-1][0]) if after else Fraction(1 << 62))
    return found


def _looked_at(
    path: str, video: Mapping[str, Any], entry: tuple[int, ...] | None, stop: int | None
) -> list[tuple[int, bool]]:
    """The frames from an entry up to the packet of number `stop`: their ticks, and whether they are whole."""
    spec = {
        "path": path,
        "stream": video["index"],
        "enter": entry and {"stamp": entry[1], "position": entry[2], "number": entry[3]},
        "jumps": video["jumps"],
        "zero": round(video["first"] / video["time_base"]),
        "changes": [tick for tick, _ in video.get("shapes", ())],
        "keyed": len(video["entries"]) > 1,
        "unstamped": False,
        "strict": False,
    }
    zero = spec["zero"]
    frames = Decoded(spec).frames(takewhile(lambda numbered: stop is None or numbered[0] < stop, packets(spec)))
    return sorted((tick - zero, frame is not None) for tick, frame in frames if tick is not None)


def _joined(frames: list[tuple[int, bool]], time_base: Fraction, low: Fraction, high: Fraction) -> Iterator[Range]:
    """The ranges of frames that are not whole, each up to the next whole one."""
    begun: int | None = None
    seen = False
    for tick, whole in frames:
        seen = seen or whole
        if not seen or not low <= tick < high:
            continue
        if not whole and begun is None:
            begun = tick
        elif whole and begun is not None:
            yield begun * time_base, tick * time_base
            begun = None
    if begun is not None:
        last = max(tick for tick, _ in frames)
        yield begun * time_base, (last + 1) * time_base
