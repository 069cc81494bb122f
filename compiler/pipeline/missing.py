"""Filters, transitions and encoders that a film needs and an ffmpeg lacks."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from compiler.emit.encoders import Encoding
from compiler.emit.filters import Spelling, needs, spell
from compiler.errors import Loc, ReelError
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.graph import Graph
from compiler.pipeline.loudness import measuring_of
from compiler.transitions import BLENDS

NEAR = 0.4
"""The similarity from which a name is suggested for another, as `slideleft` for `coverleft`."""


def missing(graph: Graph, spelling: Spelling, encoding: Encoding, build: Build) -> Iterator[ReelError]:
    """RC401, RC403, RC404 for every filter, transition and encoder that the film needs and the ffmpeg lacks."""
    for encoder in encoding.profile.encoders:
        if encoder not in build.encoders:
            hint = "choose another codec, or use the embedded ffmpeg, which has them all"
            what = f"ffmpeg {build.version} has no {encoder} encoder"
            yield ReelError("RC404", Loc(None, "/encode/codec"), what, hint=hint)
    needed = needs(graph, spelling)
    if measuring := measuring_of(graph):
        needed = needs(measuring.graph, spell(measuring.graph)) | needed
    for name, loc in needed.items():
        if name not in build.filters:
            hint = "use the embedded ffmpeg, or one that was built with it"
            yield ReelError("RC401", loc, f"ffmpeg {build.version} has no {name} filter", hint=hint)
    for define in graph:
        if isinstance(op := define.op, ops.Xfade) and op.kind in BLENDS and not build.draws(op.kind):
            yield _undrawn(op.kind, define.loc, build)


def _undrawn(kind: str, loc: Loc, build: Build) -> ReelError:
    """RC403 for a transition that this ffmpeg does not draw, with similar ones that it draws."""
    near = get_close_matches(kind, [name for name in BLENDS if build.draws(name)], 3, NEAR)
    hint = f"use {', '.join(near)}, or an ffmpeg that has it; the embedded one draws all"
    detail = f"ffmpeg {BLENDS[kind].since} has it, some earlier releases do not"
    return ReelError("RC403", loc, f"ffmpeg {build.version} has no {kind} transition", detail=detail, hint=hint)
