"""One module of the studio calls the server, at addresses that the API defines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUDIO = ROOT / "server" / "static" / "studio"
CLIENT = STUDIO / "remote" / "api.js"
OTHERS = sorted(path for path in STUDIO.rglob("*.js") if path != CLIENT)

CALL = re.compile(r"\bfetch\(|XMLHttpRequest|\bWebSocket\(|\bEventSource\b|sendBeacon|[\"`]/(?:api|ws)/")
"""Calls to a server, and addresses of calls."""


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_only_the_client_calls_the_server(path: Path) -> None:
    assert CALL.findall(path.read_text(encoding="utf-8")) == []


def test_the_client_calls_only_what_the_api_has() -> None:
    text = CLIENT.read_text(encoding="utf-8")
    prefixes = dict(re.findall(r"^const (\w+) = \(\w+\) => [\"`]([^\"`]+)[\"`]", text, re.MULTILINE))
    for name, prefix in prefixes.items():
        text = re.sub(rf"\$\{{{name}\(\w+\)\}}", prefix, text)
        text = re.sub(rf"(?<=, ){name}\(\w+\)", f"`{prefix}`", text)
    found = re.findall(r"[\"`](/(?:api|projects|sign-out)\b[^\"`?]*)", text)
    called = {re.sub(r"\$\{[^}]*\}", "{}", address) for address in found}
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    assert len(called) > 20
    assert called <= {re.sub(r"\{[^}]*\}", "{}", path) for path in paths}
