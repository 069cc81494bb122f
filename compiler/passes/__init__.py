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
    """One rewrite of a graph. The shapes of the graph, or of one like it, spare inferring them; not every pass asks."""

    __name__: str

    def __call__(self, graph: Graph, like: Inferred | None = None, /) -> Graph:
        """The graph rewritten."""


SHAPING: tuple[Pass, ...] = (
    fold_identity,  # first: the graph people read has nothing in it that does nothing
    fuse_cuts,  # before joins are restamped, so that a run of cuts is restamped once
    seek_sources,  # while a source still has one reader of its source time
    choose_crops,  # needs the sizes that folding has settled
    fold_identity,  # again: a box that is the whole picture leaves a scale that may change nothing
    commute_still,  # after the crops are chosen: only still ones commute
    part_overlaps,  # once a clip's picture is settled, since it gets several readers
)
"""What decides how everything is drawn. After these a graph may be sliced, and a slice is drawn as the whole is."""

LEGALISING: tuple[Pass, ...] = (
    lay_backdrops,  # makes two readers of one picture, once nothing is sliced any more
    part_motion,  # makes several readers of one, for the same reason here
    cut_sound,  # makes several readers of one sound
    insert_splits,  # after everything that reads a value twice
    widen_blends,  # before joins are restamped: a restamp stands right behind its xfade
    restamp_joins,  # last: nothing after it may touch timestamps
)
"""What makes a graph one that ffmpeg has the filters for."""

PASSES = SHAPING + LEGALISING

SLICING: tuple[Pass, ...] = (
    narrow_frames,  # on a graph of which a part was sliced
    seek_sources,  # again: the part begins later in its source
    *LEGALISING,
)
"""From a slice to a legal graph."""


def pass_name(step: Pass) -> str:
    """A pass's name as texts say it: `fuse-cuts`."""
    return step.__name__.replace("_", "-")


def law(step: Pass) -> str:
    """What the pass leaves true, in one line."""
    return (step.__doc__ or "").strip().splitlines()[0]
