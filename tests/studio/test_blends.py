"""The page draws every blend, and fades every sound, as ffmpeg does."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler.transitions import BLENDS, CURVES

HERE = Path(__file__).parent
WIDTH, HEIGHT, FRAMES, RATE = 96, 54, 12, 30
SAMPLES = 1000
FLIPPED = {"grain": 30}
"""Numbers of some 170,000 that may be another's: its noise is the fraction of a large sine of 32 bits, which libraries
round differently."""


def drawn(folder: Path, ffmpeg: str) -> None:
    """Write two pictures, and the frames of every blend between them, as planes of 8 bits without subsampled chroma."""
    random = np.random.default_rng(18)
    for name in ("a", "b"):
        (folder / name).write_bytes(random.integers(16, 236, (3, HEIGHT, WIDTH), np.uint8).tobytes() * FRAMES)
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv444p"]
    inputs = [
        part for name in "ab" for part in (*raw, "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", str(folder / name))
    ]
    count = len(BLENDS)
    sides = [f"[{side}:v]split={count}" + "".join(f"[{side}{k}]" for k in range(count)) for side in range(2)]
    blends = [
        f"[0{k}][1{k}]xfade={blend.drawn}:duration={FRAMES / RATE}:offset=0[out{k}]"
        for k, blend in enumerate(BLENDS.values())
    ]
    outputs = [part for k, kind in enumerate(BLENDS) for part in ("-map", f"[out{k}]", *raw, str(folder / kind))]
    command = [ffmpeg, "-v", "error", *inputs, "-filter_complex", ";".join([*sides, *blends]), *outputs]
    subprocess.run(command, check=True, timeout=60)


def faded(folder: Path, ffmpeg: str) -> None:
    """Write a sound of ones that fades in by each curve."""
    ones = f"aevalsrc=1:s=48000,atrim=end_sample={SAMPLES},aformat=dbl,asplit={len(CURVES)}"
    sides = ones + "".join(f"[in{k}]" for k in range(len(CURVES)))
    fades = [f"[in{k}]afade=t=in:ss=0:ns={SAMPLES}:curve={curve}[out{k}]" for k, curve in enumerate(CURVES)]
    outputs = [
        part for k, curve in enumerate(CURVES) for part in ("-map", f"[out{k}]", "-f", "f64le", str(folder / curve))
    ]
    command = [ffmpeg, "-v", "error", "-filter_complex", ";".join([sides, *fades]), *outputs]
    subprocess.run(command, check=True, timeout=60)


def compared(script: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What a script prints that compares the page's numbers with those of ffmpeg."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("this machine has no node")
    run = subprocess.run([node, HERE / script, json.dumps(asked)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_every_blend_is_drawn_as_ffmpeg_draws_it(tmp_path: Path, embedded: str) -> None:
    drawn(tmp_path, embedded)
    found = compared("blended.mjs", {"folder": str(tmp_path), "width": WIDTH, "height": HEIGHT, "frames": FRAMES})
    assert found.keys() == BLENDS.keys()
    assert {kind: off for kind, off in found.items() if off["far"] > FLIPPED.get(kind, 0)} == {}


def test_every_curve_fades_as_ffmpeg_fades(tmp_path: Path, embedded: str) -> None:
    faded(tmp_path, embedded)
    found = compared("faded.mjs", {"folder": str(tmp_path), "samples": SAMPLES})
    assert found.keys() == set(CURVES)
    assert {curve: off for curve, off in found.items() if off > 1e-6} == {}
