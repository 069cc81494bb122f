"""Field tests of kinds that are not mended yet, by file and name."""

from __future__ import annotations

PENDING: dict[str, str] = {}
