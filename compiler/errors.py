"""All errors that reach users: one type, printed in one layout.

    ReelError                 one coded error
    ReelErrors                several coded errors, reported at once (an ExceptionGroup)

Families: RC1 model, RC2 timeline, RC3 verify, RC4 legalise, RC6 ffmpeg and media, RC7 storage, RC8 the farm,
RC9 a bug in reelc.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass

from compiler.codes import CODES


@dataclass(frozen=True, slots=True)
class Loc:
    """The origin of a value or an error: a clip's id and a JSON pointer into the reel file."""

    clip: str | None = None
    pointer: str = ""

    def at(self, *parts: str | int) -> Loc:
        """The location `parts` further down."""
        tail = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
        return Loc(self.clip, self.pointer + tail)


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning: the film can be rendered, but the edit may not be what its author meant."""

    loc: Loc
    message: str

    def __str__(self) -> str:
        place = f'clip "{self.loc.clip}" ' if self.loc.clip else ""
        return f"{place}{self.loc.pointer}: {self.message}" if self.loc.pointer else f"{place}{self.message}"


class ReelError(Exception):
    """One error with its code, its clip and field, and a remedy.

    `message` names the fault in one clause, `detail` has the numbers, `hint` the remedy.
    """

    def __init__(self, code: str, loc: Loc, message: str, *, detail: str = "", hint: str = "") -> None:
        if code not in CODES:
            raise KeyError(f"{code} is not in compiler/codes.py")
        super().__init__(message)
        self.code, self.loc, self.message, self.detail, self.hint = code, loc, message, detail, hint

    @property
    def name(self) -> str:
        """The code's name, as the HTTP API has it: `overlap_too_long` for RC203."""
        return CODES[self.code].name

    @property
    def exit_code(self) -> int:
        """The exit code of a command that this error ended."""
        return CODES[self.code].exit_code

    def fields(self) -> dict[str, str | None]:
        """The error as JSON-ready members: code, error, message, clip_id, pointer, detail, hint."""
        return {
            "code": self.code,
            "error": self.name,
            "message": self.message,
            "clip_id": self.loc.clip,
            "pointer": self.loc.pointer or None,
            "detail": self.detail or None,
            "hint": self.hint or None,
        }

    def __reduce__(self) -> tuple[object, ...]:
        return _of_fields, (self.code, self.loc, self.message, self.detail, self.hint)

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.message}"]
        place = "  ".join(filter(None, (f'clip "{self.loc.clip}"' if self.loc.clip else "", self.loc.pointer)))
        lines += [f"  {line}" for line in (place, *self.detail.splitlines()) if line]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


def _of_fields(code: str, loc: Loc, message: str, detail: str, hint: str) -> ReelError:
    return ReelError(code, loc, message, detail=detail, hint=hint)


class ReelErrors(ExceptionGroup[ReelError]):
    """Every error found in one reading, in the order of the file."""

    more: int
    """The number of further errors of the same reading, which were counted and not described."""

    def __new__(cls, errors: Sequence[ReelError], more: int = 0) -> ReelErrors:
        """A group of the errors."""
        group = super().__new__(cls, f"{len(errors) + more} errors", errors)
        group.more = more
        return group

    @property
    def errors(self) -> tuple[ReelError, ...]:
        """The errors, in order."""
        return tuple(error for error in self.exceptions if isinstance(error, ReelError))

    @property
    def exit_code(self) -> int:
        """The exit code of a command that these errors ended: the gravest one."""
        return max(error.exit_code for error in self.errors)

    def __str__(self) -> str:
        more = [f"and {self.more} more errors"] if self.more else []
        return "\n".join([*map(str, self.errors), *more])

    def derive(self, excs: Sequence[Exception]) -> ReelErrors:  # type: ignore[override]
        """A group of other errors, of the same type; `split` and `subgroup` call it."""
        return ReelErrors([error for error in excs if isinstance(error, ReelError)])


def detached(error: ReelError) -> ReelError:
    """The error without its traceback, for those that keep errors in lists.

    A traceback holds the frames that the error passed, and their callers'. Where one of them holds the list, both stay
    in memory, with the texts that were read, until the garbage collector runs.
    """
    return copy(error)


def raise_all(errors: Iterable[ReelError], more: int = 0) -> None:
    """Raise the collected errors: nothing for none, a single error as itself, several as one group.

    `more` is the number of further errors that were counted and not described.
    """
    found = list(errors)
    if len(found) == 1 and not more:
        raise detached(found[0])
    if found:
        raise ReelErrors(found, more)
