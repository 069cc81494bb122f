"""Whether the reads of children can be watched, found out by watching one."""

from __future__ import annotations

import sys

from compiler.supervise.children.confine import can_filter
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.reads import Partial, reading
from compiler.supervise.children.sandbox import ChildLimits, answer_of, start

WITHIN = 20.0
"""Seconds that the child may take."""

_known: list[bool] = []


async def can_watch(partial: Partial) -> bool:
    """Whether this machine lets a process watch its children; the first call starts a child that reads its program."""
    if not _known:
        _known.append(can_filter() and await _is_watched(partial))
    return _known[0]


async def _is_watched(partial: Partial) -> bool:
    reach = Reach([sys.executable], python_files())
    async with reading(partial) as reads:
        child = await start([sys.executable, "-I", "-S", "-c", ""], ChildLimits(), reach, None, reads)
        try:
            return (await answer_of(child, WITHIN)).exit_code == 0
        except TimeoutError:
            return False
