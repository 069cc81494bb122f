"""A small film for tests of laws, made once per session."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from compiler.errors import Loc
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.probe import probe_all
from compiler.timeline.media import Media
from tests.passes.render import MEDIA, Bench

PICTURE = "testsrc2=s=160x90:r=30:d=7"
SOUND = "aevalsrc='0.4*sin(2*PI*(300+40*t)*t)|0.3*sin(2*PI*(500-30*t)*t)':s=48000:d=7"
"""Two tones that never repeat: each sample identifies its place in the source."""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Media:
    """Seven seconds of moving picture, B-frames among them, and of moving sound."""
    path = tmp_path_factory.mktemp("small") / MEDIA
    inputs = ["-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND]
    coded = ["-c:v", "libx264", "-bf", "3", "-g", "40", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"]
    tags = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    subprocess.run([embedded, "-v", "error", *inputs, *coded, *tags, str(path)], check=True, timeout=60)
    return probe_all([(path, Loc())])[path]


@pytest.fixture
def bench(small: Media, tmp_path: Path) -> Bench:
    """Renders with the embedded ffmpeg."""
    return Bench(small, find_build(), tmp_path)


@pytest.fixture
def benches(small: Media, tmp_path: Path, ffmpegs: str) -> Bench:
    """Renders with every available ffmpeg in turn."""
    return Bench(small, find_build(ffmpegs), tmp_path)
