"""The parts of the schema: objects, and fields with their meaning, unit, bounds, default, an example, error codes.

What JSON Schema has no keyword for stands under keys that begin with `x-`; `plain` takes them out.
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
    words: Sequence[str | None] = (),
    **keywords: Any,
) -> Any:
    """The field of this meaning, a sentence without its full stop.

    `bounds` in words are not checked by the schema, `words` are. `default` says what an absent field means where no
    JSON value does. `errors` are codes with blanks between them.
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
    """The schema without what only pages say."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items() if not str(key).startswith("x-")}
    return [plain(item) for item in node] if isinstance(node, list) else node
