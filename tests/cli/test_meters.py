from __future__ import annotations

import sys

import pytest

from compiler.cli.meters import Mode, meter
from compiler.errors import Loc, Notice


def test_a_render_whose_stderr_is_closed_has_a_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with meter(Mode.auto) as reporter:
        reporter.warn(Notice(Loc(), "nobody reads it"))
