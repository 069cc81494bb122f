"""Hostile edits: for any reel, its script and command contain only filters and options that reelc itself writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.errors import ReelError, ReelErrors
from compiler.model import read_reel
from compiler.pipeline import Compiled, compile_reel
from tests.golden.compiling import FILMS, GOLDEN
from tests.golden.media import MEDIA, NINE

pytestmark = pytest.mark.further

CORPUS = r"""
    -i -y -filter_complex -f file: http://x/ concat:a|b data:,x pipe:0 /etc/passwd ../../x %d %{pts} $(rm) `id` NUL
    movie=/etc/passwd amovie=a nullsink drawtext=textfile=/etc/passwd sendcmd=f=x zmq metadata=print ,scale=2:2
    x'];[0:v]nullsink,movie=/etc/passwd[y [0:v] ];[ ', ':eval=frame :enable='1' @a random(0) ld(0) if(1,2) 1/0
    ' " \ \' \\ [ ] , ; = : | % # $ ` & < nan inf 1e999 0x10 1_000 -0 __proto__ é 視 🎬
"""
WORDS = [*CORPUS.split(), "\n", "\t", "\0", "\u202e", "a" * 300]
LABEL = re.compile(r"\[[\w.-]+\]")
SEEN = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=4)
NAMES = st.lists(st.sampled_from(WORDS) | SEEN, min_size=1, max_size=4).map("".join)
NUMBERS = st.sampled_from([-1, 0, 1e-9, 0.1, 1e9, -1e9, 2**31, 2**63, 1e308, -0.0])
VALUES = (
    NAMES
    | NUMBERS
    | st.none()
    | st.booleans()
    | st.lists(NAMES, max_size=3)
    | st.dictionaries(NAMES, NAMES, max_size=3)
)
NEAR = st.sampled_from([0, 0, -1, 1e-9, 1e-3, 0.1, 1 / 3, 1])


def instead(value: Any) -> st.SearchStrategy[Any]:
    """Hostile values for any place: mostly values that resemble valid ones."""
    near = VALUES
    if isinstance(value, str):
        near = NAMES
    elif isinstance(value, int | float):
        near = st.builds(lambda more, times: value * (1 + times) + more, NEAR, NEAR)
    return st.sampled_from([near, near, near, VALUES]).flatmap(lambda values: values)


def compiled(stored: Any) -> Compiled:
    """A reel, over media with arbitrary names."""
    reel = read_reel(json.dumps(stored))
    names = {clip.media for clip in reel.clips}
    return compile_reel(reel, {name: MEDIA.get(name) or replace(MEDIA["game.mp4"], path=name) for name in names}, NINE)


@cache
def stored(case: str) -> str:
    """The text of a case that compiles to a film."""
    return (GOLDEN / case / "clips.json").read_text(encoding="utf-8")


def filters(script: str) -> Iterator[str]:
    """The names of a script's filters, as ffmpeg reads it: quoted text and link labels contain none."""
    bare = re.sub(r"'[^']*'|\\.|\[[^]]*\]", "", script)
    for text in re.split("[,;]", bare):
        yield re.split("[=@]", text.strip(), maxsplit=1)[0]


def options(film: Compiled) -> set[str]:
    """The words of the command that ffmpeg takes for options: no other word begins with a dash."""
    return {word for word in film.command("script.txt", "film.mp4") if word.startswith("-")}


@cache
def written() -> tuple[set[str], set[str]]:
    """The filters and the options of all films among the goldens, whose scripts were reviewed."""
    films = [compiled(json.loads(stored(case))) for case in FILMS]
    return {name for film in films for name in filters(film.script)}, set().union(*map(options, films))


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Places for a hostile value: every field and item, at any depth."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*here, key)
        yield from places(inner, (*here, key))


@st.composite
def edits(draw: st.DrawFn) -> Any:
    """A reel of the goldens with a hostile value in one place, or in three."""
    reel = json.loads(stored(draw(st.sampled_from(FILMS))))
    for _ in range(draw(st.sampled_from([1, 1, 3]))):
        *path, last = draw(st.sampled_from(list(places(reel))))
        inner = reel
        for key in path:
            inner = inner[key]
        inner[last] = draw(instead(inner[last]))
    return reel


@given(edits())
def test_what_is_stored_adds_no_filter_and_no_option(reel: Any) -> None:
    try:
        film = compiled(reel)
    except (ReelError, ReelErrors):
        return
    names, known = written()
    assert set(filters(film.script)) <= names
    assert options(film) <= known


@given(NAMES, NAMES)
@example("x'];[0:v]nullsink,movie=/etc/passwd[y", "x'];[0:v]nullsink,movie=/etc/passwd[y")
def test_names_change_nothing_but_labels_and_the_file_that_is_read(clip_id: str, media: str) -> None:
    one = compiled(of_one_clip("clip", "game.mp4"))
    try:
        other = compiled(of_one_clip(clip_id, media))
    except (ReelError, ReelErrors):
        return
    assert unlabelled(other.script) == unlabelled(one.script)
    words = zip(one.command("s", "f.mp4"), other.command("s", "f.mp4"), strict=True)
    changed = {after for before, after in words if before != after and not LABEL.fullmatch(after)}
    assert changed <= {f"file:{media}"}


def of_one_clip(clip_id: str, media: str) -> Any:
    return {"reel": 1, "clips": [{"id": clip_id, "media": media, "rotation": 3, "timing_data": {"trimRange": [1, 2]}}]}


def unlabelled(script: str) -> str:
    """A script without the names of its values, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"@[^=, ]+|\[[^]:]*\]", "", script))
