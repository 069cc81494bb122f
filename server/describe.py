"""The API's description as a file: `python -m server.describe docs/openapi.json` writes it anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from server.app import OPERATIONS
from server.openapi import document


def described() -> str:
    """The text of the file."""
    return json.dumps(document(OPERATIONS), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(described(), encoding="utf-8")
