"""The parts of the schema: objects, and fields with meaning, unit, bounds, default, an example and error codes.

Facts without a keyword in JSON Schema are under keys that begin with `x-`; `plain` removes them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from compiler.model.limits import Limits


class Form(BaseModel):
    """An object without unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


def field(
    meaning: str,
    bounds: Limits | str = "",
    *,
    example: Any,
    errors: str = "",
    default: str = "",
    words: Sequence[str | int | None] = (),
    **keywords: Any,
) -> Any:
    """A field of the schema; `meaning` is a sentence without its full stop.

    The schema does not check `bounds` given as text; it does check `words`. `default` is the meaning of an absent field
    that no JSON value expresses. `errors` are codes separated by blanks.
    """
    extra: dict[str, Any] = {"x-meaning": f"{meaning}.", "x-errors": errors.split(), "x-default": default}
    extra |= {"x-unit": "", "x-bounds": bounds, "x-example": json.dumps(example)}  # in its own order: pydantic sorts
    description = f"{meaning}; {bounds}." if bounds and not words else f"{meaning}."
    if words:
        extra |= {"enum": list(words)}
    if isinstance(bounds, Limits):
        extra |= {"x-unit": bounds.unit, "x-bounds": str(replace(bounds, unit=""))}
        keywords |= {"gt" if bounds.beyond else "ge": float(bounds.low), "le": float(bounds.high)}
    return Field(description=description, examples=[example], json_schema_extra=extra, **keywords)


def plain(node: Any) -> Any:
    """The schema without the keys that only the documentation uses."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items() if not str(key).startswith("x-")}
    return [plain(item) for item in node] if isinstance(node, list) else node
