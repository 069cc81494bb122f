"""Media facts as exact JSON, so that a file need not be opened again; `media_of` reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from compiler.supervise.probe import media_of
from compiler.timeline.media import IMAGES, STILL, Media

__all__ = ["Media", "is_image", "media_of", "recorded"]


def recorded(media: Media) -> dict[str, Any]:
    """The facts, JSON-ready, fractions as text, without the path, which differs from machine to machine."""
    facts: dict[str, Any] = json.loads(json.dumps(asdict(media), default=str))
    del facts["path"]
    return facts


def is_image(facts: Mapping[str, Any]) -> bool:
    """Whether recorded facts are those of an image, still or moving."""
    return facts["format"] in (STILL, *IMAGES)
