"""An evaluator for ffmpeg's expressions, independent of the code that writes them: in doubles, left to right."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping

Kept = dict[str, float]
Node = Callable[[Kept], float]

TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][-+]?\d+)?)|([A-Za-z_]\w*)|(.))")
RANKS: tuple[Mapping[str, Callable[[float, float], float]], ...] = (
    {";": lambda _, last: last},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
)
FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "lt": lambda a, b: float(a < b),
    "gt": lambda a, b: float(a > b),
    "gte": lambda a, b: float(a >= b),
    "sqrt": math.sqrt,
    "max": max,
    "round": lambda x: math.copysign(math.floor(abs(x) + 0.5), x),
    "floor": math.floor,
    "mod": lambda x, y: x - math.floor(x / y) * y,
    "clip": lambda x, low, high: min(max(x, low), high),
}


def value(text: str, n: int) -> float:
    """An expression's value at frame `n`, counted from 0."""
    return evaluate(text, n=n, **{"in": n + 1})


def evaluate(text: str, **names: float) -> float:
    """An expression's value with these values for its names."""
    return compiled(text)({name: float(number) for name, number in names.items()})


def compiled(text: str) -> Node:
    """The parsed expression, as a function of the values of its names."""
    tokens = [match.group(match.lastindex or 0) for match in TOKEN.finditer(text)][::-1]
    node = _ranked(tokens, 0)
    assert not tokens, f"{tokens[-1]!r} remains unparsed in {text!r}"
    return node


def _ranked(tokens: list[str], rank: int) -> Node:
    """Terms joined by operators of this rank, from left to right."""
    if rank == len(RANKS):
        return _signed(tokens)
    node = _ranked(tokens, rank + 1)
    while tokens and tokens[-1] in RANKS[rank]:
        node = _joined(RANKS[rank][tokens.pop()], node, _ranked(tokens, rank + 1))
    return node


def _joined(join: Callable[[float, float], float], left: Node, right: Node) -> Node:
    return lambda kept: join(left(kept), right(kept))


def _signed(tokens: list[str]) -> Node:
    if tokens[-1] == "-":
        tokens.pop()
        node = _signed(tokens)
        return lambda kept: -node(kept)
    return _primary(tokens)


def _primary(tokens: list[str]) -> Node:
    token = tokens.pop()
    if token == "(":
        node = _ranked(tokens, 0)
        assert tokens.pop() == ")"
        return node
    if token[0].isdigit():
        return lambda _: float(token)
    if tokens and tokens[-1] == "(":
        return _called(token, tokens)
    return lambda kept: kept[token]


def _called(name: str, tokens: list[str]) -> Node:
    given = []
    while tokens.pop() != ")":  # an opening bracket, or a comma
        given.append(_ranked(tokens, 0))
        if tokens[-1] == ")":
            tokens.pop()
            break
    match name:
        case "st":
            return lambda kept: _stored(given[0](kept), given[1](kept), kept)
        case "ld":
            return lambda kept: kept.get(f"{given[0](kept):g}", 0.0)
        case "if":
            return lambda kept: given[1](kept) if given[0](kept) else given[2](kept)
        case "while":
            return lambda kept: _looped(given[0], given[1], kept)
        case _:
            return lambda kept: float(FUNCTIONS[name](*[each(kept) for each in given]))


def _stored(slot: float, x: float, kept: Kept) -> float:
    kept[f"{slot:g}"] = x
    return x


def _looped(test: Node, body: Node, kept: Kept) -> float:
    last = math.nan
    while test(kept):
        last = body(kept)
    return last
