"""The identity of a film: what it was made from and by what, as hashes, without paths and names.

It stands in the film's tag as JSON. `film` decides: it is the hash of everything that decides the film's bytes. The
other members say what differs, where two films differ.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from fractions import Fraction
from platform import machine
from typing import Any

from compiler.ir.build import Build
from compiler.ir.graph import Graph
from compiler.pipeline import Compiled
from compiler.pipeline.identity import Commanding, Content, decoding, digest, identity, maker, program
from compiler.supervise.films.kept import KeptUnits, keys_of
from compiler.supervise.films.step import FromFolder, RenderStep
from compiler.supervise.films.unit import MadeBy
from compiler.supervise.unit_cache import State, content_in, state_of

VERSION = 1
SHORT = 16
"""Digits of the hashes that only say what differs."""

NAMELESS = frozenset({"loc", "id", "name", "origin", "notices", "inherited", "stretch_inherited", "damage_inherited"})
"""Fields of the model that say where an edit was stored, and decide nothing."""

LATER = frozenset({"window"})
"""Fields that the model has got since films carry their identity; edits without them keep theirs."""

Files = Mapping[str, str | FromFolder]
"""Files that a step reads, by name."""


@dataclass(frozen=True, slots=True)
class FilmIdentity:
    """What a film was made from, and by what."""

    film: str
    """The hash of everything that decides its bytes."""
    edit: str
    """The hash of the edit as it was read, and of the contents of its media."""
    code: str
    """The hash of the code of reelc that makes scripts and commands."""
    ffmpeg: str
    """The release of ffmpeg."""
    program: str
    """The hash of the ffmpeg program."""
    processor: str
    """The processor's kind, as far as it decides bytes."""
    pictures: tuple[str, ...]
    """The hashes of the units of its picture, in order."""
    sounds: tuple[str, ...]
    """The hashes of the units of its sound, in order."""
    body: str = ""
    """The hash of the film's bytes apart from its tag; empty for a film that is not made yet."""

    @property
    def as_text(self) -> bytes:
        """The identity as it stands in a tag."""
        return json.dumps({"reelc": VERSION, **asdict(self)}, separators=(",", ":")).encode("ascii")

    @property
    def made_by(self) -> tuple[str, ...]:
        """What the film was made by."""
        return self.code, self.ffmpeg, self.program, self.processor


def identity_in(tag: bytes | None) -> FilmIdentity | None:
    """The identity in a tag; None if there is no tag, or one that is none of this version."""
    try:
        read = json.loads(tag or b"")
        if not isinstance(read, dict) or read.pop("reelc", None) != VERSION:
            return None
        pictures, sounds = (tuple(map(_text, read.pop(name))) for name in ("pictures", "sounds"))
        texts: dict[str, Any] = {name: _text(value) for name, value in read.items()}
        return FilmIdentity(pictures=pictures, sounds=sounds, **texts)
    except (ValueError, TypeError, LookupError, RecursionError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def identity_of(compiled: Compiled, made: Sequence[RenderStep], content: Content) -> FilmIdentity | None:
    """The identity of the film that these steps make; None if the content of a file is unknown."""
    keys, last = keys_of(made, content), len(made) - 1
    if last not in keys:
        return None
    build = compiled.build
    return FilmIdentity(
        film=keys[last],
        edit=_edit(compiled, content),
        code=maker()[:SHORT],
        ffmpeg=".".join(map(str, build.release)),
        program=program(build, content)[:SHORT],
        processor=_processor(build),
        pictures=tuple(keys[n][:SHORT] for n, step in enumerate(made[:-1]) if step.frames),
        sounds=tuple(keys[n][:SHORT] for n, step in enumerate(made[:-1]) if step.unit_samples is not None),
    )


def made_by(build: Build, content: Content) -> MadeBy:
    """What makes units in this process, as the keys of units suppose it."""
    return MadeBy(maker(), program(build, content), f"{_processor(build)} {build.version}", decoding())


def _processor(build: Build) -> str:
    return machine() + (" avx512" if build.avx512 else "")


class Stamp:
    """The tag of a film that is about to be rendered, which holds as long as its media, and ffmpeg, stay as they
    were."""

    def __init__(self, identity: FilmIdentity | None, states: Mapping[str, State]) -> None:
        self._identity, self._states = identity, states

    @classmethod
    def of(
        cls, compiled: Compiled, made: Sequence[RenderStep], content: Content, states: Mapping[str, State] | None
    ) -> Stamp:
        """The tag of the film of a compiled reel; a film whose media cannot be read, or that is made of files that do
        not stay in these states, gets none."""
        if states is None:
            return cls(None, {})
        try:
            return cls(identity_of(compiled, made, content), states)
        except OSError:  # the render says what is wrong with the file
            return cls(None, {})

    def watching(self, states: Mapping[str, State]) -> Stamp:
        """The same tag, which holds as long as these files stay as they are, too."""
        return Stamp(self._identity, {**self._states, **states})

    @property
    def identity(self) -> str | None:
        """The hash of everything that decides the film's bytes; None if its media or ffmpeg changed meanwhile."""
        return self._identity.film if self._identity and self._unchanged() else None

    def tag(self, body: str) -> bytes | None:
        """The tag of a film whose bytes have this hash; None for a film that gets none."""
        return replace(self._identity, body=body).as_text if self._identity and self._unchanged() else None

    def _unchanged(self) -> bool:
        with suppress(OSError):
            return all(state_of(path) == state for path, state in self._states.items())
        return False


def files_of(compiled: Compiled) -> list[str]:
    """The files whose contents decide a film's bytes: ffmpeg and the media."""
    return [*compiled.build.files, *(media.path for media in compiled.media.values())]


def states_of(compiled: Compiled) -> Mapping[str, State] | None:
    """The states of a film's media and of ffmpeg, by their paths; None if one is missing."""
    return _states(files_of(compiled))


def states_of_program(build: Build) -> Mapping[str, State] | None:
    """The states of an ffmpeg's files, by their paths; None if one is missing."""
    return _states(build.files)


def _states(paths: Iterable[str]) -> Mapping[str, State] | None:
    try:
        return {path: state_of(path) for path in paths}
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class KnownFilm:
    """A film that is not made yet: its steps, the contents of its media, and the tag that follows from them. Its media
    do not change."""

    made: Sequence[RenderStep]
    content: Content
    stamp: Stamp


def contents_by(cache: KeptUnits | None) -> Content:
    """The contents of files, each read once: by a cache, which remembers them, or without one."""
    return cache.content if cache else functools.cache(lambda path: content_in(path, state_of(path)))


def identity_by(
    compiled: Compiled, graph: Graph | None, command: Commanding, read: Files | None = None
) -> Callable[[Content], str]:
    """The identity of what a command makes of a graph and of the files that it reads; files that depend on what earlier
    steps made are left out, since the identity of those steps is part of the film's."""
    texts = [text for text in (read or {}).values() if isinstance(text, str)]
    return functools.cache(lambda content: identity(graph, command, compiled.build, content, *texts))


def identity_after(made: Sequence[RenderStep], own: Callable[[Content], str]) -> Callable[[Content], str]:
    """The identity of what is made of what these steps made."""
    return functools.cache(
        lambda content: digest(own(content), *(step.identity(content) for step in made if step.identity))
    )


def _edit(compiled: Compiled, content: Content) -> str:
    contents = {name: content(media.path) for name, media in compiled.media.items()}
    return digest(json.dumps(_plain(compiled.reel, contents), sort_keys=True))


def _plain(value: object, contents: Mapping[str, str]) -> Any:
    """A part of the model without what decides nothing, media by their content."""
    if is_dataclass(value):
        named = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in NAMELESS}
        if "media" in named:
            named["media"] = contents[named["media"]]
        return {name: _plain(part, contents) for name, part in named.items() if part is not None or name not in LATER}
    if isinstance(value, tuple):
        return [_plain(part, contents) for part in value]
    return str(value) if isinstance(value, Fraction) else value
