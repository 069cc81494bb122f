"""`docs/judges.md` names a test for every operation and every error code, and only tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from server.app import ERRORS, OPERATIONS

ROOT = Path(__file__).parents[2]
TOLD = (ROOT / "docs" / "judges.md").read_text(encoding="utf-8")
ROWS = [
    (heading, row[0].strip().strip("`"), re.findall(r"`(\w+)::(\w+)`", row[1]))
    for heading, section in re.findall(r"^## (.+)\n([^#]*)", TOLD, re.MULTILINE)
    for row in re.findall(r"^\| (.+?) \| (`.+`) \|$", section, re.MULTILINE)
]
"""For every row: its section, its first cell, its tests as file and name."""

TO_NOBODY = {"upload_broken_off"}


def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / "server" / f"{file}.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(test_\w+)::(\w+)`", TOLD))), ids="::".join)
def test_a_test_that_is_named_is_there(named: tuple[str, str]) -> None:
    file, name = named
    assert name in functions_of(file)


def test_every_operation_has_a_row() -> None:
    rows = [cell for heading, cell, _ in ROWS if heading == "Calls"]
    operations = [f"{op.method} {op.path}" for op in OPERATIONS if not op.page or op.path == "/docs"]
    assert sorted(rows) == sorted(operations)


def codes() -> set[str]:
    """Every code of the server's own errors."""
    found = {code for code, _ in ERRORS.values()}
    for path in (ROOT / "server").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = {"Problem": 1, "not_found": 0}.get(node.func.id)
                given = node.args[place] if place is not None else None
                found |= {given.value} if isinstance(given, ast.Constant) and isinstance(given.value, str) else set()
    return found


@pytest.mark.further
def test_every_error_has_a_row_of_tests_that_look_for_it() -> None:
    rows = {cell: tests for heading, cell, tests in ROWS if heading == "Errors"}
    assert codes() - TO_NOBODY == rows.keys() - {"the RC code's name"}
    for error in codes() - TO_NOBODY:
        for file, _ in rows[error]:
            text = (ROOT / "tests" / "server" / f"{file}.py").read_text(encoding="utf-8")
            assert f'"{error}"' in text, f"{file} does not test for {error}"


def test_every_acceptance_case_has_a_row() -> None:
    assert len([cell for heading, cell, _ in ROWS if heading == "Acceptance cases of an export"]) == 7
