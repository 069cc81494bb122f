"""Random reels that are always legal, and whose film can be predicted without doubt."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import count, pairwise
from typing import Any

from tests.footage.pool import Source
from tests.reference.edit import Edit, edits, frame_rate
from tests.reference.predict import Prediction, predict
from tests.reference.warp import nearest

RATES = ("24", "25", "30000/1001", "30", "60")
CANVASES = ((320, 180), (256, 144), (384, 216))
LIMITS = (0.1, 16)
"""The slowest and the fastest speed, at which ramps often end."""
SPEEDS = (0.25, 0.37, 0.5, 0.61, 0.75, 0.9, 1, 1.07, 1.25, 1.5, 2, 2.37, 3, 4)

SHORTEST = Fraction(1, 5)
"""The least source seconds of a clip."""
LONGEST = Fraction(7, 4)
"""The most source seconds of a trimmed clip, which keeps a film short."""
FILM = 6
"""The most record seconds of a film; longer ones are generated again."""

SURE = Fraction(1, 10_000)
"""Frames by which every source frame must clear its slot: below that, microseconds decide."""
NEAR = Fraction(2, 1_000_000)
"""Seconds within which a source frame counts as on the in or out point, and then must lie on it exactly."""
BLUR = Fraction(1, 1000)
"""Seconds by which containers differ about the end of the last frame; no film's length may depend on it."""


Shares = tuple[float, float]
"""The share of spans that ramp, and of clips with a held picture."""


def random_reel(
    seed: int, sources: Sequence[Source], ramps: float = 0.4, freezes: float = 0.3, blends: Sequence[str] = ()
) -> dict[str, Any]:
    """A reel of 1 to 6 clips, the same for the same seed and sources.

    `ramps` is the share of spans that ramp, `freezes` that of clips with a held picture; every fourth reel has none.
    `blends` are transitions to choose from, besides cuts, fades and dissolves.
    """
    shares = (ramps, freezes) if seed % 4 else (0.0, 0.0)
    throws = (_throw(random.Random(f"{seed}/{attempt}"), sources, shares, blends) for attempt in count())
    return next(reel for reel in throws if reel)


def _throw(
    dice: random.Random, sources: Sequence[Source], shares: Shares, blends: Sequence[str]
) -> dict[str, Any] | None:
    """A reel, or None if its film would be in doubt or too long."""
    reel = _reel(dice, sources, shares)
    facts = {source.media: source.facts for source in sources}
    if not all(_certain(edit, frame_rate(reel)) for edit in edits(reel, facts)):
        return None
    film = predict(reel, facts)
    if film.margin < SURE or film.frames > FILM * film.fps:
        return None
    _join(dice, reel, film, {source.media: source.recipe.lane for source in sources}, blends)
    return reel


def _reel(dice: random.Random, sources: Sequence[Source], shares: Shares) -> dict[str, Any]:
    width, height = dice.choice(CANVASES)
    clips = [
        {"id": f"c{number}", "media": source.media, **_edit(dice, source, shares)}
        for number, source in enumerate(dice.choices(sources, k=dice.randint(1, 6)), start=1)
    ]
    return {
        "reel": 1,
        "canvas": {"aspect_ratio": "16:9", "width": width, "height": height, "fps": dice.choice(RATES)},
        "audio": {"stretch": dice.choice(("varispeed", "pitch"))},
        "encode": {"preset": "ultrafast", "crf": 20},
        "clips": clips,
    }


def _edit(dice: random.Random, source: Source, shares: Shares) -> dict[str, Any]:
    """The stored edit of one clip: nothing, a trim, spans, or both."""
    ramps, freezes = shares
    trim = _trim(dice, source)
    start, end = (Fraction(str(trim[side])) for side in ("start", "end")) if trim else (Fraction(0), source.facts.end)
    spans = _spans(dice, start, end, ramps)
    _reach_over(dice, spans, start, end, source.facts.end)
    if dice.random() < freezes:
        spans += _freezes(dice, source, start, end)
    if not trim and not spans:
        return {}
    return {"segments_data": {"version": 2, "trimRange": trim, "spans": spans}}


def _trim(dice: random.Random, source: Source) -> dict[str, float] | None:
    """In and out points: arbitrary decimals, exact frame times, between two frames, or at the ends of the media."""
    if dice.randrange(6) == 0:
        return None
    end = source.facts.end
    start = _instant(dice, source, Fraction(0), end - SHORTEST)
    stop = _instant(dice, source, start + SHORTEST, min(end, start + LONGEST))
    return {"start": _number(start), "end": _number(stop)}


def _instant(dice: random.Random, source: Source, low: Fraction, high: Fraction) -> Fraction:
    """A source time of at most six decimals between two others."""
    times = [at for at in source.facts.times if low <= at < high]
    on_frames = [at for at in times if 10**6 % at.denominator == 0]
    match dice.randrange(5):
        case 0 if on_frames:
            return dice.choice(on_frames)
        case 1 if len(times) > 1:
            k = dice.randrange(len(times) - 1)
            return Fraction(round((times[k] + times[k + 1]) / 2 * 10**6), 10**6)
        case 2:
            return _decimal(dice.choice((low, high)), low, high)
        case _:
            return _decimal(low + (high - low) * Fraction(dice.random()), low, high, dice.randint(1, 6))


def _decimal(x: Fraction, low: Fraction, high: Fraction, places: int = 6) -> Fraction:
    """`x` rounded to this many decimals, within the bounds."""
    rounded = Fraction(round(x * 10**places), 10**places)
    return rounded if low <= rounded <= high else Fraction(int(x * 10**6), 10**6)


def _spans(dice: random.Random, start: Fraction, end: Fraction, ramps: float) -> list[dict[str, Any]]:
    """Disjoint spans at random speeds, side by side or with time at speed 1 between them."""
    cuts = [start + (end - start) * Fraction(dice.random()) for _ in range(dice.choice((0, 1, 2, 3, 5)))]
    ends = dice.sample((start, end), dice.randint(0, 2))
    edges = sorted({_decimal(edge, start, end) for edge in [*cuts, *ends]})
    return [
        {"start": _number(left), "end": _number(right), "speed": _speed(dice, ramps)}
        for left, right in pairwise(edges)
        if right - left >= Fraction(1, 20) and dice.random() < 0.75
    ]


def _reach_over(
    dice: random.Random, spans: list[dict[str, Any]], start: Fraction, end: Fraction, longest: Fraction
) -> None:
    """Now and then let a ramp begin before the in point or end after the out point, so that the trim cuts it."""
    if spans and isinstance(spans[0]["speed"], dict) and dice.random() < 0.5:
        spans[0]["start"] = _number(_decimal(start * Fraction(dice.random()), Fraction(0), start))
    if spans and isinstance(spans[-1]["speed"], dict) and dice.random() < 0.5:
        spans[-1]["end"] = _number(_decimal(end + (longest - end) * Fraction(dice.random()), end, longest))


def _freezes(dice: random.Random, source: Source, start: Fraction, end: Fraction) -> list[dict[str, Any]]:
    """One or two held pictures: anywhere, on a frame, between two, at the in or the out point."""
    found = {_instant(dice, source, start, end) for _ in range(dice.randint(1, 2))}
    return [{"at": _number(at), "freeze": dice.choice((0.02, 0.1, 0.37, 0.5))} for at in sorted(found)]


def _speed(dice: random.Random, ramps: float) -> float | dict[str, Any]:
    if dice.random() < ramps:
        entry, leave = (dice.choice((*SPEEDS, *LIMITS, round(dice.uniform(0.1, 4), 3))) for _ in range(2))
        return {"from": entry, "to": leave, "ease": dice.choice(("linear", "smooth"))}
    return dice.choice(SPEEDS)


def _certain(edit: Edit, fps: Fraction) -> bool:
    """Whether the law gives the same clip wherever, within a millisecond, the media ends."""
    course, media = edit.course, edit.facts
    points = (course.start, course.end, *(at for at, _ in course.freezes))
    around = [abs(at - point) for at in media.times for point in points]
    if any(0 < distance < NEAR for distance in around):
        return False
    if not any(course.start <= at < course.end for at in media.times):
        return False
    blur = BLUR / min(course.stretches[-1].entry, course.stretches[-1].leave) if media.end - course.end <= BLUR else 0
    return nearest((course.duration - blur) * fps) == nearest((course.duration + blur) * fps)


def _join(
    dice: random.Random, reel: dict[str, Any], film: Prediction, lanes: dict[str, int], blends: Sequence[str]
) -> None:
    """Give clips a transition into them, as long as both neighbours and their other transitions allow."""
    room = film.clips[0].frames
    for before, clip, stored in zip(film.clips, film.clips[1:], reel["clips"][1:], strict=False):
        kinds = ["cut", "fade", *(["dissolve"] if lanes[before.media] != lanes[clip.media] else [])]
        kinds += dice.sample(list(blends), k=min(2, len(blends)))
        kind, longest = dice.choice((None, *kinds)), min(room, clip.frames)
        room = clip.frames
        if kind is None or not longest:
            continue
        length = dice.choice((1, longest, dice.randint(1, longest), min(longest, 12)))
        seconds = Fraction(round(length / film.fps * 10**6), 10**6)
        stored["transition_data"] = {"type": kind, "duration": _number(seconds)}
        room -= length if kind != "cut" else 0


def _number(x: Fraction) -> float | int:
    return int(x) if x.denominator == 1 else float(x)
