"""Bounds of the JSON that clients send: depth, entries of one list or object, and values.

They leave room for the largest legal edit, and keep the work of one request small. JSON that is stored as text is
bounded like JSON that is sent as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from compiler.errors import Loc, ReelError
from compiler.model.wire import parse
from server.problem import Problem, invalid

DEPTH = 32
"""Lists and objects inside each other; a reel is six levels deep."""

ENTRIES = 10_000
"""Entries of one list or object: keyframes, spans, boundaries, clips."""

VALUES = 200_000
"""Values of a whole body, its lists and objects included: twice those of a clip with 10,000 keyframes."""

Path = tuple["Path | None", str | int]
"""A place in a tree: the place above it, and its key there."""


def check_bounds(tree: object, above: str = "") -> None:
    """400 `invalid_json` for a tree that is too deep, 422 `invalid_request` for one with too many entries or values."""
    left: list[tuple[object, Path | None, int]] = [(tree, None, 1)]
    values = 0
    while left:
        value, path, depth = left.pop()
        if not isinstance(value, (list, dict)):
            continue
        values += len(value)
        if depth > DEPTH:
            raise Problem(400, "invalid_json", f"the body is nested too deeply: at most {DEPTH} levels")
        if len(value) > ENTRIES:
            raise _too_many(above + _pointer(path), f"{len(value)} entries", ENTRIES)
        if values > VALUES:
            raise _too_many(above, "too many values", VALUES)
        entries: Iterable[tuple[str | int, object]] = value.items() if isinstance(value, dict) else enumerate(value)
        left += [(each, (path, key), depth + 1) for key, each in entries if isinstance(each, (list, dict))]


def check_texts(changes: Mapping[str, object], above: str = "") -> None:
    """The errors of `check_bounds` for the fields whose value is JSON text; text that is not JSON has its own error."""
    for name, value in changes.items():
        with suppress(ReelError):
            while isinstance(value, str) and value.strip():
                value = parse(value, Loc())
                check_bounds(value, f"{above}/{name}")


def _too_many(pointer: str, count: str, most: int) -> Problem:
    return invalid(f"{pointer or 'the body'} has {count}: at most {most}", pointer=pointer)


def _pointer(path: Path | None) -> str:
    parts: list[str] = []
    while path is not None:
        path, key = path
        parts.append(str(key).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in reversed(parts))
