"""Sound as it was recorded: K4, K13, M2, M12 and M14."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cases import cases
from tests.field import edits
from tests.field.desk import Desk, clicks, near
from tests.field.make import AAC, MPEG2, MPEG4, VP8, X264, Maker, recipe

PICTURES = range(120)

# K4 and M2: stamps that jitter

OPUS = ("-c:a", "libopus", "-b:a", "128k")
SOUND = "-bsf:a"


def jittering(make: Maker, source: Path, out: Path, shift: str) -> None:
    """The file with its packets of sound stamped elsewhere, by so many ticks of its clock."""
    make.copy(source, out, SOUND, f"setts=pts='PTS+({shift})':dts='DTS+({shift})'")


@recipe("tone.webm")
def tone_webm(make: Maker, out: Path) -> None:
    make.numbered(out, PICTURES, *VP8, *OPUS, sound=make.tone(4))


@recipe("tone.flv")
def tone_flv(make: Maker, out: Path) -> None:
    make.numbered(out, PICTURES, *X264, *AAC, sound=make.tone(4))


@recipe("tone.mkv")
def tone_mkv(make: Maker, out: Path) -> None:
    make.numbered(out, PICTURES, *X264, "-c:a", "pcm_s16le", sound=make.tone(4))


@recipe("tone.wmv")
def tone_wmv(make: Maker, out: Path) -> None:
    make.numbered(out, PICTURES, "-c:v", "wmv2", "-q:v", "2", "-c:a", "wmav2", "-b:a", "192k", sound=make.tone(4))


@recipe("tone.ts")
def tone_ts(make: Maker, out: Path) -> None:
    make.numbered(out, PICTURES, *MPEG2, "-c:a", "mp2", "-b:a", "256k", sound=make.tone(4))


JITTERS = {
    "nine.webm": ("tone.webm", "mod(N*7,9)-4"),
    "two.webm": ("tone.webm", "mod(N,2)*2"),
    "wide.webm": ("tone.webm", "mod(N*13,61)-30"),
    "one.flv": ("tone.flv", "mod(N,2)*4-2"),
    "two.mkv": ("tone.mkv", "mod(N*5,7)-3"),
    "three.wmv": ("tone.wmv", "mod(N*7,9)-4"),
    "late.ts": ("tone.ts", "(mod(N*7,9)-4)*90"),
}
"""The source, and the shift in ticks of its container: milliseconds, or 90 kHz."""


@pytest.mark.further
@pytest.mark.parametrize("name", cases(JITTERS, both=("nine.webm", "one.flv", "late.ts")))
def test_jitter_never_moves_a_sample(name: str, make: Maker, desk: Desk) -> None:
    source, shift = JITTERS[name]
    path = make.once(f"jitter-{name}", lambda make, out: jittering(make, make(source), out, shift))
    plain = desk.render(make(source), 0.5, 3.5)
    film = desk.render(path, 0.5, 3.5)
    assert film.frames == list(range(15, 105))
    assert clicks(film.sound) == clicks(plain.sound) == []


@pytest.mark.parametrize("shift", ["60*gte(N,100)", "300*gte(N,100)"])
def test_a_real_gap_stays_one(shift: str, make: Maker, desk: Desk) -> None:
    """What follows packet 100, at 2 s, is stamped later: by a silence, faded on both sides."""
    name = f"gap-{len(shift)}.webm"
    path = make.once(name, lambda make, out: jittering(make, make("tone.webm"), out, shift))
    heard = np.abs(desk.render(path, 0.5, 3.5).sound)
    long = int(shift.split("*")[0]) / 1000
    quiet = np.flatnonzero(np.convolve(heard, np.ones(48), "same") < 0.01)
    assert long - 0.02 <= len(quiet) / 48_000 <= long + 0.02
    assert 1.4 <= quiet[0] / 48_000 <= 1.6


@recipe("drifting.mkv")
def drifting(make: Maker, out: Path) -> None:
    """Sound that the recorder's clock stamped 1 % too far apart: 6 s of samples over 6.06 s."""
    part = out.with_name(f"{out.name}-part.mkv")
    make.numbered(part, range(180), *X264, "-c:a", "pcm_s16le", sound=make.tone(6))
    make.copy(part, out, SOUND, "setts=pts=PTS*1.01:dts=DTS*1.01")


@pytest.mark.further
def test_drift_is_corrected_without_clicks(make: Maker, desk: Desk) -> None:
    film = desk.render(make("drifting.mkv"), 0.5, 5.5)
    assert clicks(film.sound, 440 / 1.01) == []
    assert np.abs(film.sound[4800:-4800]).reshape(-1, 480).max(axis=1).min() > 0.2
    assert film.notices


@recipe("drifting-beeps.mkv")
def drifting_beeps(make: Maker, out: Path) -> None:
    part = out.with_name(f"{out.name}-part.mkv")
    make.numbered(part, range(180), *X264, "-c:a", "pcm_s16le", sound=make.beeps(6))
    make.copy(part, out, SOUND, "setts=pts=PTS*1.01:dts=DTS*1.01")


@pytest.mark.further
def test_drifting_sound_stays_with_its_pictures(make: Maker, desk: Desk) -> None:
    film = desk.render(make("drifting-beeps.mkv"), 0, 5.9)
    assert near(film.onsets, [k / 2 * 1.01 for k in range(12)], within=0.012)


# K13 and M12: which sound is judged


HEARD: dict[str, tuple[str, tuple[str, ...]]] = {
    "latm.ts": ("48000", (*X264, *AAC, "-mpegts_flags", "latm")),
    "dts.mkv": ("48000", (*X264, "-c:a", "dca", "-strict", "-2")),
    "dts.ts": ("48000", (*X264, "-c:a", "dca", "-strict", "-2")),
    "truehd.mkv": ("48000", (*X264, "-c:a", "truehd", "-strict", "-2")),
    "eac3.mp4": ("48000", (*X264, "-c:a", "eac3")),
    "alac.mov": ("48000", (*X264, "-c:a", "alac")),
    "ima.avi": ("48000", (*MPEG4, "-c:a", "adpcm_ima_wav")),
    "ms.avi": ("48000", (*MPEG4, "-c:a", "adpcm_ms")),
    "ima.mov": ("48000", (*X264, "-c:a", "adpcm_ima_qt")),
    "ulaw.mov": ("8000", (*X264, "-c:a", "pcm_mulaw", "-ar", "8000")),
    "alaw.avi": ("8000", (*MPEG4, "-c:a", "pcm_alaw", "-ar", "8000")),
    "big.mov": ("48000", (*X264, "-c:a", "pcm_s16be")),
    "deep.mov": ("48000", (*X264, "-c:a", "pcm_s24be")),
    "float.mov": ("48000", (*X264, "-c:a", "pcm_f32le")),
    "bytes.avi": ("48000", (*MPEG4, "-c:a", "pcm_u8")),
    "bluray.m2ts": ("48000", (*X264, "-c:a", "pcm_bluray")),
    "dvd.vob": ("48000", (*MPEG2, "-c:a", "pcm_dvd", "-f", "vob")),
    "amr.3gp": ("8000", (*MPEG4, "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1")),
    "wma.wmv": ("48000", ("-c:v", "wmv2", "-q:v", "2", "-c:a", "wmav2")),
    "flac.mkv": ("48000", (*X264, "-c:a", "flac")),
    "wavpack.mkv": ("48000", (*X264, "-c:a", "wavpack")),
    "tta.mkv": ("48000", (*X264, "-c:a", "tta")),
    "speex.flv": ("44100", (*X264, "-c:a", "libmp3lame", "-ar", "44100")),
    "nelly.flv": ("44100", ("-c:v", "flv", "-q:v", "2", "-c:a", "nellymoser", "-ar", "44100", "-ac", "1")),
    "s302m.ts": ("48000", (*MPEG2, "-c:a", "s302m", "-strict", "-2")),
}


RARE = (
    "dts.ts",
    "eac3.mp4",
    "ms.avi",
    "alaw.avi",
    "deep.mov",
    "float.mov",
    "bytes.avi",
    "wma.wmv",
    "flac.mkv",
    "tta.mkv",
)


@pytest.mark.further
@pytest.mark.parametrize("name", cases(HEARD, both=("latm.ts", "dts.mkv"), slow=RARE))
def test_common_sound_is_heard(name: str, make: Maker, desk: Desk) -> None:
    rate, coding = HEARD[name]

    def write(make: Maker, out: Path) -> None:
        make.numbered(out, PICTURES, *coding, sound=make.beeps(4, int(rate)))

    film = desk.render(make.once(f"heard-{name}", write), 0.25, 2.25)
    assert near(film.onsets, [0.25, 0.75, 1.25, 1.75], within=0.06)


UNKNOWN = b"A_QUAINT"


@recipe("two-sounds.mkv")
def two_sounds(make: Maker, out: Path) -> None:
    part = out.with_name(f"{out.name}-part.mkv")
    make.numbered(part, PICTURES, *X264, *AAC, sound=make.tone(4))
    make.run("-i", part, "-i", make.beeps(4), "-map", "0", "-map", "1", "-c", "copy", "-c:a:1", "aac", out)


@recipe("first-unreadable.mkv")
def first_unreadable(make: Maker, out: Path) -> None:
    out.write_bytes(edits.codec_renamed(make("two-sounds.mkv").read_bytes(), 1, UNKNOWN))


@recipe("only-unreadable.mkv")
def only_unreadable(make: Maker, out: Path) -> None:
    part = out.with_name(f"{out.name}-part.mkv")
    make.numbered(part, PICTURES, *X264, *AAC, sound=make.beeps(4))
    out.write_bytes(edits.codec_renamed(part.read_bytes(), 1, UNKNOWN))


@pytest.mark.further
@pytest.mark.both_builds
def test_an_unreadable_sound_gives_way_to_the_next(make: Maker, desk: Desk) -> None:
    film = desk.render(make("first-unreadable.mkv"), 0, 2)
    assert near(film.onsets, [0, 0.5, 1, 1.5], within=0.03)
    assert film.notices


@pytest.mark.further
@pytest.mark.both_builds
def test_a_sound_without_a_decoder_is_left_out_with_a_notice(make: Maker, desk: Desk) -> None:
    film = desk.render(make("only-unreadable.mkv"), 0, 2)
    assert film.frames == list(range(60))
    assert not film.sound.any()
    assert film.notices


@pytest.mark.parametrize("name", ["only-unreadable.mkv", "first-unreadable.mkv"])
def test_a_sound_that_is_not_used_is_not_judged(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name), 0, 2, reel={"audio": {"include": False}})
    assert film.frames == list(range(60))
    assert not film.notices


@recipe("mono.mp4")
def mono(make: Maker, out: Path) -> None:
    make.numbered(out, range(60), *X264, *AAC, "-ac", "1", sound=make.tone(2))


def test_the_probe_names_one_speaker(make: Maker, desk: Desk) -> None:
    ended = desk.run("probe", str(make("mono.mp4")))
    (line,) = (line for line in ended.stdout.splitlines() if "speakers" in line)
    assert "frames" not in line
    assert "FC" in line
