"""A film has the requested loudness: its samples differ from those of the unchanged film by a single gain."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.supervise.films.render import Film
from tests.cases import cases
from tests.conform.studio import rendered

QUIET = "aevalsrc='0.02*sin(2*PI*(300+200*sin(2*PI*t/3))*t)|0.015*sin(2*PI*440*t)*(1+sin(2*PI*t))':s=48000:d=4"
CLICKS = "aevalsrc='0.9*lt(mod(t,1),0.002)|0.9*lt(mod(t,1),0.002)':s=48000:d=4"
NOTHING = "anullsrc=r=48000:cl=stereo:d=4"


def reel(codec: str, **loudness: float) -> dict[str, Any]:
    trim = {"version": 2, "trimRange": {"start": 0, "end": 2.5}, "spans": []}
    clips: list[dict[str, Any]] = [{"media": "a.mov", "segments_data": trim} for _ in range(2)]
    clips[1]["transition_data"] = {"type": "dissolve", "duration": 0.5}
    audio = {"loudness": loudness} if loudness else {}
    return {
        "reel": 1,
        "canvas": {"width": 64, "height": 36},
        "audio": audio,
        "encode": {"codec": codec},
        "clips": clips,
    }


def film(folder: Path, ffmpeg: str, sound: str, name: str, **loudness: float) -> Film:
    if not (folder / "a.mov").exists():
        made = ["-f", "lavfi", "-i", "testsrc2=s=64x36:r=30:d=4", "-f", "lavfi", "-i", sound, "-c:a", "pcm_s24le"]
        subprocess.run([ffmpeg, "-v", "error", *made, str(folder / "a.mov")], check=True, timeout=60)
    codec = "wav" if name.endswith("wav") else "h264"
    return rendered(reel(codec, **loudness), ffmpeg, folder / name, folder)


def measured(path: Path, ffmpeg: str) -> tuple[float, float]:
    """Integrated loudness and true peak, from ffmpeg's summary."""
    command = [ffmpeg, "-nostdin", "-hide_banner", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, timeout=60).stderr.decode()
    summary = said[said.rindex("Summary:") :]
    loudness, peak = re.search(r"I: +(\S+) LUFS", summary), re.search(r"Peak: +(\S+) dBFS", summary)
    assert loudness
    assert peak
    return float(loudness[1]), float(peak[1])


def heard(path: Path, ffmpeg: str) -> NDArray[np.float64]:
    command = [ffmpeg, "-v", "error", "-i", str(path), "-f", "f32le", "-"]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return np.frombuffer(raw, np.float32).astype(np.float64)


@pytest.mark.further
@pytest.mark.conform
@pytest.mark.parametrize("target", cases([-16, -23], slow=[-23]))
def test_a_film_has_its_target(target: int, ffmpegs: str, tmp_path: Path) -> None:
    for name in ("film.wav", "film.mp4"):
        made = film(tmp_path, ffmpegs, QUIET, name, target=target)
        loudness, peak = measured(made.path, ffmpegs)
        assert abs(loudness - target) < 0.5
        assert peak <= -1
        assert not made.notices


@pytest.mark.further
@pytest.mark.conform
def test_it_is_one_gain_from_the_first_sample_to_the_last(ffmpegs: str, tmp_path: Path) -> None:
    plain, loud = (
        heard(film(tmp_path, ffmpegs, QUIET, name, **wanted).path, ffmpegs)
        for name, wanted in (("plain.wav", {}), ("loud.wav", {"target": -16}))
    )
    assert len(plain) == len(loud) == 2 * round(4.5 * 48_000)
    gain = float(np.dot(plain, loud) / np.dot(plain, plain))
    assert gain > 2
    assert np.abs(loud - gain * plain).max() < 1.01 * (gain + 1) / 65536


@pytest.mark.conform
def test_peaks_keep_a_film_below_its_target_and_it_says_so(ffmpegs: str, tmp_path: Path) -> None:
    made = film(tmp_path, ffmpegs, CLICKS, "film.wav", target=-16, true_peak=-2)
    loudness, peak = measured(made.path, ffmpegs)
    assert loudness < -17
    assert -2.5 < peak <= -2
    assert [notice.loc.pointer for notice in made.notices] == ["/audio/loudness"]


@pytest.mark.conform
def test_silence_stays_silent(ffmpegs: str, tmp_path: Path) -> None:
    made = film(tmp_path, ffmpegs, NOTHING, "film.wav", target=-16)
    assert not heard(made.path, ffmpegs).any()


@pytest.mark.further
@pytest.mark.conform
def test_the_same_gain_every_time(ffmpegs: str, tmp_path: Path) -> None:
    first, second = (film(tmp_path, ffmpegs, QUIET, name, target=-16) for name in ("a.mp4", "b.mp4"))
    assert first.sha256 == second.sha256
