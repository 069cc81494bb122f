from __future__ import annotations

import io
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.cli.conftest import Make
from tests.cli.desk import Desk

pytestmark = pytest.mark.further

ROOT = Path(__file__).parents[2]
CODED = ("-c:v", "libx264", "-g", "15", "-pix_fmt", "yuv420p", "-c:a", "aac")
REELC = (sys.executable, "-c", "from compiler.cli import main; main()")


@pytest.fixture
def recording(make: Make) -> Path:
    """A transport stream of two seconds, which has no index."""
    return make("recording.ts", "-i", "clip.mp4", *CODED)


def straighten(desk: Desk, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PYTHONPATH": str(ROOT), **desk.environment}
    command = [*REELC, "straighten", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)


def test_the_picture_of_an_odd_file_as_ffmpeg_gets_it(desk: Desk, recording: Path) -> None:
    done = straighten(desk, recording.name, "--video", "--from", "1/2")
    assert (done.returncode, done.stderr) == (0, b"")
    with av.open(io.BytesIO(done.stdout), "r") as container:
        stamps = [Fraction(frame.pts or 0) * Fraction(frame.time_base or 1) for frame in container.decode(video=0)]
    assert stamps == [Fraction(n, 30) for n in range(45)]


def test_a_stream_may_go_to_a_file(desk: Desk, recording: Path) -> None:
    out = desk.folder / "picture.nut"
    words = [*REELC, "straighten", recording.name, "--video"]
    with out.open("wb") as file:
        environment = {"PYTHONPATH": str(ROOT), **desk.environment}
        done = subprocess.run(words, env=environment, stdout=file, check=False, timeout=120)
    assert done.returncode == 0
    assert out.read_bytes() == straighten(desk, recording.name, "--video").stdout


def test_the_sound_of_an_odd_file_has_no_gap(desk: Desk, recording: Path) -> None:
    done = straighten(desk, recording.name, "--audio", "--from", "1")
    with av.open(io.BytesIO(done.stdout), "r") as container:
        frames = list(container.decode(audio=0))
    assert frames[0].pts == 0
    assert sum(frame.samples for frame in frames) == pytest.approx(48000, abs=2048)


@pytest.mark.parametrize("words", [(), ("--video", "--audio"), ("--video", "--from", "soon")])
def test_a_wrong_question_is_a_usage_error(desk: Desk, recording: Path, words: tuple[str, ...]) -> None:
    assert straighten(desk, recording.name, *words).returncode == 2


def test_the_command_of_a_reel_of_odd_files_is_one_for_bash(desk: Desk, recording: Path) -> None:
    (desk.folder / "reel.json").write_text(
        '{"reel": 1, "canvas": {"width": 64, "height": 64, "fps": 30}, "encode": {"preset": "ultrafast"},'
        ' "clips": [{"media": "recording.ts"}]}'
    )
    environment = {"PYTHONPATH": str(ROOT), **desk.environment}
    compiled = [*REELC, "compile", "reel.json", "-o", "out"]
    subprocess.run(compiled, env=environment, capture_output=True, check=True, timeout=120)
    assert (desk.folder / "out" / "command.sh").read_text().startswith("#!/usr/bin/env bash\n")
    assert "<(reelc straighten" in (desk.folder / "out" / "command.sh").read_text()
