"""Exact parsing of JSON text: decimals become rationals, and hostile input is caught here.

Values that JSON text can hold and a reel cannot (a number beyond doubles, a key given twice, NaN) become marks in the
tree; the reader of that place reports the mark with its pointer.
"""

from __future__ import annotations

import codecs
import json
import math
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from compiler.errors import Loc, ReelError

_BYTE_ORDER_MARKS = (
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF8,
)
_NUMBER_LENGTH = 308
"""Characters of a number: more than any program writes for a double, few enough to convert quickly."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A mark: a number that JSON text can hold and a reel cannot."""

    code: str
    message: str
    detail: str


class Doubled(dict[str, object]):
    """An object with keys, `twice`, that were given more than once; the last value of each is kept."""

    __slots__ = ("twice",)
    twice: tuple[str, ...]


def decode(text: str | bytes, loc: Loc) -> str:
    """The decoded text; RC101 for anything but UTF-8 without a byte order mark."""
    if isinstance(text, bytes) and text.startswith(_BYTE_ORDER_MARKS):
        raise _not_json(loc, "starts with a byte order mark", hint="save the file as UTF-8 without one")
    try:
        return text.decode("utf-8") if isinstance(text, bytes) else text.encode("utf-8").decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_json(loc, "is not UTF-8", f"byte {error.start}", "save the file as UTF-8") from None
    except UnicodeEncodeError as error:
        raise _not_json(loc, "is not Unicode text", f"character {error.start}") from None


def parse(text: str, loc: Loc, code: str = "RC101") -> object:
    """The JSON value of `text`, decimals as Fractions; an error of `code` with line and column if it is not JSON."""
    try:
        return json.loads(
            text, parse_int=_whole, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        detail = f"line {error.lineno} column {error.colno}: {error.msg}"
        raise _not_json(loc, "is not JSON", detail, code=code) from None
    except RecursionError:
        raise _not_json(loc, "is nested too deeply", hint="a reel is six levels deep", code=code) from None


def _not_json(loc: Loc, message: str, detail: str = "", hint: str = "", code: str = "RC101") -> ReelError:
    subject = loc.pointer.rpartition("/")[2] or "the reel file"
    return ReelError(code, loc, f"{subject} {message}", detail=detail, hint=hint)


def _whole(text: str) -> int | Refused:
    return int(text) if len(text) <= _NUMBER_LENGTH else _unfit(text)


def _decimal(text: str) -> Fraction | Refused:
    double = float(text) if len(text) <= _NUMBER_LENGTH else math.inf
    if not math.isfinite(double):
        return _unfit(text)
    if double == 0:
        spells_zero = not text.lower().partition("e")[0].strip("-0.")
        return Fraction(0) if spells_zero else _unfit(text)
    return Fraction(Decimal(text))


def _unfit(text: str) -> Refused:
    return Refused("RC106", "is not a number a double can hold", f"it is {text[:24]}{'…' if len(text) > 24 else ''}")


def _constant(text: str) -> Refused:
    return Refused("RC101", "is not JSON", f"{text} is not a number")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    doubled = Doubled(plain)
    doubled.twice = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return doubled
