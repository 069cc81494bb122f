"""Reads of children that are watched: no call reads a hole, and a failure to fill is the error of the run."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from compiler.supervise.children import reads
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.reads import FileId, reading
from compiler.supervise.children.sandbox import Answer, ChildLimits, answer_of, start
from compiler.supervise.children.watching import can_watch

TEXT = b"0123456789" * 20_000
CALLS = {
    "read": "f.seek(7); print(f.read(5).decode())",
    "pread": "print(os.pread(f.fileno(), 5, 7).decode())",
    "readv": "b = bytearray(5); f.seek(7); os.readv(f.fileno(), [b]); print(b.decode())",
    "preadv": "b = bytearray(5); os.preadv(f.fileno(), [b], 7); print(b.decode())",
    "mmap": "print(mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[7:12].decode())",
    "sendfile": "os.sendfile(1, f.fileno(), 7, 5); print()",
    "in a thread": "t = Thread(target=lambda: print(os.pread(f.fileno(), 5, 7).decode())); t.start(); t.join()",
}


class Hole:
    """One file that is a hole until it is filled whole."""

    def __init__(self, path: Path, failing: bool = False) -> None:
        self.path, self.failing, self.filled = path, failing, False
        path.touch()
        os.truncate(path, len(TEXT))
        self.file: FileId = path.stat().st_dev, path.stat().st_ino

    def size(self, file: FileId) -> int | None:
        return len(TEXT) if file == self.file else None

    def ready(self, file: FileId, start: int, stop: int) -> bool:
        return self.filled

    async def fill(self, file: FileId, start: int, stop: int) -> None:
        assert 0 <= start <= 7
        assert 12 <= stop <= len(TEXT)
        await asyncio.sleep(0)
        if self.failing:
            raise LookupError("planned")
        self.path.write_bytes(TEXT)
        self.filled = True

    async def complete(self) -> None:
        return None


async def answer(hole: Hole, call: str) -> Answer:
    program = f"import os, mmap, sys; from threading import Thread; f = open(sys.argv[1], 'rb', buffering=0); {call}"
    command = [sys.executable, "-I", "-S", "-c", program, str(hole.path)]
    async with reading(hole) as reads:
        child = await start(command, ChildLimits(), Reach(command[:1], [*python_files(), hole.path]), None, reads)
        return await answer_of(child, 60)


@pytest.mark.parametrize("call", CALLS)
def test_what_a_child_reads_is_filled_first(tmp_path: Path, call: str) -> None:
    found = asyncio.run(answer(Hole(tmp_path / "hole"), CALLS[call]))
    assert (found.exit_code, found.stdout) == (0, b"78901\n"), found.stderr


def test_a_failure_to_fill_is_raised_and_the_child_reads_nothing(tmp_path: Path) -> None:
    hole = Hole(tmp_path / "hole", failing=True)
    with pytest.raises(LookupError, match="planned"):
        asyncio.run(answer(hole, f"print('before', flush=True); {CALLS['read']}"))


def test_a_read_of_a_file_that_cannot_be_told_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It might be a hole."""

    def forbidden(path: str | Path) -> FileId:
        raise PermissionError(13, "planned", path)

    monkeypatch.setattr(reads, "file_id", forbidden)
    with pytest.raises(PermissionError, match="planned"):
        asyncio.run(answer(Hole(tmp_path / "hole"), CALLS["read"]))


def test_without_its_parent_a_child_cannot_read(tmp_path: Path) -> None:
    async def scene() -> Answer:
        hole = Hole(tmp_path / "hole")
        async with reading(hole) as reads:
            assert reads is not None
            wait = "import time\nwhile not os.path.exists(sys.argv[1] + '.go'): time.sleep(0.01)\n"
            program = f"import os, sys\nf = open(sys.argv[1], 'rb', buffering=0)\nprint(1, flush=True)\n{wait}f.read(5)"
            command = [sys.executable, "-I", "-S", "-c", program, str(hole.path)]
            reach = Reach(command[:1], [*python_files(), tmp_path])
            child = await start(command, ChildLimits(), reach, None, reads)
            assert child.stdout is not None
            await child.stdout.readline()
        (tmp_path / "hole.go").touch()
        return await answer_of(child, 60)

    found = asyncio.run(scene())
    assert found.exit_code == 1
    assert "Function not implemented" in found.stderr


def test_this_machine_can_watch(tmp_path: Path) -> None:
    assert asyncio.run(can_watch(Hole(tmp_path / "hole")))
