"""Transport and program streams, entered at a late packet: the rest of what is sent from the file's start on."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import pytest

from compiler.emit.straightened import spec_of
from compiler.ir import ops
from compiler.supervise.facts import probe_child
from compiler.supervise.record import media_of
from compiler.supervise.straighten.child import straighten
from compiler.timeline.media import Media

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-x264-params")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "4", "-bf", "2")
NO_NOISE = ("-aac_pns", "0")
"""Without the noise that an AAC decoder makes up, another one each time."""


@dataclass(frozen=True)
class Kind:
    """A file of 4 s: its ending, its coders, the frames of a group of pictures, and the muxer's options."""

    ending: str
    picture: tuple[str, ...]
    sound: str
    group: int
    options: tuple[str, ...] = ()
    entries: range = range(3, 9)
    """The numbers of entries that may be known of the picture."""


KINDS = {
    "rest of a frame": Kind("mpg", MPEG2, "mp2", 13),
    "rest of a sound": Kind("vob", MPEG2, "ac3", 13),
    "frames without times": Kind(
        "mpg", (*X264, "log-level=none:scenecut=0", "-crf", "40"), "none", 20, (), range(2, 9)
    ),
    "gradual refresh": Kind("ts", (*X264, "log-level=none:intra-refresh=1"), "none", 20, (), range(1, 2)),
}
FURTHER = {
    "open groups": Kind("ts", (*X264, "log-level=none:open-gop=1:bframes=3:scenecut=0"), "mp2", 20),
    "open groups of H.265": Kind("ts", (*X265, "log-level=none:open-gop=1:bframes=4"), "aac", 20),
    "gradual refresh of H.265": Kind("ts", (*X265, "log-level=none:intra-refresh=1"), "none", 20, (), range(1, 2)),
    "packets of 192 bytes": Kind("m2ts", (*X264, "log-level=none"), "eac3", 20, ("-mpegts_m2ts_mode", "1")),
    "interlaced": Kind("m2ts", (*MPEG2, "-flags", "+ildct+ilme"), "mp2", 15, ("-mpegts_m2ts_mode", "1")),
    "a late start": Kind("ts", MPEG2, "mp2", 20, ("-output_ts_offset", "5000")),
    "a clock that wraps": Kind("ts", (*X264, "log-level=none"), "aac", 20, ("-output_ts_offset", "95441")),
}


def cases() -> list[object]:
    further = [pytest.param(name, kind, marks=pytest.mark.slow) for name, kind in FURTHER.items()]
    return [*KINDS.items(), *further]


def made(path: Path, ffmpeg: str, kind: Kind) -> Media:
    """The facts of a new file of a kind."""
    pictures = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=4,noise=alls=9:allf=t:all_seed=7"]
    sounds = ["-f", "lavfi", "-i", "anoisesrc=r=48000:a=0.3:d=4:seed=5:c=pink"]
    heard = ["-an"] if kind.sound == "none" else ["-c:a", kind.sound, *(NO_NOISE if kind.sound == "aac" else ())]
    coded = [*kind.picture, "-g", str(kind.group), "-pix_fmt", "yuv420p", *heard, *kind.options]
    subprocess.run([ffmpeg, "-v", "error", *pictures, *sounds, *coded, str(path)], check=True)
    return media_of(path, json.loads(json.dumps(probe_child.media(path), default=str)))


def sent(media: Media, stream: str, start: Fraction, folder: Path) -> tuple[bool, list[tuple[int, bytes]]]:
    """Whether the file is entered late, and what is sent from an instant on: times and bytes."""
    spec = spec_of(ops.Source(media, "video" if stream == "video" else "audio", start))
    straighten(json.loads(json.dumps(spec)), str(folder / "sent.nut"))
    with av.open(str(folder / "sent.nut")) as container:
        packets = [(packet.pts or 0, bytes(packet)) for packet in container.demux() if packet.size]
    return spec["enter"] is not None, packets


@pytest.mark.parametrize(("name", "kind"), cases())
def test_a_late_part_is_that_of_the_whole_file(tmp_path: Path, embedded: str, name: str, kind: Kind) -> None:
    media = made(tmp_path / f"a.{kind.ending}", embedded, kind)
    assert len(media.video.entries) in kind.entries
    base = media.video.time_base
    _, whole = sent(media, "video", Fraction(0), tmp_path)
    entered = set[bool]()
    for begin in (entry[0] + more for entry in media.video.entries[:4] for more in (-900, 5000)):
        late, found = sent(media, "video", max(0, begin) * base, tmp_path)
        entered.add(late)
        shown = max(n for n, (tick, _) in enumerate(whole) if tick <= max(0, begin))
        alike = found == [(max(0, tick - max(0, begin)), frame) for tick, frame in whole[shown:]]
        assert alike, (begin, late, len(found))
    assert entered == ({True, False} if len(kind.entries) > 1 else {False})
    if media.audio is not None:
        check_sound(media, tmp_path)


def check_sound(media: Media, folder: Path) -> None:
    """Sound is used from a second after its beginning on."""
    assert media.audio is not None
    second = media.audio.sample_rate * media.audio.channels * 4
    samples = [b"".join(data for _, data in sent(media, "audio", Fraction(at), folder)[1]) for at in (0, 1, 2)]
    alike = [samples[at][second:] == samples[0][(at + 1) * second :] for at in (1, 2)]
    assert alike == [True, True]
