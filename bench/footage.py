"""The source of the edit: a long 1080p film with grain and sound, made once and kept in `.footage/bench/`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from compiler.emit.pictures import MARKED

FOLDER = Path(__file__).resolve().parents[1] / ".footage" / "bench"
FPS = 30
QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-y")
PICTURE = f"testsrc2=size=1920x1080:rate={FPS},noise=alls=8:allf=t,format=yuv420p,{MARKED}"
TAGGED = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
"""Colour tags as cameras write them; the expert's command would convert an untagged source before encoding."""
SOUND = "aevalsrc=0.2*sin(2*PI*(220+110*sin(t/3))*t)|0.2*sin(2*PI*330*t):s=48000"


def long_source(ffmpeg: str, minutes: int) -> Path:
    """A 1080p30 H.264 film of this many minutes, with a keyframe every 2 s and AAC stereo; made unless it exists.

    One minute is encoded and repeated by stream copy, which makes no difference to seeking and decoding.
    """
    made = FOLDER / f"footage-{minutes}min.mp4"
    if made.exists():
        return made
    FOLDER.mkdir(parents=True, exist_ok=True)
    minute, part = FOLDER / "minute.mp4", made.with_suffix(".part")
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-g", str(2 * FPS), *TAGGED, "-an")
    _run(ffmpeg, "-f", "lavfi", "-i", PICTURE, "-t", "60", *encode, str(minute))
    sound = ("-f", "lavfi", "-i", SOUND, "-t", str(60 * minutes))
    copied = ("-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-movflags", "+faststart", "-f", "mp4")
    _run(ffmpeg, "-stream_loop", str(minutes - 1), "-i", str(minute), *sound, *copied, str(part))
    part.replace(made)
    minute.unlink()
    return made


def _run(ffmpeg: str, *arguments: str) -> None:
    subprocess.run([ffmpeg, *QUIET, *arguments], check=True)
