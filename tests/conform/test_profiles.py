"""Every profile: each frame, time stamp and sample as predicted, in one render or in units; and the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.profiles import PROFILES
from compiler.supervise.children.sandbox import ENVIRONMENT
from compiler.supervise.ffmpeg import find_build
from tests.cases import cases
from tests.conform.everything import play, run
from tests.conform.studio import compiled, rendered
from tests.footage import read
from tests.footage.check import check_film
from tests.footage.pool import Source
from tests.footage.sound import Sound
from tests.reference.predict import predict

RATES = {"gif": 25}
"""GIF counts hundredths of a second: at 25 frames a second every frame has a whole number of them."""

FASTEST = {"h264": {"preset": "ultrafast"}, "h265": {"preset": "ultrafast"}, "av1": {"preset": "12"}}


def reel(codec: str, sources: tuple[Source, ...]) -> dict[str, Any]:
    """Three clips, a cut and a dissolve, slow motion; in a joined codec two units or more."""
    silent = PROFILES[codec].sound is None
    # neighbours have their codes in different lanes
    first, second = (next(source.media for source in sources if source.recipe.lane == lane) for lane in (0, 1))
    return {
        "reel": 1,
        "canvas": {"width": 320, "height": 180, "fps": RATES.get(codec, 30)},
        "audio": {"stretch": "varispeed", "include": not silent},
        "encode": {"codec": codec, **FASTEST.get(codec, {})},
        "clips": [
            {"id": "c1", "media": first, "segments_data": play(0.5, 1.6)},
            {"id": "c2", "media": second, "segments_data": play(0.2, 1.1, (0.4, 0.8, 0.5))},
            {
                "id": "c3",
                "media": first,
                "segments_data": play(0.1, 1.5),
                "transition_data": {"type": "dissolve", "duration": 0.4},
            },
        ],
    }


@pytest.mark.further
@pytest.mark.conform
@pytest.mark.parametrize("codec", [name for name, profile in PROFILES.items() if profile.picture and name != "webp"])
def test_every_frame_and_sample_is_the_edits(
    codec: str, ffmpegs: str, sources: tuple[Source, ...], tmp_path: Path
) -> None:
    edit, profile = reel(codec, sources), PROFILES[codec]
    assert (len(compiled(edit, ffmpegs, tmp_path).plan.units) > 1) == profile.joined
    film = rendered(edit, ffmpegs, tmp_path / f"film{profile.endings[0]}")
    prediction = predict(edit, {source.media: source.facts for source in sources})
    assert not check_film(film.path, prediction, sources).faults()


@pytest.mark.conform
@pytest.mark.parametrize("codec", ["m4a", "wav"])
def test_sound_alone_is_the_films(codec: str, ffmpegs: str, sources: tuple[Source, ...], tmp_path: Path) -> None:
    edit = reel(codec, sources)
    film = rendered(edit, ffmpegs, tmp_path / f"film.{codec}")
    prediction = predict(edit, {source.media: source.facts for source in sources})
    heard, rate = read.samples(film.path)
    slack = 0 if codec == "wav" else 1023
    assert prediction.samples <= len(heard) <= prediction.samples + slack
    sound = Sound(prediction.clicks, read.clicks(heard, rate))
    assert sound.exact
    assert all(error is not None and error < 0.001 for error in sound.errors)


@pytest.mark.conform
def test_a_webp_lasts_as_long_as_its_film(ffmpegs: str, sources: tuple[Source, ...], tmp_path: Path) -> None:
    """WebP counts milliseconds; equal frames in a row are one frame with a longer duration."""
    film = rendered(reel("webp", sources), ffmpegs, tmp_path / "film.webp")
    data = film.path.read_bytes()
    lasting, at = [], 12
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"ANMF":
            lasting.append(int.from_bytes(data[at + 20 : at + 23], "little"))
        at += 8 + length + length % 2
    assert abs(sum(lasting) - 1000 * film.duration) < 2
    assert film.frames / 2 < len(lasting) <= film.frames


@pytest.mark.further
@pytest.mark.conform
@pytest.mark.parametrize("codec", cases(PROFILES, slow=("h264", "h265", "av1", "prores", "gif")))
def test_the_same_edit_gives_the_same_bytes(
    codec: str, ffmpegs: str, sources: tuple[Source, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a width that is no multiple of 128, with other data left in memory; `test_same_bytes` has h264 too."""
    edit = reel(codec, sources)
    edit["canvas"] |= {"width": 360, "height": 640}
    films: list[bytes] = []
    for byte in ("", "77"):
        with monkeypatch.context() as patched:
            if byte:
                patched.setitem(ENVIRONMENT, "MALLOC_PERTURB_", byte)
            film = rendered(edit, ffmpegs, tmp_path / f"{len(films)}{PROFILES[codec].endings[0]}")
            films.append(film.path.read_bytes())
    assert films[0] == films[1]


@pytest.mark.conform
def test_a_name_of_another_codec_is_refused_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reel.json").write_text(json.dumps({"reel": 1, "encode": {"codec": "wav"}, "clips": [{"media": "no"}]}))
    with pytest.raises(AssertionError):
        run("render", str(tmp_path / "reel.json"), "-o", str(tmp_path / "film.mp4"))
    assert "RC614" in capsys.readouterr().err


def test_both_ffmpegs_have_every_encoder(ffmpegs: str) -> None:
    build = find_build(ffmpegs)
    assert {encoder for profile in PROFILES.values() for encoder in profile.encoders} <= build.encoders
