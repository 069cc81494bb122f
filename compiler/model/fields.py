"""The stored fields of a clip's edit: one table, with how each field is read and written.

The id, the name and the path of the media are further fields in a reel file, and columns in a database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from compiler.model.crop import read_crop
from compiler.model.limits import DAMAGES, MOTIONS, NO_ROTATION, ROTATION, STRETCHES, TURN, TURNS, VOLUME
from compiler.model.reel import Clip
from compiler.model.stored import Stored
from compiler.model.transition import read_transition
from compiler.model.upgrade import read_timing
from compiler.model.write import Json, plain, write_crop, write_segments, write_transition


@dataclass(frozen=True, slots=True)
class Footage:
    """Facts of a clip's media that writing may need: frames a second, and seconds; None is unknown."""

    rate: Fraction | None = None
    duration: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ClipField:
    """Stored fields that are read and written together: one, or several that store the same in different shapes."""

    names: tuple[str, ...]
    """The stored names. The first field is written; the others, which hold older shapes, are written as null."""
    holds: tuple[str, ...]
    """The fields of `Clip` that the stored fields hold."""
    read: Callable[[Stored, Clip], Clip]
    """Returns the clip with the values of the stored object; unchanged where they are absent or null."""
    write: Callable[[Clip, Footage], Json]
    nested: bool = True
    """Whether the value is a list or an object, which a database stores as JSON text, rather than a number, a
    word or a flag."""
    flag: bool = False
    """Whether the value is true or false, which a database stores as 1 or 0."""
    whole: bool = False
    """Whether the value is a whole number."""


def _read_timing(stored: Stored, clip: Clip) -> Clip:
    timing = read_timing(stored.field("segments_data"), stored.field("timing_data"))
    return replace(clip, trim=timing.trim, spans=timing.spans, freezes=timing.freezes)


def _read_crop(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, crop=read_crop(stored.field("crop_data")))


def _read_rotation(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, rotation=stored.field_or("rotation", clip.rotation, read_rotation))


def _read_transition(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, transition=read_transition(stored.field("transition_data"), clip.transition))


def _read_stretch(stored: Stored, clip: Clip) -> Clip:
    own = stored.field_or("stretch", None, lambda field: field.word(STRETCHES))
    return clip if own is None else replace(clip, stretch=own, stretch_inherited=False)


def _read_motion(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, motion=stored.field_or("motion", clip.motion, lambda field: field.word(MOTIONS)))


def _read_damage(stored: Stored, clip: Clip) -> Clip:
    own = stored.field_or("damage", None, lambda field: field.word(DAMAGES))
    return clip if own is None else replace(clip, damage=own, damage_inherited=False)


def _read_loop(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, loop=stored.field_or("loop", clip.loop, Stored.flag))


def _read_turn(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, turn=stored.field_or("turn", clip.turn, read_turn))


def _read_mirror(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, mirror=stored.field_or("mirror", clip.mirror, Stored.flag))


def _read_volume(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, volume=stored.field_or("volume", clip.volume, lambda field: field.number(VOLUME)))


def _read_mute(stored: Stored, clip: Clip) -> Clip:
    return replace(clip, mute=stored.field_or("mute", clip.mute, Stored.flag))


CLIP_FIELDS = (
    ClipField(
        names=("segments_data", "timing_data"),
        holds=("trim", "spans", "freezes"),
        read=_read_timing,
        write=lambda clip, footage: write_segments(clip, footage.duration),
    ),
    ClipField(
        names=("crop_data",),
        holds=("crop",),
        read=_read_crop,
        write=lambda clip, footage: write_crop(clip.crop, footage.rate),
    ),
    ClipField(
        names=("rotation",),
        holds=("rotation",),
        read=_read_rotation,
        write=lambda clip, _: plain(clip.rotation),
        nested=False,
    ),
    ClipField(
        names=("transition_data",),
        holds=("transition",),
        read=_read_transition,
        write=lambda clip, _: write_transition(clip.transition),
    ),
    ClipField(
        names=("stretch",),
        holds=("stretch", "stretch_inherited"),
        read=_read_stretch,
        write=lambda clip, _: None if clip.stretch_inherited else clip.stretch,
        nested=False,
    ),
    ClipField(
        names=("motion",),
        holds=("motion",),
        read=_read_motion,
        write=lambda clip, _: clip.motion,
        nested=False,
    ),
    ClipField(
        names=("damage",),
        holds=("damage", "damage_inherited"),
        read=_read_damage,
        write=lambda clip, _: None if clip.damage_inherited else clip.damage,
        nested=False,
    ),
    ClipField(
        names=("loop",),
        holds=("loop",),
        read=_read_loop,
        write=lambda clip, _: clip.loop,
        nested=False,
        flag=True,
    ),
    ClipField(
        names=("turn",),
        holds=("turn",),
        read=_read_turn,
        write=lambda clip, _: clip.turn,
        nested=False,
        whole=True,
    ),
    ClipField(
        names=("mirror",),
        holds=("mirror",),
        read=_read_mirror,
        write=lambda clip, _: clip.mirror,
        nested=False,
        flag=True,
    ),
    ClipField(
        names=("volume",),
        holds=("volume",),
        read=_read_volume,
        write=lambda clip, _: plain(clip.volume),
        nested=False,
    ),
    ClipField(
        names=("mute",),
        holds=("mute",),
        read=_read_mute,
        write=lambda clip, _: clip.mute,
        nested=False,
        flag=True,
    ),
)
"""Every field of a clip's edit, in the order in which their errors are reported."""


def canonical(clip: Clip, *, rate: Fraction | None = None, duration: Fraction | None = None) -> dict[str, Json]:
    """The clip's stored fields in the current form, JSON-ready; reading them again gives the same edit.

    `rate` is the media's frames a second, which keyframes stored by time need: ValueError without it. `duration`, the
    media's seconds, replaces open ends. Numbers are the nearest doubles.
    """
    footage, written = Footage(rate, duration), dict[str, Json]()
    for field in CLIP_FIELDS:
        first, *older = field.names
        written |= {first: field.write(clip, footage), **dict.fromkeys(older)}
    return written


def read_turn(stored: Stored) -> int | None:
    """Clockwise degrees, a multiple of 90 below 360."""
    degrees = stored.whole(TURN)
    if degrees is None or degrees in TURNS:
        return degrees
    hint = "it must be 0, 90, 180 or 270 degrees, clockwise; rotation turns by a few degrees"
    stored.fault("RC106", "is not a quarter turn", detail=f"it is {degrees}", hint=hint)
    return None


def read_rotation(stored: Stored) -> Fraction | None:
    """Degrees, counter-clockwise; less than 1e-6 counts as 0."""
    degrees = stored.number(ROTATION)
    return degrees if degrees is None or abs(degrees) >= NO_ROTATION else Fraction(0)
