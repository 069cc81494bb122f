"""Units that hold less than they were to hold, though ffmpeg ended well: what a wrong film is wrong by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.errors import Loc, ReelError
from compiler.supervise.films.step import RenderStep
from compiler.supervise.plain import plain


@dataclass(frozen=True, slots=True)
class ShortUnit:
    """A step whose file is one of those that the film is joined of, and the frames that ffmpeg said it made."""

    step: RenderStep
    made: int

    @property
    def clips(self) -> Sequence[str]:
        """The ids of the clips that it opens."""
        return [*dict.fromkeys(loc.clip for loc in self.step.origins.inputs if loc.clip)]

    def __str__(self) -> str:
        sound = self.step.samples is not None
        what, due = (" of sound", f"{self.step.samples} samples") if sound else ("", f"{self.step.frames} frames")
        got = "fewer" if sound else str(self.made)
        return f"the unit{what} of {', '.join(map(plain, self.clips))} has {got} of {due}"


def explained(error: ReelError, short: Sequence[ShortUnit]) -> ReelError:
    """The error of a film's verification, at the clip of the first unit that is short; there is one at least."""
    detail = "\n".join([*map(str, short), error.detail])
    loc = Loc(short[0].clips[0]) if short[0].clips else error.loc
    return ReelError(error.code, loc, error.message, detail=detail, hint=error.hint)
