"""One clip: a row of a database or an object of the reel file, with the same fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from compiler.errors import Loc
from compiler.model.fields import CLIP_FIELDS
from compiler.model.limits import ID_LENGTH, TEXT_LENGTH, Damage, Motion, Stretch
from compiler.model.reel import Clip, Transition
from compiler.model.spans import read_window
from compiler.model.stored import Report, Stored
from compiler.model.transition import CUT

FIELDS = frozenset({"id", "name", "media", "window", *(name for field in CLIP_FIELDS for name in field.names)})
DEFAULT_STRETCH: Stretch = "pitch"
DEFAULT_MOTION: Motion = "repeat"
DEFAULT_DAMAGE: Damage = "conceal"
DEFAULT_LOOP = False
DEFAULT_TURN = 0
DEFAULT_MIRROR = False
DEFAULT_VOLUME = Fraction(0)
DEFAULT_MUTE = False


@dataclass(frozen=True, slots=True)
class ClipDefaults:
    """The reel's values of fields that a clip may leave out."""

    transition: Transition = CUT
    stretch: Stretch = DEFAULT_STRETCH
    damage: Damage = DEFAULT_DAMAGE


def read_clip(
    row: Mapping[str, object],
    index: int = 0,
    *,
    transition: Transition = CUT,
    stretch: Stretch = DEFAULT_STRETCH,
    damage: Damage = DEFAULT_DAMAGE,
) -> Clip:
    """The clip of a row; `index` is its place in the reel, and the others are the reel's defaults.

    The stored fields may be JSON values or JSON text. Raises every error of the clip at once.
    """
    report = Report()
    clip = clip_from(
        Stored(dict(row), report, Loc(None, f"/clips/{index}")), index, ClipDefaults(transition, stretch, damage)
    )
    report.raise_all()
    assert clip is not None, "a clip that cannot be read has an error"
    return clip


def clip_from(stored: Stored, index: int, defaults: ClipDefaults) -> Clip | None:
    """The clip, with its own notices; None if it cannot be read, for reasons in the report."""
    id_ = stored.field_or("id", f"clip{index + 1}", clip_id)
    report = Report(stored.report.errors, rest=stored.report.rest)
    clip = Stored(stored.value, report, Loc(id_, stored.loc.pointer))
    if not clip.is_object(FIELDS):
        return None
    media = clip.field("media").text(TEXT_LENGTH)
    name = clip.field_or("name", id_, lambda field: field.text(TEXT_LENGTH))
    read = _untouched(id_, name, media or "", clip.loc, defaults)
    window = clip.field_or("window", None, read_window)
    for field in CLIP_FIELDS:
        read = field.read(clip, read)
    return replace(read, window=window, notices=tuple(report.notices))


def _untouched(id_: str, name: str, media: str, loc: Loc, defaults: ClipDefaults) -> Clip:
    """The clip without a stored edit."""
    return Clip(
        *(id_, name, media),
        crop=None,
        trim=None,
        spans=(),
        freezes=(),
        rotation=Fraction(0),
        transition=defaults.transition,
        stretch=defaults.stretch,
        stretch_inherited=True,
        motion=DEFAULT_MOTION,
        damage=defaults.damage,
        damage_inherited=True,
        loop=DEFAULT_LOOP,
        turn=DEFAULT_TURN,
        mirror=DEFAULT_MIRROR,
        volume=DEFAULT_VOLUME,
        mute=DEFAULT_MUTE,
        loc=loc,
    )


def clip_id(stored: Stored) -> str | None:
    """A clip's id: 1 to 64 printable characters."""
    text = stored.text(ID_LENGTH)
    if text is not None and not text.isprintable():
        stored.fault("RC106", "holds a character that cannot be seen")
        return None
    return text
