"""Passes: pure rewrites of the graph, one file and one law each, run in this order."""

from __future__ import annotations

from typing import Protocol

from compiler.ir.graph import Graph
from compiler.ir.infer import Inferred
from compiler.passes.commute_still import commute_still
from compiler.passes.crops import choose_crops
from compiler.passes.cut_sound import cut_sound
from compiler.passes.fold_identity import fold_identity
from compiler.passes.fuse_cuts import fuse_cuts
from compiler.passes.insert_splits import insert_splits
from compiler.passes.lay_backdrops import lay_backdrops
from compiler.passes.narrow_frames import narrow_frames
from compiler.passes.part_motion import part_motion
from compiler.passes.part_overlaps import part_overlaps
from compiler.passes.restamp_joins import restamp_joins
from compiler.passes.seek_sources import seek_sources
from compiler.passes.widen_blends import widen_blends


class Pass(Protocol):
    """One rewrite of a graph. `like`, shapes of the graph or of a similar one, saves inferring them again."""

    __name__: str

    def __call__(self, graph: Graph, like: Inferred | None = None, /) -> Graph:
        """The rewritten graph."""


SHAPING: tuple[Pass, ...] = (
    fold_identity,  # first: the graph that people read has no ops without effect
    fuse_cuts,  # before joins are restamped, so that a run of cuts is restamped once
    seek_sources,  # while a source still has one reader of its source time
    choose_crops,  # needs the sizes that remain after folding
    fold_identity,  # again: a box that is the whole picture becomes a scale that may change nothing
    commute_still,  # after the crops are chosen: only still ones commute
    part_overlaps,  # once a clip's picture is final, since it gives the picture several readers
)
"""The passes that decide how every frame is drawn. After them a graph can be sliced, and a slice has the same
frames."""

LEGALISING: tuple[Pass, ...] = (
    lay_backdrops,  # gives one picture two readers, so after slicing
    part_motion,  # gives one picture several readers, so after slicing
    cut_sound,  # gives one sound several readers
    insert_splits,  # after every pass that lets a value be read twice
    widen_blends,  # before joins are restamped: a restamp directly follows its xfade
    restamp_joins,  # last: nothing after it may touch timestamps
)
"""The passes that make a graph legal: only ops with ffmpeg filters."""

PASSES = SHAPING + LEGALISING

SLICING: tuple[Pass, ...] = (
    narrow_frames,  # on a sliced graph
    seek_sources,  # again: the slice begins later in its sources
    *LEGALISING,
)
"""The passes from a slice to a legal graph."""


def pass_name(step: Pass) -> str:
    """A pass's name in texts: `fuse-cuts`."""
    return step.__name__.replace("_", "-")


def law(step: Pass) -> str:
    """The law of the pass, in one line."""
    return (step.__doc__ or "").strip().splitlines()[0]
