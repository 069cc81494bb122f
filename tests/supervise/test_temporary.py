"""A machine without a place for temporary files, as a container of a read-only image is."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import tempfile
from pathlib import Path

import pytest

from compiler.errors import Loc, ReelError
from compiler.supervise import doctor
from compiler.supervise.probe import probing
from compiler.supervise.temporary import nameless_file, temporary_folder
from tests.supervise.conftest import Made


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def gettempdir() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", gettempdir)


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux's")
def test_media_are_read_without_temporary_files(made: Made) -> None:
    path = made("vfr.mp4")
    assert asyncio.run(probing([(path, Loc())], None))[path].video.width > 0


def test_a_nameless_file_keeps_what_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for memory in (True, False):
        if not memory:
            monkeypatch.delattr(os, "memfd_create", raising=False)
            monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
        with nameless_file() as file:
            file.write(b"text")
            file.seek(0)
            assert file.read() == b"text"


def test_a_command_that_needs_a_temporary_folder_says_so() -> None:
    with pytest.raises(ReelError, match="no temporary folder can be made") as raised, temporary_folder():
        pass
    assert raised.value.code == "RC612"


def test_the_doctor_says_so_too() -> None:
    row = doctor._temporary()
    assert (row.state, "none can be made" in row.value) == ("warn", True)
