"""Clips that are cut into units give the film of the whole graph: every frame before encoding, and the film itself."""

from __future__ import annotations

import asyncio
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from compiler.errors import Loc
from compiler.ir.infer import infer
from compiler.model import Reel
from compiler.pipeline import Compiled, compile_reel, cuts, units
from compiler.pipeline.units import legal_slice
from compiler.render import render_reel
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.probe import probe_all
from compiler.timeline.media import Media
from tests.passes.render import MEDIA, Bench, reel
from tests.passes.test_laws import PAN, ZOOM

HALF = Fraction(1, 2)
RAMP = {"from": 1, "to": 0.3}
CUT = {
    "a ramp in a zoom": reel({"play": (1, 3, (0.8, 2.5, RAMP)), "crop_data": ZOOM}, {"play": (2, 3.5)}),
    "a pan, held": reel({"play": (1, 3, (1.4, 0.7)), "crop_data": PAN}, {"play": (4, 6), "into": ("dissolve", 0.6)}),
    "through colours": reel(
        {"play": (1, 3)},
        {"play": (3, 5), "transition_data": {"type": "fade", "duration": 1.4, "colour": "#3070c0"}},
    ),
    "pictures made up": reel(
        {"play": (1, 3.6, (1.6, 2, 0.3), (2.7, 3.4, RAMP)), "motion": "interpolate"},
        {"play": (3, 5), "motion": "interpolate", "into": ("dissolve", 0.3)},
    ),
    "pictures mixed": reel({"play": (1, 3.6, (1.6, 2, 0.3), (2.7, 3.4, RAMP)), "motion": "blend"}, {"play": (3, 5)}),
    "over a blur": reel(
        {"play": (1, 3), "crop_data": {"x": 0, "y": 0, "width": 90, "height": 90}}, canvas={"fill": "blur"}
    ),
    "another rate": reel({"play": (1, 3, (1.2, 2, 0.7)), "crop_data": ZOOM}, canvas={"fps": "24000/1001"}),
}


@pytest.fixture(scope="session")
def woven(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Media:
    """The small film in fields, the top ones first, and six lines taller."""
    path = tmp_path_factory.mktemp("woven") / MEDIA
    picture = ["-f", "lavfi", "-i", "testsrc2=s=160x96:r=60:d=7", "-vf", "tinterlace=interleave_top,setfield=tff"]
    coded = [
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
        "-bf",
        "3",
        "-g",
        "40",
        "-flags",
        "+ilme+ildct",
        "-x264-params",
        "tff=1",
    ]
    tags = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    subprocess.run([embedded, "-v", "error", *picture, *coded, *tags, str(path)], check=True, timeout=60)
    media = probe_all([(path, Loc())])[path]
    assert media.video.interlaced
    return media


def compiled(bench: Bench, edit: Reel, every: Fraction, monkeypatch: pytest.MonkeyPatch) -> Compiled:
    """The reel, its clips cut at multiples of some seconds, however short it is."""
    monkeypatch.setattr(cuts, "EVERY", every)
    monkeypatch.setattr(units, "SHORT", Fraction(0))
    return compile_reel(edit, {MEDIA: bench.media}, bench.build, checked=True)


def check(bench: Bench, edit: Reel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every unit has the frames of the whole graph."""
    film = compiled(bench, edit, HALF, monkeypatch)
    assert len(film.plan.units) > len(film.plan.clips)
    whole = bench.render(film.legal).frames
    for first, until in film.plan.units:
        part = bench.render(legal_slice(infer(film.shaped), first, until))
        assert part.frames == whole[first:until], f"frames {first} to {until}"
        assert part.ticks == tuple(range(until - first))


@pytest.mark.further
@pytest.mark.both_builds
@pytest.mark.parametrize("name", CUT)
def test_units_inside_clips_have_the_films_frames(name: str, benches: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    check(benches, CUT[name], monkeypatch)


@pytest.mark.further
@pytest.mark.both_builds
@pytest.mark.parametrize("name", ["a ramp in a zoom", "pictures mixed"])
def test_units_inside_interlaced_clips_have_the_films_frames(
    name: str, woven: Media, ffmpegs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(Bench(woven, find_build(ffmpegs), tmp_path), CUT[name], monkeypatch)


@pytest.mark.further
@pytest.mark.both_builds
def test_a_film_of_units_inside_clips_is_the_film_in_one_go(benches: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoded without loss: the decoded frames are the graph's, and the sound's packets those of the film in one go."""
    lossless = {"encode": {"preset": "ultrafast", "crf": 0}, "canvas": {"fps": "30000/1001"}}
    edit = reel({"play": (1, 3.6, (1.4, 2, RAMP)), "crop_data": ZOOM}, **lossless)
    ways = [compiled(benches, edit, every, monkeypatch) for every in (HALF, Fraction(60))]
    assert [len(film.plan.units) > 3 for film in ways] == [True, False]
    films = [_rendered(benches, film, f"{number}.mp4") for number, film in enumerate(ways)]
    frames = [_listed(benches, film, "-map", "0:v") for film in films]
    assert frames[0] == frames[1]
    assert [row[5] for row in frames[0]] == [*benches.render(ways[0].legal).frames]
    sounds = [_listed(benches, film, "-map", "0:a", "-c", "copy") for film in films]
    assert sounds[0] == sounds[1]


def _rendered(bench: Bench, film: Compiled, name: str) -> Path:
    return asyncio.run(render_reel(film, bench.folder / name)).path


def _listed(bench: Bench, film: Path, *mapped: str) -> list[list[str]]:
    """The time and the hash of every frame, or packet."""
    command = [bench.build.path, "-v", "error", "-i", str(film), *mapped, "-f", "framemd5", "-"]
    text = subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout
    return [[part.strip() for part in line.split(",")] for line in text.splitlines() if not line.startswith("#")]
