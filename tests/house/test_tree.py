"""Rules for the files of the repository."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from compiler.ir import ops
from compiler.ir.ops import OPS
from compiler.passes import PASSES, law, pass_name
from compiler.passes.narrow_frames import narrow_frames
from compiler.passes.slice_span import slice_span
from tests.golden.compiling import FILMS
from tests.golden.test_films import COMMANDS

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "golden"
VENDORED = ROOT / "server" / "static" / "vendor"
"""Texts by others, kept unchanged."""

LONGEST = 300
LONGER = {"compiler/ir/ops.py": 580}
"""Files over 300 lines, and their limits: the ops are one closed union, and belong side by side."""

HOSTS = {
    *("www.w3.org", "json-schema.org", "www.apache.org", "semver.org", "keepachangelog.com", "johnvansickle.com"),
    *("localhost", "127.0.0.1", "x", "example.com", "example.org", "store"),
}
"""Hosts that addresses in the tree may name: standards, the licence, sources of other ffmpeg builds, placeholders, the
store of deploy/compose.yaml."""


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the tree that is tracked, or would be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Every text file's name and text."""
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw and VENDORED not in path.parents:
            yield str(path.relative_to(ROOT)), raw.decode()


def code(*folders: str) -> Iterator[tuple[str, str]]:
    """The Python files in these folders."""
    return ((name, text) for name, text in texts() if name.endswith(".py") and name.split("/")[0] in folders)


def test_the_tree_is_really_looked_at() -> None:
    names = {name for name, _ in texts()}
    assert {"README.md", "compiler/errors.py", "golden/cuts/clips.json", "tests/house/test_tree.py"} <= names


def test_no_file_is_long() -> None:
    long = {name: lines for name, text in code("compiler", "server") if (lines := text.count("\n")) > LONGEST}
    assert long.keys() == LONGER.keys() & long.keys()
    assert all(lines <= LONGER[name] for name, lines in long.items())


def test_no_address_is_named_but_standards() -> None:
    for name, text in texts():
        hosts = set(re.findall(r"https?://([A-Za-z0-9.-]+)", text))
        assert hosts <= HOSTS, name
        assert not re.search(
            r"(?:pypi|pythonhosted|npmjs|jsdelivr|unpkg|docker|githubusercontent)\.(?:org|com|io)", text
        ), name


def test_no_path_is_of_one_machine() -> None:
    for name, text in texts():
        assert not re.search(r"(?<![\w.])/(?:home|root|work|Users|workspace|mnt)/\w", text), name


def public(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every public class, function and method of a module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{prefix}{node.name}.")


@pytest.mark.further
def test_every_public_name_says_what_is_true() -> None:
    bare = []
    for name, text in code("compiler", "server"):
        tree = ast.parse(text)
        named = [(name, tree), *((f"{name}: {each}", node) for each, node in public(tree))]
        bare += [each for each, node in named if not ast.get_docstring(node)]  # type: ignore[arg-type]
    assert bare == []


SLEEPERS = {
    "tests/server/waiting.py": "waits for conditions",
    "tests/server/weed.py": "waits for a server that is no part of this",
    "tests/server/proxy.py": "a store that is slow",
    "tests/server/faults.py": "a store that is slow",
}
"""The files of the server's tests that may sleep, and why."""


@pytest.mark.further
def test_tests_of_the_server_wait_for_conditions_and_look_at_no_clock() -> None:
    """No test sleeps for a fixed time or measures time: that is the purpose of bench/."""
    for name, text in code("tests"):
        if name.startswith("tests/server/") and name not in SLEEPERS:
            calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
            asleep = [call for call in calls if ast.unparse(call.func) in ("time.sleep", "asyncio.sleep")]
            fixed = [call for call in asleep if isinstance(call.args[0], ast.Constant) and call.args[0].value]
            clocks = [call for call in calls if re.search(r"(monotonic|perf_counter)$", ast.unparse(call.func))]
            assert [ast.unparse(call) for call in (*fixed, *clocks)] == [], name


def test_ops_hold_no_floats() -> None:
    """Time is rational in the graph; only geometry, inside tracks and paths, is in floats."""
    for op in OPS:
        hints = get_type_hints(op, vars(ops))
        for each in fields(op):
            kinds = {hints[each.name], *get_args(hints[each.name])}
            assert float not in kinds, f"{op.__name__}.{each.name}"


DISTINCT: tuple[Any, ...] = (*dict.fromkeys(PASSES), narrow_frames, slice_span)


@pytest.mark.parametrize("step", DISTINCT)
def test_every_pass_has_a_law_a_golden_and_a_row(step: object) -> None:
    name = step.__name__  # type: ignore[attr-defined]
    assert {path.name for path in (GOLDEN / f"pass_{name}").iterdir()} == {"before.txt", "after.txt"}
    assert len((step.__doc__ or "").splitlines()) == 1
    if step in PASSES:
        assert f"| `{pass_name(step)}` | {law(step)} |" in (ROOT / "docs" / "ir.md").read_text()


@pytest.mark.parametrize("op", OPS)
def test_every_op_has_a_row(op: type) -> None:
    assert f"| `{op.__name__.lower()}` |" in (ROOT / "docs" / "ir.md").read_text()


def expected(case: str) -> set[str]:
    """The files that belong in a golden's folder."""
    if case.startswith("pass_"):
        return {"before.txt", "after.txt"}
    if case == "err_rc301_reads_what_is_not_made":
        return {"error.txt"}
    if case.startswith("err_"):
        return {"clips.json", "error.txt"}
    return {"clips.json", "ir.txt", "filtergraph.txt", *(["command.txt"] if case in COMMANDS else [])}


def test_every_golden_folder_holds_exactly_its_files() -> None:
    found = {folder.name: {path.name for path in folder.iterdir()} for folder in GOLDEN.iterdir()}
    assert found == {case: expected(case) for case in found}
    passes = {name for name in found if name.startswith("pass_")}
    assert passes == {f"pass_{step.__name__}" for step in DISTINCT}


def test_goldens_are_short_and_many() -> None:
    assert len(FILMS) >= 30
    for path in GOLDEN.glob("*/clips.json"):
        assert len(path.read_text().splitlines()) <= 40, path.parent.name


APART = ("compiler",)
"""The packages in which a class name is unique."""


@pytest.mark.further
def test_no_two_classes_have_one_name() -> None:
    homes: dict[str, list[str]] = {}
    for file, text in code(*APART):
        for name in (node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)):
            homes.setdefault(name.lstrip("_"), []).append(file)
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
