"""The parts of a film that are in the cache of units before it is rendered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compiler.pipeline import Compiled
from compiler.steps import steps
from compiler.supervise.films.kept import keys_of
from compiler.supervise.unit_cache import UnitCache


@dataclass(frozen=True, slots=True)
class MadeBefore:
    """Whether the whole film, each of its units, and each of its units of sound is in the cache. Without units there
    is only the film."""

    film: bool
    units: tuple[bool, ...]
    sounds: tuple[bool, ...]

    def as_json(self) -> Mapping[str, object]:
        """The member `cached` of plan.json."""
        return {"film": self.film, "units": list(self.units), "sounds": list(self.sounds)}

    def lines(self, compiled: Compiled) -> Iterator[str]:
        """A comment below the command: a line for the film, for each unit and for each unit of sound."""
        plan = compiled.plan
        yield f"# film: {plan.frames} frames, {_state(self.film)}"
        for number, ((first, until), kept) in enumerate(zip(plan.units, self.units, strict=False), start=1):
            yield f"#   unit {number}: frames {first} to {until - 1}, {_state(kept)}"
        for number, ((first, until), kept) in enumerate(zip(plan.sounds, self.sounds, strict=False), start=1):
            yield f"#   sound {number}: clips {first + 1} to {until}, {_state(kept)}"


def made_before(compiled: Compiled, cache: UnitCache) -> MadeBefore:
    """The parts of a film that a render would take from the cache. No media is read: the content of a file that no
    render has read yet is unknown, and so nothing of it is kept."""
    made = steps(compiled)
    keys = keys_of(made, cache.known)
    kept = [number in keys and cache.has(keys[number]) for number in range(len(made))]
    own = [(step, there) for step, there in zip(made, kept, strict=True) if step.made]
    return MadeBefore(
        kept[-1] and all(there for step, there in own if step.reported),
        tuple(there for step, there in own if step.frames),
        tuple(there for step, there in own if step.unit_samples is not None),
    )


def _state(kept: bool) -> str:
    return "in the cache" if kept else "to be made"
