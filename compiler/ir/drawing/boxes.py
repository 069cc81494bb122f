"""The boxes of a drawing, one a value: a verb, details, the shape, and the origin in the reel file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

from compiler.errors import Loc
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import Audio, Shape, infer
from compiler.ir.ops import Op, Value, operands
from compiler.ir.text import describe, phrase

Kind = Literal["video", "audio"]

JOINS = "reel"
"""The lane of values that belong to no single clip: `reel`, `reel.2`, `reel.sound`."""

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped (section 2.2, Char)."""


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """One value as it is drawn. A collapsed box `holds` several definitions."""

    name: Value
    kind: Kind
    verb: str
    details: str
    shape: str
    whole: str
    """The lines of its definitions in the textual form."""
    loc: Loc
    reads: tuple[Value, ...]
    """The boxes that it reads."""
    holds: int = 1

    @property
    def lane(self) -> str:
        """The name of its clip: the part of its own name before the first dot."""
        return lane(self.name)

    @property
    def joins(self) -> bool:
        """Whether it belongs to the reel rather than to a clip."""
        return self.lane == JOINS

    @property
    def classes(self) -> str:
        """Its classes in a style sheet."""
        return f"{self.kind} join" if self.joins else self.kind


def lane(name: Value) -> str:
    """A value's lane: the part of its name before the first dot."""
    return name.partition(".")[0]


def verb(op: Op) -> str:
    """An op's name in texts."""
    return type(op).__name__.lower()


def anchor(name: Value) -> str:
    """A value's element id, different for different names and safe anywhere: `value-dunk.crop`."""
    return f"value-{quote(name, safe='', errors='surrogatepass')}"


def printable(text: str) -> str:
    """The text with U+FFFD for characters that XML cannot hold."""
    return FORBIDDEN.sub("\ufffd", text)


def boxes(graph: Graph) -> tuple[DrawnBox, ...]:
    """A box for every definition, in the graph's order."""
    shapes = infer(graph)
    return tuple(_box(define, shapes[define.name]) for define in graph)


def _box(define: Def, shape: Shape) -> DrawnBox:
    op, text = define.op, phrase(define.op)
    return DrawnBox(
        define.name,
        "audio" if isinstance(shape, Audio) else "video",
        verb(op),
        text.removeprefix(_opening(op)).strip(),
        describe(shape),
        f"%{define.name} = {text} : {describe(shape)}",
        define.loc,
        tuple(dict.fromkeys(operands(op))),
    )


def _opening(op: Op) -> str:
    """The beginning of a phrase, before its details: the verb and the operands."""
    return " ".join(f"{verb(op)} {', '.join(f'%{value}' for value in operands(op))}".split())


def collapse(every: Iterable[DrawnBox]) -> tuple[tuple[DrawnBox, ...], dict[Value, Value]]:
    """The boxes, with one for each clip's picture and one for each clip's sound; and every value's box.

    A collapsed box has the name, the shape and the origin of its last definition. Joins stay as they are.
    """
    chains: dict[tuple[str, Kind | None], list[DrawnBox]] = {}
    for box in every:
        chains.setdefault((box.name, None) if box.joins else (box.lane, box.kind), []).append(box)
    standing = {box.name: chain[-1].name for chain in chains.values() for box in chain}
    return tuple(_chain(chain, standing) for chain in chains.values()), standing


def _chain(chain: Sequence[DrawnBox], standing: Mapping[Value, Value]) -> DrawnBox:
    last = chain[-1]
    reads = dict.fromkeys(standing[value] for box in chain for value in box.reads)
    reads.pop(last.name, None)
    if len(chain) == 1:
        return replace(last, reads=tuple(reads))
    return replace(
        last,
        verb=f"{len(chain)} ops",
        details=" ".join(box.verb for box in chain),
        whole="\n".join(box.whole for box in chain),
        reads=tuple(reads),
        holds=len(chain),
    )
