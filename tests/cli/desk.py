"""A new folder with a small video in it, and the command line for tests to run there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from compiler.cli import main
from compiler.supervise.plain import plain

PROGRAM = (sys.executable, "-c", "from compiler.cli import main; main()")
ROOT = Path(__file__).parents[2]
CANVAS = {"width": 64, "height": 64, "fps": "30"}
CODE = re.compile(r"^error\[(RC\d{3})\]", re.MULTILINE)


@dataclass(frozen=True)
class Ended:
    """The exit code of a command, and its output."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def codes(self) -> list[str]:
        """The codes of the errors on stderr, in order."""
        return CODE.findall(self.stderr)


@dataclass(frozen=True)
class Desk:
    """The working folder, which holds `clip.mp4`: 2 s, 64x64, 30 frames a second, with sound."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    environment: dict[str, str] = field(default_factory=dict)

    def reel(self, *clips: Mapping[str, Any], **top: Any) -> str:
        """Write `reel.json`: clips of `clip.mp4` unless they name other media, on a small canvas."""
        stored = [{"media": "clip.mp4", **clip} for clip in clips or ({},)]
        return self.text(
            json.dumps({"reel": 1, "canvas": CANVAS, "encode": {"preset": "ultrafast"}} | top | {"clips": stored})
        )

    def text(self, text: str) -> str:
        """Write `reel.json` with exactly this content."""
        (self.folder / "reel.json").write_text(text)
        return "reel.json"

    def run(self, *arguments: str) -> Ended:
        """Run a command within this process."""
        self.capture.readouterr()
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert isinstance(end.value.code, int)
        return Ended(end.value.code, *self.capture.readouterr())

    def started(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a command as a separate process; its output is piped."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self.environment}
        return subprocess.Popen([*PROGRAM, *arguments], text=True, cwd=self.folder, env=environment, **options)

    def apart(self, *arguments: str, stdin: str = "", **options: Any) -> Ended:
        """Run a command as a separate process."""
        with self.started(*arguments, stdin=subprocess.PIPE, **options) as child:
            said = child.communicate(stdin, timeout=60)
        return Ended(child.returncode, *said)

    def refused(self, *arguments: str) -> Ended:
        """Run a command that must fail with a message, without a traceback, and without a change in the folder."""
        before = self.listing()
        ended = self.run(*arguments)
        assert ended.exit_code
        assert not ended.stdout
        assert "Traceback" not in ended.stderr
        assert "RC901" not in ended.codes
        assert self.listing() == before
        return ended

    def unrendered(self, reel: str) -> Ended:
        """The output of `render` for a reel that it refuses."""
        return self.refused("render", reel, "-o", "film.mp4", "--progress", "none")

    def listing(self) -> dict[str, int]:
        """Every file below the folder, including hidden ones, with its size."""
        return {plain(str(path.relative_to(self.folder))): path.lstat().st_size for path in self.folder.rglob("*")}
