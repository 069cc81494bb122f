"""One stored value being read: the value, its place, and the report of its faults.

Reading never stops at a fault. A reader reports the fault and returns None, so that one reading finds every error of a
reel; its result is used only if the report has no errors.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from compiler.errors import Loc, Notice, ReelError, detached, raise_all
from compiler.model.limits import ID_LENGTH, Limits
from compiler.model.spelling import advice
from compiler.model.wire import Doubled, Refused, parse

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

DESCRIBED = 1000
"""Errors of one reading that are described; further ones are only counted, because a description costs more than the
value that it is about."""


@dataclass(slots=True)
class Rest:
    """The number of errors that were counted and not described."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one reading: errors, which forbid the result, and notices, which do not."""

    errors: list[ReelError] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    rest: Rest = field(default_factory=Rest)

    def is_full(self) -> bool:
        """Whether no more errors are described; counts one that is therefore not."""
        full = len(self.errors) >= DESCRIBED
        self.rest.count += full
        return full

    def raise_all(self) -> None:
        """Raise every error, if there are any."""
        raise_all(self.errors, self.rest.count)

    def notice(self, loc: Loc, message: str) -> None:
        """Add a warning about `loc`."""
        self.notices.append(Notice(loc, message))

    def error(self, code: str, loc: Loc, message: str, *, detail: str = "", hint: str = "") -> None:
        """Add an error about `loc`."""
        if not self.is_full():
            self.errors.append(ReelError(code, loc, message, detail=detail, hint=hint))


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored JSON value; `above` is the value that holds it under `key`, or for the outermost its location."""

    value: object
    report: Report
    above: Stored | Loc
    key: str | int = ""

    @property
    def loc(self) -> Loc:
        """The location of the value; built on demand, as most values have no fault."""
        return self.above if isinstance(self.above, Loc) else self.above.loc.at(self.key)

    @property
    def given(self) -> bool:
        """Whether there is a value that is neither absent nor null."""
        return self.value is not None

    @property
    def title(self) -> str:
        """The value's name in errors: its field's name, or its place in a list."""
        if isinstance(self.above, Loc):
            return "the clip" if self.above.pointer else "the reel file"
        return f"item {self.key}" if isinstance(self.key, int) else self.key

    def fault(self, code: str, message: str, *, detail: str = "", hint: str = "") -> None:
        """Report an error about the value; its text is the value's title and `message`."""
        if not self.report.is_full():
            text = f"{self.title} {message}"
            self.report.errors.append(ReelError(code, self.loc, text, detail=detail, hint=hint))

    def wrong_type(self, expected: str, code: str = "RC104", hint: str = "") -> None:
        """Report that the value is missing, or that it is not `expected`."""
        if isinstance(self.value, Refused):
            self.fault(self.value.code, self.value.message, detail=self.value.detail)
        elif self.value is None:
            self.fault("RC105", "is missing", hint=hint or f"it is {expected}")
        else:
            self.fault(code, f"is not {expected}", detail=f"it is {show(self.value)}", hint=hint)

    def unwrapped(self) -> Stored:
        """The value inside any number of layers of JSON text; empty text is null, unreadable text is RC107."""
        value = self.value
        while isinstance(value, str):
            try:
                value = parse(value, self.loc, "RC107") if value.strip() else None
            except ReelError as error:
                self.report.errors.append(detached(error))
                value = None
        return Stored(value, self.report, self.above, self.key)

    def is_object(self, known: Collection[str], code: str = "RC104") -> bool:
        """Whether the value is an object; reports an error of `code` if not, and faults of its fields if so."""
        if isinstance(self.value, dict):
            self.check_fields(known)
            return True
        self.wrong_type("an object", code)
        return False

    def check_fields(self, known: Collection[str]) -> None:
        """Report each field of the object that is not `known` or is given twice."""
        if isinstance(self.value, Doubled):
            for key in self.value.twice:
                self.field(key).fault("RC102", "is given twice", hint="keep one of them")
        for key in self.value if isinstance(self.value, dict) else ():
            if key not in known:
                self._unknown(str(key), known)

    def _unknown(self, key: str, known: Collection[str]) -> None:
        if self.report.is_full():
            return
        readable = key[:ID_LENGTH].encode("utf-8", "backslashreplace").decode("utf-8")
        close = difflib.get_close_matches(readable, sorted(known), 1)
        hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(sorted(known))}"
        Stored(None, self.report, self, readable).fault("RC103", "is not a known field", hint=hint)

    def has(self, name: str) -> bool:
        """Whether the object has the field, null or not."""
        return isinstance(self.value, dict) and name in self.value

    def field(self, name: str) -> Stored:
        """The object's field; if it is absent, a `Stored` without a value."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return Stored(value, self.report, self, name)

    def field_or(self, name: str, default: T, read: Callable[[Stored], T | None]) -> T:
        """The object's field as `read` returns it, or `default` if it is absent, null or faulty."""
        found = self.field(name)
        value = read(found) if found.given else None
        return default if value is None else value

    def one_of(self, name: str, alias: str) -> Stored:
        """The field under one of its two names; RC107 if both are given, as either might be meant."""
        first, second = self.field(name), self.field(alias)
        if first.given and second.given:
            second.fault("RC107", f"says the same as {name}, which is given too", hint=f"keep {name}")
        return second if second.given and not first.given else first

    def items(self) -> list[Stored]:
        """The list's items; none if the value is not a list."""
        if isinstance(self.value, list):
            return [Stored(item, self.report, self, index) for index, item in enumerate(self.value)]
        self.wrong_type("a list")
        return []

    def number(self, limits: Limits) -> Fraction | None:
        """The exact decimal value, if it is a number within `limits`."""
        value = self.value
        if isinstance(value, float) and math.isfinite(value):
            value = repr(value)
        elif isinstance(value, bool) or not isinstance(value, int | Fraction):
            hint = advice(value, limits) if isinstance(value, str) else ""
            self.wrong_type("a number", hint=hint)
            return None
        exact = value if isinstance(value, Fraction) else Fraction(value)
        if limits.hold(exact):
            return exact
        self.fault("RC106", "is out of range", detail=f"it is {show(exact)}", hint=f"it must be {limits}")
        return None

    def whole(self, limits: Limits) -> int | None:
        """The integer, if the value is one within `limits`; 45.0 is 45."""
        exact = self.number(limits)
        if exact is None:
            return None
        if exact.denominator != 1:
            self.wrong_type("a whole number")
            return None
        return exact.numerator

    def is_version(self, known: int) -> bool:
        """Whether the value is the `known` version; RC110 if it is another."""
        version = self.value
        if isinstance(version, bool) or not isinstance(version, int | Fraction):
            self.wrong_type("a version number", hint=f"write {known}")
        elif version != known:
            hint = f"this reelc reads version {known}"
            self.fault("RC110", "is not supported", detail=f"it is {show(version)}", hint=hint)
        return version == known and not isinstance(version, bool)

    def word(self, words: Sequence[Word], code: str = "RC106") -> Word | None:
        """The word, if it is one of `words`; otherwise an error of `code` with the nearest word as its hint."""
        if not isinstance(self.value, str):
            self.wrong_type("text")
            return None
        for word in words:
            if word == self.value:
                return word
        close = difflib.get_close_matches(self.value[:ID_LENGTH].lower(), words, 1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(words)}"
        self.fault(code, "is not known", detail=f"it is {show(self.value)}", hint=hint)
        return None

    def text(self, longest: int) -> str | None:
        """The text, if it is not empty, not too long, and can be written as UTF-8."""
        value = self.value
        if not isinstance(value, str):
            self.wrong_type("text")
        elif not value.strip():
            self.fault("RC106", "is empty")
        elif len(value) > longest:
            self.fault("RC106", "is too long", detail=f"it has {len(value)} characters", hint=f"at most {longest}")
        elif "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            self.fault("RC106", "holds a character no file name can", detail=f"it is {show(value)}")
        else:
            return value
        return None

    def flag(self) -> bool | None:
        """The value, if it is true or false."""
        if isinstance(self.value, bool):
            return self.value
        self.wrong_type("true or false")
        return None


def show(value: object) -> str:
    """A stored value for an error's text: short, on one line, without the content of a list or an object."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return f"the text {value[:40]!r}" + ("…" if len(value) > 40 else "")
        case float():
            return f"{value:.12g}"
        case int() | Fraction():
            return f"{Decimal(value.numerator) / value.denominator:.12g}"
        case list():
            return "a list"
        case _:
            return "an object"
