"""Commands start quickly: each loads only the packages that it uses."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.cli.desk import ROOT, Desk

LISTING = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
PROGRAM = f"{LISTING}; from server.cli import main; main()"

SERVER = {"aiosqlite", "boto3", "botocore", "jinja2", "prometheus_client", "pydantic_settings", "starlette", "uvicorn"}
OTHERS = {
    *("av", "compiler.ir.drawing", "compiler.model.schema_forms", "compiler.render"),
    *("rich", "urllib.request", "xml.sax"),
}
COMPILER = {"asyncio", "compiler.model", "compiler.pipeline", "imageio_ffmpeg", "pydantic"}


def loaded(desk: Desk, *arguments: str) -> set[str]:
    """The modules that a command has loaded by its end."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    environment = {"PYTHONPATH": str(ROOT), **desk.environment}
    ended = subprocess.run(command, cwd=desk.folder, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout
    return set(ended.stderr.split())


@pytest.mark.parametrize("command", ["--version", "--help", "schema"])
def test_a_fact_is_printed_without_the_compiler_or_the_server(command: str, desk: Desk) -> None:
    modules = loaded(desk, command)
    assert "compiler.cli" in modules
    assert not modules & (SERVER | OTHERS | COMPILER)


@pytest.mark.further
def test_a_compile_loads_the_compiler_alone(desk: Desk) -> None:
    """Where there is no cache: what is in it is known by the steps of the render."""
    desk.environment["REELC_UNIT_CACHE"] = "0"
    modules = loaded(desk, "compile", desk.reel())
    assert modules >= {"compiler.model", "compiler.pipeline"}
    assert not modules & (SERVER | OTHERS)


def test_help_lists_the_commands_of_both_packages_with_whole_summaries(desk: Desk) -> None:
    command = [sys.executable, "-c", "from server.cli import main; main()", "--help"]
    environment = {"PYTHONPATH": str(ROOT), **desk.environment}
    text = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout
    listed = dict(re.findall(r"^  (\w+) {2,}(\S.*)$", text.partition("\nCommands:\n")[2], re.MULTILINE))
    assert list(listed) == [
        *("compile", "render", "frame", "verify", "probe", "straighten", "cache", "schema", "doctor"),
        *("serve", "worker", "config", "scrub", "downgrade", "restore", "backup", "user"),
    ]
    assert all(re.fullmatch(r"[A-Z].*\w\.", summary) for summary in listed.values())
