"""Media facts as exact JSON, so that a file need not be opened again; `media_of` reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from compiler.supervise.plain import plain
from compiler.timeline.media import IMAGES, STILL, AudioStream, Media, VideoStream

__all__ = ["NOT_FACTS", "Media", "checked_media", "exact", "fits", "is_image", "media_of", "recorded"]

NOT_FACTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""The exceptions of reading a document that does not hold facts."""

LONGEST = 200
"""Characters of a rational; every one that libav can count has fewer than 50."""


def recorded(media: Media) -> dict[str, Any]:
    """The facts, JSON-ready, fractions as text, without the path, which differs from machine to machine, and without a
    window and a closer look, which are of one film."""
    facts: dict[str, Any] = json.loads(json.dumps(asdict(media), default=str))
    del facts["path"], facts["video"]["skipped"], facts["video"]["looked"]
    return facts


def checked_media(media: Media) -> Media:
    """The media, if every fact has its type and sizes and rates are positive; ValueError otherwise."""
    video = media.video
    if not fits(media, Media) or not (video.width > 0 < video.height and video.rate > 0 < video.time_base):
        raise ValueError("these are not the facts of a media file")
    return media


def fits(value: object, kind: Any) -> bool:
    """Whether a value is of an annotated type, members included."""
    if isinstance(kind, NewType):
        return fits(value, kind.__supertype__)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:
        return isinstance(value, tuple) and _members_fit(value, parts)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return type(value) is kind and all(fits(getattr(value, name), hint) for name, hint in hints.items())
    return type(value) is (NoneType if kind is None else kind)


def _members_fit(value: tuple[object, ...], kinds: tuple[Any, ...]) -> bool:
    if kinds[-1] is not Ellipsis:
        return len(value) == len(kinds) and all(map(fits, value, kinds))
    if kinds[0] in (int, str):  # there may be millions
        return {type(each) for each in value} <= {kinds[0]}
    return all(fits(each, kinds[0]) for each in value)


def is_image(facts: Mapping[str, Any]) -> bool:
    """Whether recorded facts are those of an image, still or moving."""
    return facts["format"] in (STILL, *IMAGES)


def media_of(path: Path, facts: Mapping[str, Any]) -> Media:
    """The media at `path`, from facts in the form of the child's answers and of `recorded`; older facts are read as
    they were written."""
    video, audio = facts["video"], facts["audio"]
    return Media(
        path=str(path),
        format=facts["format"],
        start=exact(facts["start"]),
        size=facts["size"],
        earliest=exact(facts["earliest"]),
        video=_stream(VideoStream, {"crop": None, **video}),  # older facts say nothing of cropping
        audio=audio and _stream(AudioStream, audio),
        notices=tuple(map(plain, facts.get("notices", ()))),  # sentences are printed, and a hostile file may make them
        unheard=tuple(map(plain, facts.get("unheard", ()))),
        cut_short=plain(facts.get("cut_short", "")),
        rule=facts.get("rule", 1),
    )


S = TypeVar("S", VideoStream, AudioStream)


def _stream(kind: type[S], facts: Mapping[str, Any]) -> S:
    """One stream's facts, rationals and tuples restored."""
    return kind(**{name: _restored(name, value) for name, value in facts.items()})


RATIONALS = frozenset(
    field.name
    for kind in (VideoStream, AudioStream)
    for field in fields(kind)
    if field.type in ("Fraction", "Fraction | None", "SourceTime")
)
"""The facts that are seconds, rates and ratios."""


def _restored(name: str, value: Any) -> Any:
    if name in RATIONALS:
        return _known(value)
    if name == "held":
        return tuple((exact(first), exact(until)) for first, until in value)
    return (
        tuple(tuple(each) if isinstance(each, list) else each for each in value) if isinstance(value, list) else value
    )


def _known(rational: str | int | None) -> Fraction | None:
    return None if rational is None else exact(rational)


def exact(rational: str | int) -> Fraction:
    """The rational of a text, or of a whole number; ValueError where its digits could fill the memory, as those of
    1e999999999 do."""
    text = str(rational)
    if len(text) > LONGEST or "e" in text.lower():
        raise ValueError("this is no rational of a media file")
    return Fraction(text)
