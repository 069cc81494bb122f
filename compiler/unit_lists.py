"""The files of units in order, as ffmpeg's concat demuxer reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

from compiler.emit.numbers import decimal
from compiler.pipeline import SoundUnit, Unit
from compiler.profiles import Profile
from compiler.timeline.instant import SAMPLE_RATE

LIST = "ffconcat version 1.0\n"
MICROSECONDS = 10**6


def picture_list(units: Sequence[Unit], fps: Fraction, ending: str) -> Iterator[str]:
    """The list of encoded units for ffmpeg's concat demuxer, with the length of each.

    The demuxer adds up lengths in whole microseconds. Rounding the instants, not the lengths, keeps every frame within
    half a microsecond of its place, less than a tick of the track.
    """
    yield LIST
    for number, unit in enumerate(units, start=1):
        first, until = (frame / fps for frame in (unit.first, unit.until))
        yield from _listed(picture_name(number, ending), first, until)


def sound_list(units: Sequence[SoundUnit]) -> Iterator[str]:
    """The list of the sounds of the units."""
    yield LIST
    ends = [Fraction(end, SAMPLE_RATE) for end in accumulate(unit.samples for unit in units)]
    for number, (first, until) in enumerate(pairwise([Fraction(0), *ends]), start=1):
        yield from _listed(sound_name(number), first, until)


def _listed(name: str, first: Fraction, until: Fraction) -> Iterator[str]:
    """A file in a list, and its length between two instants, in seconds."""
    length = round(until * MICROSECONDS) - round(first * MICROSECONDS)
    yield f"file {name}\nduration {decimal(Fraction(length, MICROSECONDS))}\n"


def picture_name(number: int, ending: str) -> str:
    """The name of a unit's file, by its number from 1."""
    return f"unit-{number}{ending}"


def sound_name(number: int) -> str:
    """The name of a sound's file, by its number from 1."""
    return f"sound-{number}.nut"


def film_sound_name(profile: Profile) -> str:
    """The name of the file with the encoded sound of the film."""
    return f"sound{profile.endings[0]}"
