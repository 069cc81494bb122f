"""The part of a legal graph that the film holds, in the formats that the profile's encoders take."""

from __future__ import annotations

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, drop_unread
from compiler.ir.ops import Value
from compiler.passes.insert_splits import insert_splits
from compiler.profiles import Profile

FILM, HEARD = Value("film"), Value("film.sound")
CODEC = Loc(None, "/encode/codec")
"""The field that decides the encoders' input formats."""


def delivered(legal: Graph, profile: Profile) -> Graph:
    """The graph of the profile's picture and sound, each in its encoder's input format."""
    video = legal.video if profile.picture else None
    audio = legal.audio if profile.sound else None
    defs: list[Def] = []
    if video and profile.picture and profile.picture.pix_fmt != "yuv420p":
        defs += _given(video, profile.picture.pix_fmt)
        video = FILM
    if audio and profile.sound and not profile.sound.rated:
        defs.append(Def(HEARD, ops.Pcm(audio), CODEC))
        audio = HEARD
    if (video, audio) == (legal.video, legal.audio):
        return legal
    return insert_splits(drop_unread(Graph((*legal.defs, *defs), video, audio)))


def _given(video: Value, pix_fmt: str) -> list[Def]:
    match pix_fmt:
        case "yuv422p10le":
            return [Def(FILM, ops.Deepen(video), CODEC)]
        case "bgra":
            return [Def(FILM, ops.Rgb(video, "bgra"), CODEC)]
        case "pal8":
            colours, palette = Value("film.rgb"), Value("film.palette")
            return [
                Def(colours, ops.Rgb(video, "bgra"), CODEC),
                Def(palette, ops.Palette(colours), CODEC),
                Def(FILM, ops.Paint(colours, palette), CODEC),
            ]
        case _:
            raise ValueError(f"no film is made of {pix_fmt}")
