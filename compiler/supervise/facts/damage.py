"""Finds the frames that do not decode whole. Runs in the probe child."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import takewhile

from compiler.emit.specs import PictureEntry, decoding, entry_at, sound_spec
from compiler.supervise.straighten.child import packets
from compiler.supervise.straighten.picture import Decoded
from compiler.supervise.straighten.sound import silent_from
from compiler.timeline.media import AudioStream, VideoStream

Range = tuple[Fraction, Fraction]

MOST_PLACES = 40
"""Places of damage that are decoded when a file is probed; a file with more is damaged all over."""

AFTER = 2
"""Key frames after a damaged packet up to which frames are decoded."""


def held_ranges(path: str, video: VideoStream, first: Fraction, until: Fraction) -> list[Range]:
    """The source times in [first, until) at which the frame before is held, by decoding that part of the file; a range
    that holds at `first` has its own begin."""
    low, high = first / video.time_base, until / video.time_base
    stop = next((number for tick, _, _, number in video.entries if tick > high), None)
    entry = _before(video, entry_at(video, low))
    return list(_joined(_looked_at(path, video, entry, stop, low), video.time_base, low, high))


def held_near(path: str, video: VideoStream, damaged: list[int]) -> list[Range]:
    """The source times at which the frame before is held, near packets of these numbers."""
    found: list[Range] = []
    done = -1
    for number in damaged[:MOST_PLACES]:
        if number < done:
            continue
        entry = next((entry for entry in reversed(video.entries) if entry[3] < number), None)
        after = [entry for entry in video.entries if entry[3] > number][:AFTER]
        done = after[-1][3] if len(after) == AFTER else 1 << 62
        low = Fraction(entry[0]) if entry else Fraction(0)
        looked = _looked_at(path, video, entry, done, low)
        found += _joined(looked, video.time_base, low, Fraction(after[-1][0]) if after else Fraction(1 << 62))
    return found


def silent_places(path: str, audio: AudioStream, first: Fraction, until: Fraction) -> list[Fraction]:
    """The source times in [first, until) at which packets begin that do not decode, by decoding that part."""
    spec, rate = sound_spec(path, audio, first, strict=False), audio.sample_rate
    return [Fraction(place, rate) for place in silent_from(spec, packets(spec), round(until * rate))]


def _before(video: VideoStream, entry: PictureEntry | None) -> PictureEntry | None:
    """The entry before one; None for the file's start."""
    at = video.entries.index(entry) if entry else 0
    return video.entries[at - 1] if at else None


def _looked_at(
    path: str, video: VideoStream, entry: PictureEntry | None, stop: int | None, low: Fraction
) -> list[tuple[int, bool]]:
    """The frames up to the packet of number `stop`: their ticks, and whether they are whole. They are decoded from an
    entry on, or from one before it if no frame up to `low` is whole."""
    while True:
        spec = decoding(path, video, entry, strict=False, unstamped=False)
        frames = Decoded(spec).frames(takewhile(lambda numbered: stop is None or numbered[0] < stop, packets(spec)))
        looked = sorted((tick - spec["zero"], frame is not None) for tick, frame in frames if tick is not None)
        if entry is None or any(whole and tick <= low for tick, whole in looked):
            return looked
        entry = _before(video, entry)


def _joined(frames: list[tuple[int, bool]], time_base: Fraction, low: Fraction, high: Fraction) -> Iterator[Range]:
    """The ranges of frames that are not whole, each up to the next whole one, as far as they reach into [low, high)."""
    begun: int | None = None
    seen = False
    for tick, whole in frames:
        seen = seen or whole
        if not seen or tick >= high:
            continue
        if not whole and begun is None:
            begun = tick
        elif whole and begun is not None:
            if tick > low:
                yield begun * time_base, tick * time_base
            begun = None
    if begun is not None:
        last = max(tick for tick, _ in frames)
        yield begun * time_base, min(Fraction(last + 1), high) * time_base  # what comes later was not looked at
