"""Codecs and tracks: sound of every common codec is heard, and a track without a decoder gives way to the next."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler.supervise.probe import probe
from tests.cases import cases
from tests.conform.studio import compiled, rendered
from tests.conform.test_sources import SOURCE, codes, reel, run
from tests.footage import coded, read

SOUNDS: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "latm.ts": (48_000, 2, ("-c:a", "aac", "-mpegts_flags", "latm")),
    "dts.mkv": (48_000, 2, ("-c:a", "dca", "-strict", "-2", "-b:a", "768k")),
    "truehd.mp4": (48_000, 2, ("-c:a", "truehd", "-strict", "-2")),
    "mlp.mkv": (48_000, 2, ("-c:a", "mlp", "-strict", "-2")),
    "mp2.ts": (48_000, 2, ("-c:a", "mp2", "-b:a", "256k")),
    "s302m.ts": (48_000, 2, ("-c:a", "s302m", "-strict", "-2")),
    "ima.mov": (44_100, 2, ("-c:a", "adpcm_ima_qt")),
    "yamaha.avi": (44_100, 2, ("-c:a", "adpcm_yamaha")),
    "swf.flv": (44_100, 2, ("-c:a", "adpcm_swf")),
    "g722.mkv": (16_000, 1, ("-c:a", "g722")),
    "nelly.flv": (22_050, 1, ("-c:a", "nellymoser", "-b:a", "88k")),
    "wavpack.mkv": (48_000, 2, ("-c:a", "wavpack")),
    "tta.mkv": (48_000, 2, ("-c:a", "tta")),
    "wma.asf": (44_100, 2, ("-c:a", "wmav2", "-b:a", "192k")),
    "alaw.mov": (8_000, 1, ("-c:a", "pcm_alaw")),
    "s8.mov": (48_000, 2, ("-c:a", "pcm_s8")),
    "f64.mov": (48_000, 2, ("-c:a", "pcm_f64be")),
    "s24be.mov": (48_000, 2, ("-c:a", "pcm_s24be")),
}
"""Samples a second, channels, and the encoder; the codecs differ in how they delay sound."""

LIKE = 0.95
"""The least correlation of the film's sound with ffmpeg's own decoding of the source, at the best offset."""

OFFSET = 4800
"""Samples by which a codec's delay may move its sound."""


def decoded(ffmpeg: str, media: Path) -> np.ndarray:
    """The left channel of a source's sound as ffmpeg decodes it, at 48 kHz."""
    command = [ffmpeg, "-v", "error", "-i", str(media), "-vn", "-ac", "2", "-ar", "48000"]
    raw = subprocess.run([*command, "-f", "f32le", "-"], check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.float32)[::2].astype(float)


def correlated(long: np.ndarray, short: np.ndarray) -> np.ndarray:
    """The correlation of a sound with the other at every offset at which it lies within it."""
    spectra = (np.fft.rfft(each, 1 << 17) for each in (long, short))
    return np.fft.irfft(next(spectra) * np.conj(next(spectra)))[: len(long) - len(short) + 1]


@pytest.mark.further
@pytest.mark.conform
@pytest.mark.parametrize("name", cases(SOUNDS, slow=("s8.mov", "s24be.mov", "mlp.mkv", "tta.mkv", "mp2.ts")))
def test_sound_of_every_common_codec_is_heard(name: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    rate, channels, encoder = SOUNDS[name]
    recipe = replace(SOURCE, sample_rate=rate, channels=channels, sound=encoder)
    if name.endswith(".flv"):
        recipe = replace(recipe, video=("-c:v", "flv", "-q:v", "2"))
    if name.endswith(".asf"):
        recipe = replace(recipe, video=("-c:v", "wmv2", "-q:v", "2"))
    if name.endswith(".avi"):
        recipe = replace(recipe, video=("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"))
    coded.make(tmp_path / name, recipe, ffmpeg=embedded)
    film = rendered(reel(name), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    assert codes(film) == [*range(15, 45)]
    heard, whole = read.samples(film)[0][:46_000], decoded(embedded, tmp_path / name)
    near = whole[24_000 - OFFSET : 24_000 + OFFSET + len(heard)]
    likeness = correlated(near, heard) / np.linalg.norm(heard)
    at = int(np.argmax(likeness))
    assert likeness[at] / np.linalg.norm(near[at : at + len(heard)]) > LIKE


def film_of(media: Path, ffmpeg: str, **audio: Any) -> tuple[tuple[str, ...], float]:
    """The notices of a film of the media, and the loudest of its sound."""
    stored = {**reel(media.name, width=64, height=36), "audio": audio}
    notices = tuple(notice.message for notice in compiled(stored, ffmpeg, media.parent).plan.notices)
    film = rendered(stored, ffmpeg, media.with_name("film.mp4"), media.parent).path
    heard = read.samples(film)[0]
    return notices, float(np.abs(heard).max(initial=0))


def with_tracks(ffmpeg: str, output: Path, *codecs: str, rate: str = "8000") -> Path:
    """A picture with a tone in each of some codecs."""
    tones = [word for _ in codecs for word in ("-f", "lavfi", "-i", "sine=500:r=8000:d=2,volume=6")]
    sounds = [word for k, codec in enumerate(codecs) for word in (f"-c:a:{k}", codec)]
    maps = [word for k in range(len(codecs) + 1) for word in ("-map", str(k))]
    picture = ("-f", "lavfi", "-i", "color=gray:s=64x36:r=30:d=2")
    run(ffmpeg, "-y", *picture, *tones, *maps, "-c:v", "libx264", *sounds, "-ar", rate, "-ac", "1", output)
    return output


GIVES_WAY = "the sound, ra_144, has no decoder here; another track, aac, is heard instead"
SILENT = "the sound, ra_144, has no decoder here; the film is silent there"


@pytest.mark.conform
@pytest.mark.both_builds
def test_a_track_without_a_decoder_gives_way_to_the_next(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    media = with_tracks(embedded, tmp_path / "two.mkv", "real_144", "aac")
    notices, loudest = film_of(media, ffmpegs)
    assert notices == (GIVES_WAY,)
    assert loudest > 0.1


@pytest.mark.conform
@pytest.mark.both_builds
def test_without_any_decoder_the_picture_is_rendered_with_silence(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    media = with_tracks(embedded, tmp_path / "one.mkv", "real_144")
    assert film_of(media, ffmpegs) == ((SILENT,), 0)


def test_sound_that_is_not_used_is_not_judged(embedded: str, tmp_path: Path) -> None:
    media = with_tracks(embedded, tmp_path / "one.mkv", "real_144")
    assert film_of(media, embedded, include=False) == ((), 0)
    stored = reel(media.name, width=64, height=36)
    stored["clips"][0]["stretch"] = "mute"
    assert compiled(stored, embedded, tmp_path).plan.notices == ()


def test_a_track_that_decodes_to_nothing_gives_way(embedded: str, tmp_path: Path) -> None:
    media = with_tracks(embedded, tmp_path / "two.mkv", "ac3", "flac", rate="48000")
    media.write_bytes(media.read_bytes().replace(b"A_AC3", b"A_DTS", 1))
    assert probe(media).unheard == ("the sound, dts, cannot be decoded; another track, flac, is heard instead",)


def test_a_track_of_an_unknown_codec_is_named(embedded: str, tmp_path: Path) -> None:
    media = with_tracks(embedded, tmp_path / "one.mov", "pcm_s16le")
    media.write_bytes(media.read_bytes().replace(b"sowt", b"zzzz"))
    assert probe(media).unheard == ("the sound is of an unknown codec; the film is silent there",)
    assert probe(media).audio is None


@pytest.mark.conform
@pytest.mark.both_builds
@pytest.mark.parametrize("codec", ["mpeg1video", "mpeg2video"])
@pytest.mark.parametrize("ending", ["mpg", "ts"])
def test_a_stream_of_one_picture_is_rendered(
    codec: str, ending: str, ffmpegs: str, embedded: str, tmp_path: Path
) -> None:
    one = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=0.04", "-f", "lavfi", "-i", "sine=d=0.04")
    run(embedded, "-y", *one, "-c:v", codec, "-c:a", "mp2", tmp_path / f"one.{ending}")
    stored = {**reel(f"one.{ending}", width=64, height=36), "clips": [{"media": f"one.{ending}"}]}
    assert rendered(stored, ffmpegs, tmp_path / "film.mp4", tmp_path).frames == 1
