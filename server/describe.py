"""Writes the API's descriptions to files: `python -m server.describe docs/openapi.json docs/asyncapi.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from server.app import OPERATIONS
from server.description.asyncapi import events
from server.description.openapi import document

DESCRIPTIONS = {"openapi.json": lambda: document(OPERATIONS), "asyncapi.json": events}


def described(name: str) -> str:
    """The text of the description file of this name."""
    return json.dumps(DESCRIPTIONS[name](), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(described(path.name), encoding="utf-8")
