"""Media facts as exact JSON, so that a file need not be opened again; `media_of` reads them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from compiler.supervise.probe import media_of
from compiler.timeline.media import Media

__all__ = ["Media", "media_of", "recorded"]


def recorded(media: Media) -> dict[str, Any]:
    """The facts, JSON-ready, fractions as text, without the path, which differs from machine to machine."""
    facts: dict[str, Any] = json.loads(json.dumps(asdict(media), default=str))
    del facts["path"]
    return facts
