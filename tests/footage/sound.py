"""Compares the predicted clicks of a film with those in its sound."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tests.footage import read
from tests.reference.predict import Click

REACH = 0.03
"""Seconds on either side of its place in which an exact click is searched, if no neighbour of its clip is nearer."""
FASTEST = 8
"""The speed above which clicks are too short and too close to each other to be distinguished."""
LOUDER = 1.3
"""The least ratio of a click on a whole second to its neighbours; it is made twice as loud."""
SMEAR = 0.1
"""Seconds around a click within which it may be repeated where spans keep their pitch."""


class Sound:
    """The predicted clicks and the clicks in the sound."""

    def __init__(self, foretold: Sequence[Click], heard: list[read.Click]) -> None:
        self._foretold, self._heard = foretold, heard
        self.exact = [click for click in self._foretold if click.clear and click.exact and click.speed <= FASTEST]
        self.nearest = [self._near(click, min(REACH, 0.05 / float(click.speed))) for click in self.exact]
        self.errors = [
            None if near is None else abs(near.at - float(click.record))
            for click, near in zip(self.exact, self.nearest, strict=True)
        ]
        slow = [click for click in self._foretold if click.clear and not click.exact and click.speed <= 1]
        found = [(click, self._near(click, 0.05 / float(click.speed))) for click in slow]
        self.drifts = [abs(near.at - float(click.record)) for click, near in found if near is not None]

    def _near(self, click: Click, reach: float) -> read.Click | None:
        """The click nearest to a predicted one, if within reach and nearer to it than to others of its clip."""
        near = min(self._heard, key=lambda heard: abs(heard.at - float(click.record)), default=None)
        if near is None or abs(near.at - float(click.record)) > reach:
            return None
        others = (other for other in self._foretold if other.clip == click.clip)
        closest = min(others, key=lambda other: abs(near.at - float(other.record)))
        return near if closest.record == click.record else None

    def stray(self) -> tuple[float, ...]:
        """Clicks at times where no source has one, within the tolerance of their spans."""
        smear = 0.0 if all(click.exact for click in self._foretold) else SMEAR
        places = [(float(click.record), max(smear, _reach(click))) for click in self._foretold]
        return tuple(
            heard.at for heard in self._heard if not any(abs(heard.at - place) <= reach for place, reach in places)
        )

    def confused(self) -> tuple[str, ...]:
        """Clips where, at one speed, a click on a whole second of sound is not louder than the rest."""
        pairs = zip(self.exact, self.nearest, strict=True)
        measured = sorted(((c.clip, c.speed, c.loud, near.peak) for c, near in pairs if near), key=lambda row: row[:2])
        found = []
        for (clip, _), rows in groupby(measured, key=lambda row: row[:2]):
            peaks: dict[bool, list[float]] = {True: [], False: []}
            for _, _, loud, peak in rows:
                peaks[loud].append(peak)
            if all(peaks.values()) and min(peaks[True]) < LOUDER * max(peaks[False]):
                found.append(clip)
        return tuple(dict.fromkeys(found))


def _reach(click: Click) -> float:
    """Seconds on either side of a click within which a sound may belong to it."""
    return REACH / 3 if click.exact else 0.05 / float(click.speed)
