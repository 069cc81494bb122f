"""ffmpeg's expressions worked out by Python, independently of what writes them."""

from __future__ import annotations

import math
from collections.abc import Callable


def value(text: str, n: int) -> float:
    """An expression's value at frame `n`, counted from 0."""
    kept: dict[int, float] = {}

    def store(slot: int, x: float) -> float:
        kept[slot] = x
        return x

    names: dict[str, float | Callable[..., float]] = {
        "n": n,
        "number_in": n + 1,
        "choose": lambda test, yes, no: yes if test else no,
        "lt": lambda a, b: a < b,
        "gte": lambda a, b: a >= b,
        "st": store,
        "ld": kept.__getitem__,
        "round": lambda x: math.copysign(math.floor(abs(x) + 0.5), x),
        "floor": math.floor,
        "mod": lambda x, y: x - math.floor(x / y) * y,
        "clip": lambda x, low, high: min(max(x, low), high),
    }
    python = text.replace("if(", "choose(").replace("(in-", "(number_in-").replace("lt(in", "lt(number_in")
    return float(eval(python, {"__builtins__": {}}, names))
