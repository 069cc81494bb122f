"""The page draws every blend as ffmpeg does."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from compiler.transitions import BLENDS

HERE = Path(__file__).parent
WIDTH, HEIGHT, FRAMES, RATE = 96, 54, 12, 30
FLIPPED = {"grain": 30}
"""Numbers of some 170,000 that may be another's: its noise is the fraction of a large sine of 32 bits, which libraries
round differently."""


def drawn(folder: Path, ffmpeg: str) -> None:
    """Write two pictures, and the frames of every blend between them, as planes of 8 bits without subsampled chroma."""
    random = np.random.default_rng(18)
    for name in ("a", "b"):
        (folder / name).write_bytes(random.integers(16, 236, (3, HEIGHT, WIDTH), np.uint8).tobytes() * FRAMES)
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv444p"]
    inputs = [part for name in "ab" for part in (*raw, "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", folder / name)]
    count = len(BLENDS)
    sides = [f"[{side}:v]split={count}" + "".join(f"[{side}{k}]" for k in range(count)) for side in range(2)]
    blends = [
        f"[0{k}][1{k}]xfade={blend.drawn}:duration={FRAMES / RATE}:offset=0[out{k}]"
        for k, blend in enumerate(BLENDS.values())
    ]
    outputs = [part for k, kind in enumerate(BLENDS) for part in ("-map", f"[out{k}]", *raw, folder / kind)]
    command = [ffmpeg, "-v", "error", *inputs, "-filter_complex", ";".join([*sides, *blends]), *outputs]
    subprocess.run(command, check=True, timeout=60)


def test_every_blend_is_drawn_as_ffmpeg_draws_it(tmp_path: Path, embedded: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("this machine has no node")
    drawn(tmp_path, embedded)
    asked = {"folder": str(tmp_path), "width": WIDTH, "height": HEIGHT, "frames": FRAMES}
    run = subprocess.run([node, HERE / "blended.mjs", json.dumps(asked)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found.keys() == BLENDS.keys()
    assert {kind: off for kind, off in found.items() if off["far"] > FLIPPED.get(kind, 0)} == {}
