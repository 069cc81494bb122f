"""Where a picture is sought: from there on, all frames that are looked at are those of the whole file."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from compiler.emit.numbers import decimal
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
    path, media = made(ffmpegs, tmp_path, codec, container)
    assert media.video.ahead is not None
    assert (media.video.ahead > 0) is (codec != "no B")
    whole = frames(ffmpegs, path, Fraction(0))
    assert len(whole) == FRAMES
    assert bool(media.video.keys) is (container != "mkv")
    keys = [round(time * RATE) for time in key_times(media)]
    random = Random(codec).sample(range(FRAMES), 3)
    for wanted in sorted({*random, *(near for key in keys[1:3] for near in (key - 1, key))}):
        for lead in (0, LEAD_FRAMES):
            found = frames(ffmpegs, path, sought(media, Fraction(wanted, RATE), lead))
            assert all(found.get(n) == whole[n] for n in range(max(0, wanted - lead), FRAMES))


@pytest.mark.parametrize("rate", [Fraction(RATE), Fraction(30_000, 1001)])
@pytest.mark.parametrize("codec", CODECS)
def test_a_clip_that_begins_with_a_key_frame_is_decoded_from_it(
    ffmpegs: str, tmp_path: Path, codec: str, rate: Fraction
) -> None:
    path, media = made(ffmpegs, tmp_path, codec, "mp4", rate)
    for time in key_times(media)[1:3]:
        for in_point in (time, time + 1 / rate):
            decoded = frames(ffmpegs, path, sought(media, in_point, 0), ["-noaccurate_seek"], rate)
            assert min(decoded) == round(time * rate)


def test_a_clip_is_not_sought_at_a_key_frame_that_the_next_is_decoded_before(ffmpegs: str, tmp_path: Path) -> None:
    _, media = made(ffmpegs, tmp_path, "many B", "mp4")
    first, second, *_ = media.video.keys
    time = second * media.video.time_base - media.video.first
    near = replace(media, video=replace(media.video, keys=(first, second, second + 1)))
    assert sought(near, time, 0) < time == sought(media, time, 0)


def made(ffmpeg: str, folder: Path, codec: str, container: str, rate: Fraction = Fraction(RATE)) -> tuple[Path, Media]:
    """A film of FRAMES frames, and its facts."""
    path = folder / f"film.{container}"
    drawn = f"testsrc2=s=96x64:r={rate}:d=6,format=yuv420p"
    options = ["-f", "lavfi", "-i", drawn, "-frames:v", str(FRAMES), *CODECS[codec], *CONTAINERS[container], str(path)]
    subprocess.run([ffmpeg, "-v", "error", *options], check=True)
    return path, probe_all([(path, Loc())])[path]


def key_times(media: Media) -> list[Fraction]:
    """The source times of the key frames."""
    return [tick * media.video.time_base - media.video.first for tick in media.video.keys]


def sought(media: Media, start: Fraction, lead: int) -> Fraction:
    """The seconds that the pass seeks to for an in point, where filters look at so many frames before it."""
    whole, even, part = (Value(name) for name in ("whole", "even", "part"))
    graph = Graph(
        (
            Def(whole, ops.Source(media, "video"), Loc()),
            Def(even, ops.Deinterlace(whole, "tff" if lead else None), Loc()),
            Def(part, ops.Trim(even if lead else whole, SourceTime(start), media.video.end), Loc()),
        ),
        part,
        None,
    )
    source = seek_sources(graph).ops[whole]
    assert isinstance(source, ops.Source)
    return source.seek


def frames(
    ffmpeg: str, path: Path, seek: Fraction, options: Sequence[str] = (), rate: Fraction = Fraction(RATE)
) -> dict[int, str]:
    """The hash of each frame that is decoded after a seek, by its number in the file."""
    place = ["-ss", decimal(seek)] if seek else []
    exact = ["-vf", "settb=1/1000000", "-fps_mode", "passthrough", "-enc_time_base:v", "1:1000000"]
    given = [ffmpeg, "-v", "error", *options, *place, "-i", str(path), *exact]
    listed = subprocess.run([*given, "-f", "framemd5", "-"], check=True, capture_output=True, text=True).stdout
    rows = [line.split(",") for line in listed.splitlines() if not line.startswith("#")]
    return {round((Fraction(int(row[2]), 10**6) + seek) * rate): row[-1].strip() for row in rows}
