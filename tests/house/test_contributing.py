"""CONTRIBUTING.md names files, names in them, and targets of make; all of them exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())

LINKED = re.findall(r"\]\(([^)#]+)\)", TEXT)
QUOTED = re.findall(r"`([\w.-]+/[\w./-]*)`", TEXT)
TESTED = [path for paths in re.findall(r"`pytest ([^`]+)`", TEXT) for path in paths.split()]
PLACED = re.findall(r"`(\w+)` in `([\w./-]+)`", TEXT)


@pytest.mark.parametrize("path", sorted({*LINKED, *QUOTED, *TESTED}))
def test_a_path_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), PLACED)
def test_a_name_is_in_its_file(name: str, path: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))


def test_a_target_of_make_is_there() -> None:
    quoted = " ".join([*re.findall(r"`(make [^`]+)`", TEXT), *re.findall(r"^make[^#\n]*", PAGE, re.MULTILINE)])
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(quoted.split()) - {"make"} <= targets


def test_the_page_is_really_read() -> None:
    assert [len(found) >= 5 for found in (LINKED, QUOTED, TESTED, PLACED)] == [True] * 4
    assert {"compiler/ir/ops.py", "server/routes/", "tests/conform/"} <= {*QUOTED}
