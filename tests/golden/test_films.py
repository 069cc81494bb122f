"""The graph and the script of every reel in golden/."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from compiler.ir.text import show
from compiler.pipeline.forms import command
from tests.golden.compiling import FILMS, compile_case

COMMANDS = (
    *("dissolve_between_cuts", "atempo_on_5_1"),
    *(case for case in FILMS if case.startswith("encode_") or case == "loudness"),
)
"""Cases with a golden of the whole command: they differ in encoders and in options for the oldest and newest ffmpeg."""


@pytest.mark.parametrize("case", FILMS)
def test_film(case: str, golden: SnapshotAssertion) -> None:
    compiled = compile_case(case)
    assert show(compiled.graph) == golden(name="ir")
    assert compiled.script == golden(name="filtergraph")


@pytest.mark.parametrize("case", COMMANDS)
def test_command(case: str, golden: SnapshotAssertion) -> None:
    assert command(compile_case(case)) == golden(name="command")
