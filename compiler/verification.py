"""Compares a film with an edit: by the identity in the film's tag, or by rendering the edit again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import zip_longest
from math import floor
from pathlib import Path
from stat import S_ISREG
from typing import Any

from compiler.errors import Loc, ReelError
from compiler.film_identity import FilmIdentity, identity_in, identity_of
from compiler.pipeline import Compiled
from compiler.pipeline.identity import Content
from compiler.render import expected_of, render_reel
from compiler.steps import steps
from compiler.supervise.films.identity_tag import read_tag, sha256_without_tag
from compiler.supervise.films.step import RenderStep
from compiler.supervise.films.verify import verify_film
from compiler.supervise.plain import plain
from compiler.supervise.probe import holds_no_facts, question
from compiler.supervise.record import NOT_FACTS, exact, fits
from compiler.supervise.temporary import temporary_folder
from compiler.timeline.instant import SAMPLE_RATE

MADE_BY = ("another version of reelc", "another release of ffmpeg", "another ffmpeg program", "another processor")
"""What a film can be made by, in the order of `FilmIdentity.made_by`."""

MOST_NAMED = 8
"""Units that are named one by one."""


class Sameness(StrEnum):
    """Whether a film was made from an edit."""

    same = "same"
    damaged = "damaged"
    other_edit = "other_edit"
    other_maker = "other_maker"
    no_identity = "no_identity"


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of a film, as the probe child answers."""

    pictures: str
    sounds: str
    """Checksums of `digits` digits each."""
    first: Fraction
    """The second at which the first packet of the sound begins."""
    length: Fraction
    """Its seconds."""
    digits: int


@dataclass(frozen=True, slots=True)
class Parting:
    """The first places at which two films differ; None for a stream that is the same in both."""

    frame: int | None
    sample: int | None
    clip: str | None
    """The clip of the edit that is shown, or heard, at the earlier one of them."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A comparison: the answer, what is known of the differences, and where the films part, if that was asked."""

    answer: Sameness
    details: tuple[str, ...] = ()
    parting: Parting | None = None


def tag_of(film: Path) -> FilmIdentity | None:
    """The identity that a film carries; None if there is none. RC603 if there is no such file, RC604."""
    try:
        if not S_ISREG(film.stat().st_mode):  # to open a FIFO would wait for its writer
            what = f'"{plain(film.name)}" is {"a folder" if film.is_dir() else "not a regular file"}'
            raise ReelError("RC604", Loc(), what, hint="name a film")
        return identity_in(read_tag(film))
    except FileNotFoundError as error:
        what = f'"{plain(film.name)}" does not exist'
        raise ReelError("RC603", Loc(), what, hint="name the film first, then its reel") from error
    except OSError as error:
        what = f'"{plain(film.name)}" cannot be read: {error.strerror}'
        raise ReelError("RC604", Loc(), what, hint="name a film") from error


async def verified(film: Path, compiled: Compiled, content: Content) -> Verified:
    """A film compared with an edit by the identity that the film carries."""
    there, made = tag_of(film), steps(compiled)
    here = await asyncio.to_thread(identity_of, compiled, made, content)
    if there is None or here is None:
        return Verified(Sameness.no_identity, tuple(await _unpredicted(film, compiled)))
    if there.film == here.film:
        body = await asyncio.to_thread(sha256_without_tag, film)
        return Verified(Sameness.same if body == there.body else Sameness.damaged)
    makers = [name for name, a, b in zip(MADE_BY, there.made_by, here.made_by, strict=True) if a != b]
    by = tuple(f"it was made by {name}{_release(name, there, here)}" for name in makers)
    if makers and there.edit == here.edit:
        return Verified(Sameness.other_maker, by)
    units = () if makers else _units(there, here, compiled, made)
    return Verified(Sameness.other_edit, (*by, *units, *await _unpredicted(film, compiled)))


async def verified_deep(film: Path, compiled: Compiled, content: Content) -> Verified:
    """A film compared with an edit by rendering the edit again, without a cache."""
    shallow = await verified(film, compiled, content)
    with temporary_folder() as folder:
        again = folder / f"film{compiled.encoding.profile.endings[0]}"
        await render_reel(compiled, again, content=content)
        if await asyncio.to_thread(lambda: sha256_without_tag(film) == sha256_without_tag(again)):
            return Verified(Sameness.same)
        parting = _parting(await _packets(film), await _packets(again), compiled)
    answer = Sameness.damaged if shallow.answer is Sameness.same else shallow.answer
    return Verified(answer, shallow.details, parting)


def _release(name: str, there: FilmIdentity, here: FilmIdentity) -> str:
    return f": {there.ffmpeg}, not {here.ffmpeg}" if name == MADE_BY[1] else ""


def _units(there: FilmIdentity, here: FilmIdentity, compiled: Compiled, made: Sequence[RenderStep]) -> Iterator[str]:
    """The units of the edit that the film was not made of."""
    fps = compiled.plan.fps
    frames = [Fraction(step.frames) for step in made[:-1] if step.frames]
    sounds = [Fraction(step.unit_samples, SAMPLE_RATE) * fps for step in made[:-1] if step.unit_samples is not None]
    pictures = _other(there.pictures, here.pictures, frames, "picture", compiled)
    named = [*pictures, *_other(there.sounds, here.sounds, sounds, "sound", compiled)]
    yield from named[:MOST_NAMED]
    if len(named) > MOST_NAMED:
        yield f"{len(named) - MOST_NAMED} more units differ"


def _other(
    there: Sequence[str], here: Sequence[str], lengths: Sequence[Fraction], what: str, compiled: Compiled
) -> Iterator[str]:
    begin = Fraction(0)
    for key, length in zip(here, lengths, strict=True):
        first, until = floor(begin), floor(begin + length)
        if key not in there:
            clips = ", ".join(plain(clip) for clip in _clips(compiled, first, until))
            yield f"the {what} of frames {first} to {until - 1} is another: {clips}"
        begin += length


def _clips(compiled: Compiled, first: int, until: int) -> Iterator[str]:
    """The clips that are shown, or heard, in a span of frames."""
    for clip in compiled.plan.clips:
        placed = clip.placed
        if placed.first < until and first < placed.first + placed.frames:
            yield placed.clip.id


async def _unpredicted(film: Path, compiled: Compiled) -> Sequence[str]:
    """The facts of a film that are not those that the edit's plan predicts."""
    try:
        await verify_film(film, expected_of(compiled))
    except ReelError as error:
        if error.code != "RC610":
            raise
        return error.detail.splitlines()
    return ()


async def _packets(film: Path) -> Packets:
    """The packets of a film; RC901 if the child's answer, which a hostile file may have made, holds none."""
    found = await question("packets", film, loc=Loc())
    try:
        return _read(found)
    except NOT_FACTS as error:
        raise holds_no_facts(film, Loc(), error) from error


def _read(found: Any) -> Packets:
    first, length = exact(found["first"]), exact(found["length"])
    packets = Packets(found["pictures"], found["sounds"], first, length, found["digits"])
    if not fits(packets, Packets) or packets.digits < 1:
        raise ValueError("these are not the packets of a film")
    return packets


def _parting(there: Packets, here: Packets, compiled: Compiled) -> Parting:
    """Where the packets of two films part; `here` is the film of the edit."""
    fps = compiled.plan.fps
    frame = _first(there.pictures, here.pictures, here.digits)
    sound = _first(there.sounds, here.sounds, here.digits)
    sample = None
    if sound is not None:
        sample = max(0, floor((here.first + sound * here.length) * SAMPLE_RATE))
    heard = None if sample is None else floor(Fraction(sample, SAMPLE_RATE) * fps)
    earliest = min((at for at in (frame, heard) if at is not None), default=None)
    clips = [] if earliest is None else [*_clips(compiled, earliest, earliest + 1)]
    return Parting(frame, sample, clips[-1] if clips else None)


def _first(there: str, here: str, digits: int) -> int | None:
    """The number of the first checksum that differs."""
    pairs = zip_longest(*([text[n : n + digits] for n in range(0, len(text), digits)] for text in (there, here)))
    return next((number for number, (a, b) in enumerate(pairs) if a != b), None)
