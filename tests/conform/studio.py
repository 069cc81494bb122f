"""Renders reels as the command line does: read, probed, compiled, supervised, verified."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compiler.model import read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.render import render_reel
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.probe import probe_all
from compiler.supervise.render import Film


def compiled(stored: Mapping[str, Any], ffmpeg: str, folder: Path = Path("/")) -> Compiled:
    """The reel, compiled for an ffmpeg; every pass verified. Media are relative to `folder`."""
    reel = read_reel(json.dumps(stored))
    paths = {clip.media: folder / clip.media for clip in reel.clips}
    found = probe_all([(paths[clip.media], clip.loc) for clip in reel.clips])
    return compile_reel(reel, {name: found[path] for name, path in paths.items()}, find_build(ffmpeg), checked=True)


def raw_film(done: Compiled, folder: Path) -> Path:
    """The film's pictures as they go into the encoder, 8-bit 4:2:0, one after the other in a file in `folder`."""
    script, raw = folder / "filtergraph.txt", folder / "film.yuv"
    script.write_text(done.script)
    command = done.command(str(script), "film.mp4")
    mapped = command.index("-map") + 2
    output = ["-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", str(raw)]
    subprocess.run([*command[:mapped], *output], check=True, capture_output=True, timeout=300)
    return raw


def rendered(stored: Mapping[str, Any], ffmpeg: str, output: Path, folder: Path = Path("/")) -> Film:
    """The reel's film at `output`."""
    return asyncio.run(render_reel(compiled(stored, ffmpeg, folder), output))
