"""From a script to a film in its place: run, verify, publish; on any failure nothing is left behind."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import monotonic

from compiler.errors import Loc, ReelError
from compiler.supervise.film import check_output, part_of, publish, verify_film
from compiler.supervise.progress import Progress
from compiler.supervise.run import RENDERING, run
from compiler.supervise.sandbox import Limits
from compiler.supervise.verdict import UNKNOWN, Origins

BuildCommand = Callable[[Path, Path], list[str]]
"""The argv that renders the script at the first path to the second, which ends in `.part`: state the muxer."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film in its place, verified."""

    path: Path
    frames: int
    duration: Fraction
    """Seconds."""
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What the compiler predicts of a film."""

    frames: int
    fps: Fraction
    size: tuple[int, int]
    samples: int | None
    """At 48 kHz; None for a film without sound."""
    codec: str = "h264"
    pix_fmt: str = "yuv420p"


async def render(
    build_command: BuildCommand,
    script: str,
    output: Path,
    expected: Expected,
    *,
    origins: Origins = UNKNOWN,
    on_progress: Callable[[Progress], None] = lambda _: None,
    overwrite: bool = False,
    stall_after: float = 60,
    deadline: float | None = None,
    limits: Limits = RENDERING,
) -> Film:
    """The film, complete and as predicted, at `output`; or a coded error and `output` untouched.

    It is written beside its final place under a name that begins with a dot and ends in `.part`.
    """
    check_output(output, overwrite)
    started = monotonic()
    part = part_of(output)
    try:
        with tempfile.TemporaryDirectory(prefix="reelc-") as folder:
            command = build_command(written(script, Path(folder)), part)
            await run(
                command,
                frames=expected.frames,
                on_progress=on_progress,
                stall_after=stall_after,
                deadline=deadline,
                origins=origins,
                limits=limits,
            )
        on_progress(Progress("verifying", expected.frames, expected.frames, monotonic() - started))
        await _verify(part, expected)
        size_bytes, sha256 = part.stat().st_size, await asyncio.to_thread(_sha256, part)
        publish(part, output, overwrite)
    finally:
        part.unlink(missing_ok=True)
    return Film(output, expected.frames, expected.frames / expected.fps, size_bytes, sha256)


def written(script: str, folder: Path) -> Path:
    """The file in `folder` that the script was written to."""
    path = folder / "filtergraph.txt"
    path.write_text(script, encoding="utf-8")
    return path


async def _verify(part: Path, expected: Expected) -> None:
    if not part.exists():
        raise ReelError("RC610", Loc(), "ffmpeg ended well but wrote no film", hint="run reelc doctor")
    await verify_film(
        part,
        frames=expected.frames,
        fps=expected.fps,
        size=expected.size,
        samples=expected.samples,
        codec=expected.codec,
        pix_fmt=expected.pix_fmt,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
