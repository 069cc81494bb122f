"""Random edits that compile, each a random change of another one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random
from typing import Any

from compiler.errors import ReelError, ReelErrors
from compiler.ir.build import Build
from compiler.model import read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.timeline.media import Media
from compiler.transitions import CURVES
from tests.golden.media import FIVE, MEDIA, NINE, picture
from tests.lower.reels import play

Json = dict[str, Any]

SOURCES: Mapping[str, Media] = {
    **{name: MEDIA[name] for name in ("game.mp4", "phone.mp4", "silent.mp4", "tube.mov", "card.png")},
    "odd.mp4": picture(replace(MEDIA["game.mp4"], path="odd.mp4"), straightened=("its clock jumps",)),
}
BUILDS = (NINE, FIVE, replace(NINE, avx512=True), replace(NINE, version="9.0.3"), replace(NINE, path="other-ffmpeg"))
BLENDS = ("fade", "dissolve", "wipeleft", "radial")


@dataclass(frozen=True, slots=True, eq=False)
class RandomEdit:
    """An edit, the ffmpeg that renders it, and its files: the folder that each is in and the version of its bytes."""

    clips: tuple[Json, ...]
    top: Json = field(default_factory=dict)
    build: Build = NINE
    folders: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)

    @lru_cache(maxsize=2)  # noqa: B019 - two edits at most are kept
    def compiled(self) -> Compiled:
        """The compiled reel; ReelError or ReelErrors if it cannot be rendered."""
        canvas = {"width": 360, "height": 640, **self.top.get("canvas", {})}
        reel = read_reel(json.dumps({"reel": 1, **self.top, "canvas": canvas, "clips": self.clips}))
        media = {name: replace(media, path=self.path(name)) for name, media in SOURCES.items()}
        return compile_reel(reel, media, self.build)

    def path(self, name: str) -> str:
        """The path of a file of this name."""
        return f"{self.folders.get(name, '/footage')}/{name}"

    def content(self, path: str) -> str:
        """The content of a file, as text."""
        name = path.rpartition("/")[2]
        return f"bytes {self.versions.get(name, 0)} of {name}"


def random_edit(dice: Random) -> RandomEdit:
    """An edit of one to six clips, far from any other."""
    while True:
        edit = RandomEdit(tuple(_clip(dice) for _ in range(dice.randint(1, 6))))
        for _ in range(4):
            edit = dice.choice((_of_the_film, _of_a_clip))(dice, edit)
        if _renders(edit):
            return edit


def changed(dice: Random, edit: RandomEdit) -> RandomEdit:
    """The edit with one random change, which may be none."""
    ways = (_of_a_clip,) * 6 + (_of_the_film, _of_the_film, _of_the_order, _of_a_file, _of_ffmpeg)
    return next(other for _ in iter(int, 1) if _renders(other := dice.choice(ways)(dice, edit)))


def changed_clip(dice: Random, edit: RandomEdit, number: int) -> RandomEdit:
    """The edit with one random change of one clip."""
    return next(other for _ in iter(int, 1) if _renders(other := _of_a_clip(dice, edit, number)))


def _renders(edit: RandomEdit) -> bool:
    try:
        edit.compiled()
    except (ReelError, ReelErrors):
        return False
    return True


def _clip(dice: Random) -> Json:
    names = dice.sample(sorted(CLIP), 3)
    return {"media": dice.choice(sorted(SOURCES)), **_timing(dice), **{name: CLIP[name](dice) for name in names}}


def _timing(dice: Random) -> Json:
    start = dice.randint(0, 4) / 2
    end = start + dice.choice((0.5, 1, 2, 4.5, 20))
    speeds = [(start, start + 0.4, dice.choice((0.5, 2, {"from": 0.4, "to": 1.5})))] if dice.random() < 0.4 else []
    return dict(play(start, end, *speeds))


def _crop(dice: Random) -> list[Json]:
    frames = sorted(dice.sample(range(90), dice.choice((1, 1, 2, 3))))
    size = dice.choice((200, 300))
    return [{"frame": n, "x": dice.randint(0, 90), "y": 20, "width": size, "height": 300} for n in frames]


def _transition(dice: Random) -> Json:
    kind = dice.choice(("cut", *BLENDS))
    seconds = {} if kind == "cut" else {"duration": dice.choice((0.2, 0.3))}
    curve = {"audio_curve": dice.choice(sorted(CURVES))} if kind != "cut" and dice.random() < 0.3 else {}
    colour = {"colour": "#3070c0"} if kind == "fade" and dice.random() < 0.3 else {}
    return {"type": kind, **seconds, **curve, **colour}


CLIP: Mapping[str, Callable[[Random], Any]] = {
    "id": lambda dice: f"c{dice.randint(0, 10**6)}",
    "name": lambda dice: f"clip {dice.randint(0, 9)}",
    "media": lambda dice: dice.choice(sorted(SOURCES)),
    "crop_data": _crop,
    "segments_data": lambda dice: _timing(dice)["segments_data"],
    "rotation": lambda dice: dice.choice((0, 1, -2.5)),
    "turn": lambda dice: dice.choice((0, 90, 180)),
    "mirror": lambda dice: dice.choice((True, False)),
    "volume": lambda dice: dice.choice((-6, 3)),
    "mute": lambda dice: dice.choice((True, False)),
    "motion": lambda dice: dice.choice(("repeat", "blend", "interpolate")),
    "transition_data": _transition,
    "stretch": lambda dice: dice.choice(("pitch", "varispeed", "mute")),
    "damage": lambda dice: dice.choice(("conceal", "refuse")),
    "window": lambda dice: dice.choice((None, {"start": 1.01}, {"start": 2, "end": 5}, {"start": 3.3, "end": 9.05})),
}
"""Random values of a clip's fields."""

FILM: Mapping[str, Callable[[Random], Any]] = {
    "canvas": lambda dice: dice.choice(
        ({}, {"fps": "25"}, {"fps": "30000/1001"}, {"width": 400}, {"fit": "cover"}, {"fill": "blur"})
    ),
    "encode": lambda dice: dice.choice(
        ({}, {"crf": 30}, {"preset": "fast"}, {"codec": "prores"}, {"bitrate": "4M"}, {"audio_bitrate": "96k"})
    ),
    "audio": lambda dice: dice.choice(
        ({}, {"loudness": {"target": -16}}, {"loudness": {"target": -20}}, {"include": False}, {"stretch": "varispeed"})
    ),
}
"""Random values of a film's fields."""


def _of_a_clip(dice: Random, edit: RandomEdit, number: int | None = None) -> RandomEdit:
    clips, name = [*edit.clips], dice.choice(sorted(CLIP))
    number = dice.randrange(len(clips)) if number is None else number
    clips[number] = {**clips[number], name: CLIP[name](dice)}
    return replace(edit, clips=tuple(clips))


def _of_the_film(dice: Random, edit: RandomEdit) -> RandomEdit:
    name = dice.choice(sorted(FILM))
    return replace(edit, top={**edit.top, name: FILM[name](dice)})


def _of_the_order(dice: Random, edit: RandomEdit) -> RandomEdit:
    clips = [*edit.clips]
    if len(clips) > 5 or (len(clips) > 1 and dice.random() < 0.5):
        moved = clips.pop(dice.randrange(len(clips)))
        if dice.random() < 0.5:
            return replace(edit, clips=tuple(clips))
    else:
        moved = _clip(dice)
    clips.insert(dice.randint(0, len(clips)), moved)
    return replace(edit, clips=tuple(clips))


def _of_a_file(dice: Random, edit: RandomEdit) -> RandomEdit:
    name = dice.choice((*sorted(SOURCES), "ffmpeg"))
    if dice.random() < 0.5 and name != "ffmpeg":
        return replace(edit, folders={**edit.folders, name: f"/moved/{dice.randint(0, 9)}"})
    return replace(edit, versions={**edit.versions, name: dice.randint(0, 9)})


def _of_ffmpeg(dice: Random, edit: RandomEdit) -> RandomEdit:
    return replace(edit, build=dice.choice(BUILDS))
