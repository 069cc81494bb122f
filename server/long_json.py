"""JSON of any length, written and read in steps.

`json` writes or reads a value in one call of C, during which no other thread runs, nor the event loop: the edit of one
clip takes a tenth of a second, a list far longer. Between two steps the other threads get their turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

MOST = 1000
"""Values of one step, of which each 16 characters of a string count as one: about a millisecond."""

SHORT = 1 << 14
"""Characters of a text that is read in one step."""


class _Form(NamedTuple):
    """How a text is written."""

    comma: str
    colon: str
    ascii: bool

    def text(self, value: object) -> str:
        """A value in one step."""
        return json.dumps(value, ensure_ascii=self.ascii, allow_nan=self.ascii, separators=(self.comma, self.colon))


ANSWERED, STORED = _Form(",", ":", ascii=False), _Form(", ", ": ", ascii=True)


def is_short(value: object) -> bool:
    """Whether a value is written in one step."""
    return _weight(value) <= MOST


def dumped(value: object) -> bytes:
    """A value as JSON, as Starlette writes it."""
    return "".join(_steps(value, ANSWERED)).encode()


def written(value: object) -> str:
    """A value as JSON, as `json.dumps` writes it."""
    return "".join(_steps(value, STORED))


def loaded(text: str | bytes) -> Any:
    """The value of a JSON text; ValueError if it is none."""
    return json.loads(text) if len(text) <= SHORT else json.loads(text, object_hook=_unchanged)


def _unchanged(found: dict[str, Any]) -> dict[str, Any]:
    """The object itself: other threads run only when `json` calls a function of Python."""
    return found


def _weight(value: object) -> int:
    """The values in a value; of more than MOST only some are counted."""
    left, weight = [value], 1
    while left and weight <= MOST:
        each = left.pop()
        if isinstance(each, str):
            weight += len(each) >> 4
        elif isinstance(each, (dict, list, tuple)):
            weight += len(each)
            if weight <= MOST:
                left += cast(dict[str, object], each).values() if isinstance(each, dict) else each
    return weight


def _steps(value: object, form: _Form) -> Iterator[str]:
    if is_short(value) or not isinstance(value, (dict, list, tuple)):
        yield form.text(value)
    elif isinstance(value, dict):
        before = "{"
        for name, each in cast(dict[str, object], value).items():
            yield before + form.text({name: 0})[1:-2]
            yield from _steps(each, form)
            before = form.comma
        yield "}"
    else:
        yield "["
        yield from _members(cast(Sequence[object], value), form)
        yield "]"


def _members(values: Sequence[object], form: _Form) -> Iterator[str]:
    """The members of a list without its brackets, as many at a time as a step may have."""
    before, step, weight = "", list[object](), 0
    for value in values:
        heavy = _weight(value)
        if step and weight + heavy > MOST:
            yield before + form.text(step)[1:-1]
            before, step, weight = form.comma, [], 0
        if heavy > MOST:
            yield before
            yield from _steps(value, form)
            before = form.comma
        else:
            step.append(value)
            weight += heavy
    if step:
        yield before + form.text(step)[1:-1]
