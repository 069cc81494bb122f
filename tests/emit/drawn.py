"""Filter chains run by ffmpeg over small pictures whose luma is an expression of the place."""

from __future__ import annotations

import subprocess


def draw(ffmpeg: str, chain: str, luma: str, frames: int, size: str = "256x128") -> bytes:
    """The output of `chain` for `frames` frames, as raw 4:2:0."""
    source = f"color=s={size}:r=30,format=yuv420p,trim=end_frame={frames},geq=lum='{luma}':cb=128:cr=128"
    graph = ["-filter_complex", f"{source}, {chain} [film]", "-map", "[film]"]
    command = [ffmpeg, "-v", "error", "-nostdin", *graph, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def lumas(film: bytes, width: int, height: int) -> list[bytes]:
    """The luma plane of every frame."""
    size = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
    return [film[k : k + width * height] for k in range(0, len(film), size)]
