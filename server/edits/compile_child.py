"""A child that compiles: a pure function of what it is given, with no files, under limits of time and memory.

stdin is a pickle of (work, arguments), of the server's own making. stdout is a pickle of ("result", VALUE) or of
("problem", STATUS, ERROR, MESSAGE, MEMBERS). Exit code 3 is a lack of memory, 4 a result of more than `MOST` bytes.
"""

from __future__ import annotations

import pickle
import sys

from server.edits import compiled, drafts
from server.edits.children import OUT_OF_MEMORY, TOO_LARGE
from server.problem import Problem

WORK = frozenset({compiled.read_stored, compiled.compile_read, drafts.draft_edit})
MOST = 32 << 20
"""Bytes of a result, besides those of the footage's facts, which it repeats: the server's memory keeps it."""


def main() -> None:
    """Do the work."""
    try:
        given = sys.stdin.buffer.read()
        written = pickle.dumps(_answer(given), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    if len(written) > MOST + 2 * len(given):
        sys.exit(TOO_LARGE)
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()


def _answer(given: bytes) -> tuple[object, ...]:
    work, arguments = pickle.loads(given)
    if work not in WORK:
        raise ValueError(f"{work} is not work of this child")
    try:
        return "result", work(*arguments)
    except Problem as problem:
        return "problem", problem.status, problem.error, problem.message, problem.members
