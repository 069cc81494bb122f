"""The desk for every test: a new folder that holds one small video."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from compiler.cli.interrupts import SIGNALS
from tests.cli.desk import Desk

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=30:d=2")
SOUND = ("-f", "lavfi", "-i", "sine=r=48000:d=2")
CODED = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")

Make = Callable[..., Path]


@pytest.fixture(autouse=True, scope="session")
def interruptible_children() -> Iterator[None]:
    """Shells and `nohup` start background programs with signals ignored, and child processes inherit that."""
    deaf = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
    for number in deaf:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in deaf:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Path:
    """The small video."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    subprocess.run([embedded, "-v", "error", *PICTURE, *SOUND, *CODED, str(path)], check=True, timeout=60)
    return path


@pytest.fixture
def desk(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    """A desk; the test has its own folder for temporary files, and none may be left there."""
    folder, temporary = tmp_path / "desk", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    os.link(clip, folder / "clip.mp4")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.delenv("REELC_FFMPEG", raising=False)
    yield Desk(folder, capfd, {"TMPDIR": str(temporary)})
    assert not list(temporary.iterdir())


@pytest.fixture
def make(desk: Desk, embedded: str) -> Make:
    """Make a file on the desk with ffmpeg."""

    def made(name: str, *arguments: str) -> Path:
        path = desk.folder / name
        subprocess.run([embedded, "-v", "error", *arguments, f"file:{path}"], check=True, timeout=60)
        return path

    return made
