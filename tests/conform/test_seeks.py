"""Where a picture is sought: from there on, all frames from the one before the in point are those of the whole file."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.ops import Value
from compiler.passes.seek_sources import LEAD_FRAMES, seek_sources
from compiler.supervise.probe import probe_all
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import Media

RATE, FRAMES = 30, 150
CODECS = {
    "no B": ["-c:v", "libx264", "-bf", "0", "-g", "25"],
    "many B": ["-c:v", "libx264", "-bf", "16", "-b_strategy", "0", "-refs", "16", "-g", "60"],
    "open groups": ["-c:v", "libx264", "-bf", "3", "-g", "30", "-x264-params", "open-gop=1"],
    "clean random access": ["-c:v", "libx265", "-x265-params", "keyint=40:bframes=4:open-gop=1:log-level=none"],
    "mpeg4": ["-c:v", "mpeg4", "-bf", "2", "-g", "24"],
}
CONTAINERS = {"mp4": [], "mkv": [], "fragments.mp4": ["-movflags", "frag_keyframe+empty_moov"]}
FILES = [
    *((codec, "mp4") for codec in CODECS),
    *(
        (codec, "mkv") for codec in CODECS if codec != "many B"
    ),  # libav sees a clock that jumps: reelc decodes it itself
    ("open groups", "fragments.mp4"),
]


@pytest.mark.parametrize(("codec", "container"), FILES)
def test_no_frame_is_lost_or_wrong_after_a_seek(ffmpegs: str, tmp_path: Path, codec: str, container: str) -> None:
    path = tmp_path / f"film.{container}"
    drawn = f"testsrc2=s=96x64:r={RATE}:d={FRAMES // RATE},format=yuv420p"
    made = ["-f", "lavfi", "-i", drawn, *CODECS[codec], *CONTAINERS[container], str(path)]
    subprocess.run([ffmpegs, "-v", "error", *made], check=True)
    media = probe_all([(path, Loc())])[path]
    assert media.video.ahead is not None
    assert (media.video.ahead > 0) is (codec != "no B")
    whole = frames(ffmpegs, path, Fraction(0))
    assert len(whole) == FRAMES
    dice = Random(codec)
    for wanted in sorted(dice.sample(range(FRAMES), 3)):
        found = frames(ffmpegs, path, sought(media, Fraction(wanted, RATE)))
        assert all(found.get(n) == whole[n] for n in range(max(0, wanted - LEAD_FRAMES), FRAMES))


def sought(media: Media, start: Fraction) -> Fraction:
    """The seconds that the pass seeks to for an in point."""
    read = ops.Trim(Value("all"), SourceTime(start), SourceTime(Fraction(FRAMES, RATE)))
    graph = Graph(
        (Def(Value("all"), ops.Source(media, "video"), Loc()), Def(Value("part"), read, Loc())), Value("part"), None
    )
    source = seek_sources(graph).ops[Value("all")]
    assert isinstance(source, ops.Source)
    return source.seek


def frames(ffmpeg: str, path: Path, seek: Fraction) -> dict[int, str]:
    """The hash of each frame that is decoded after a seek, by its number in the file."""
    place = ["-ss", f"{float(seek):.6f}"] if seek else []
    exact = ["-vf", "settb=1/1000000", "-fps_mode", "passthrough", "-enc_time_base:v", "1:1000000"]
    given = [ffmpeg, "-v", "error", *place, "-i", str(path), *exact]
    listed = subprocess.run([*given, "-f", "framemd5", "-"], check=True, capture_output=True, text=True).stdout
    rows = [line.split(",") for line in listed.splitlines() if not line.startswith("#")]
    return {round((Fraction(int(row[2]), 10**6) + seek) * RATE): row[-1].strip() for row in rows}
