"""Renders reels as the command line does: read, probe, compile, supervise, verify."""

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
from compiler.supervise.films.render import Film
from compiler.supervise.probe import probe_all
from compiler.supervise.unit_cache import UnitCache


def compiled(stored: Mapping[str, Any], ffmpeg: str, folder: Path = Path("/")) -> Compiled:
    """The reel, compiled for an ffmpeg, with a check after every pass. Media are relative to `folder`."""
    reel = read_reel(json.dumps(stored))
    paths = {clip.media: folder / clip.media for clip in reel.clips}
    found = probe_all([(paths[clip.media], clip.loc) for clip in reel.clips])
    return compile_reel(reel, {name: found[path] for name, path in paths.items()}, find_build(ffmpeg), checked=True)


def raw_film(done: Compiled, folder: Path) -> tuple[Path, Path]:
    """The film before encoding, in two files in `folder`: its pictures in 8-bit 4:2:0, and its sound in
    32-bit floats, left and right in turn (empty for a film without sound)."""
    script, pictures, sound = folder / "filtergraph.txt", folder / "film.yuv", folder / "film.f32"
    script.write_text(done.script)
    sound.write_bytes(b"")
    command = done.command(str(script), "film.mp4")
    mapped = command.index("-map")
    output = ["-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", str(pictures)]
    heard = [*command[mapped + 2 : mapped + 4], "-f", "f32le", str(sound)] if done.plan.samples else []
    subprocess.run([*command[: mapped + 2], *output, *heard], check=True, capture_output=True, timeout=300)
    return pictures, sound


def rendered(
    stored: Mapping[str, Any], ffmpeg: str, output: Path, folder: Path = Path("/"), cache: UnitCache | None = None
) -> Film:
    """Render the reel's film to `output`, with a cache of units if there is one."""
    return asyncio.run(render_reel(compiled(stored, ffmpeg, folder), output, overwrite=True, cache=cache))
