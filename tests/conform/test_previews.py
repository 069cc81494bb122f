"""Views of a source in the editor: frame n of its proxy is its frame n; strips and peaks are in place."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from compiler.errors import ReelError
from compiler.pipeline import previews
from compiler.previews import Patience, make_peaks, make_proxy, make_strip
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.probe import probe
from compiler.timeline.media import Media
from tests.cases import cases
from tests.footage import coded, read
from tests.footage.coded import CELLS, Recipe
from tests.footage.pool import Source

KINDS = ("phone.mp4", "program.mpg", "edit.mov", "screen.mp4", "open.ts", "fields.mp4", "late30.mkv", "ntsc.mp4")
"""HEVC of 10 bit with open GOPs, MPEG-2, ProRes, uneven times, a transport stream, fields, Matroska, reordering."""

PATIENCE = Patience(30, 60)


def named(all_sources: tuple[Source, ...], name: str) -> Source:
    return next(source for source in all_sources if source.path.name == name)


def proxied(media: Media, ffmpeg: str, folder: Path) -> Path:
    work = folder / "work"
    work.mkdir()
    asyncio.run(make_proxy(media, find_build(ffmpeg), work, folder / "proxy.mp4", PATIENCE))
    return folder / "proxy.mp4"


def stripped(media: Media, ffmpeg: str, folder: Path) -> tuple[previews.Strip, Path]:
    work = folder / "work"
    work.mkdir()
    strip = asyncio.run(make_strip(media, find_build(ffmpeg), work, folder / "strip.jpg", PATIENCE))
    return strip, folder / "strip.jpg"


def peaked(media: Media, ffmpeg: str, folder: Path) -> tuple[Fraction, list[float]]:
    return asyncio.run(make_peaks(media, find_build(ffmpeg), folder, PATIENCE))


def frame_numbers(strip: previews.Strip, path: Path, lane: int) -> list[int | None]:
    """The frame number in each picture of a strip."""
    (picture,) = read.luma(path)
    places = [divmod(k, strip.columns) for k in range(strip.pictures)]
    corners = [(float(column * strip.width), float(row * strip.height)) for row, column in places]
    cells = [read.codes(picture, (x, y, float(strip.width), float(strip.height)))[lane] for x, y in corners]
    assert strip.width > 4 * CELLS
    return cells


@pytest.mark.further
@pytest.mark.parametrize("name", cases(KINDS, slow=("program.mpg", "edit.mov", "ntsc.mp4")))
def test_a_frame_of_the_proxy_is_that_of_the_source(
    name: str, all_sources: tuple[Source, ...], ffmpegs: str, tmp_path: Path
) -> None:
    source = named(all_sources, name)
    proxy = proxied(probe(source.path), ffmpegs, tmp_path)
    frames = read.frames(proxy)
    assert [frame.codes[source.recipe.lane] for frame in frames] == list(range(source.recipe.frames))
    tick = Fraction(1, 2000)  # the rounding of Matroska's times
    assert max(abs(a.pts - at) for a, at in zip(frames, source.facts.times, strict=True)) < tick
    assert frames[0].pts == 0


COARSE = {
    "a25.avi": Recipe(Fraction(25), Fraction(2), video=("-c:v", "mpeg4", "-q:v", "2"), sound=coded.PCM),
    "b10.avi": Recipe(Fraction(10), Fraction(2), video=("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"), sound=coded.PCM),
    "c25.dv": Recipe(
        Fraction(25),
        Fraction(2),
        size=(720, 576),
        video=("-c:v", "dvvideo", "-pix_fmt", "yuv420p"),
        sound=coded.PCM,
    ),
}
"""Sources whose clock ticks more slowly than AAC makes packets, and that have sound."""


@pytest.mark.further
@pytest.mark.both_builds
@pytest.mark.parametrize("name", COARSE)
def test_the_clock_of_the_picture_is_not_that_of_the_sound(
    name: str, ffmpegs: str, embedded: str, tmp_path: Path
) -> None:
    recipe = COARSE[name]
    proxy = proxied(probe(coded.make(tmp_path / name, recipe, ffmpeg=embedded)), ffmpegs, tmp_path)
    assert [frame.codes[0] for frame in read.frames(proxy)] == list(range(recipe.frames))
    heard = read.clicks(*read.samples(proxy))
    assert [click.at for click in heard] == pytest.approx([k / 10 for k in range(20)], abs=0.003)


@pytest.mark.further
def test_a_proxy_is_what_every_browser_plays(all_sources: tuple[Source, ...], embedded: str, tmp_path: Path) -> None:
    made = probe(proxied(probe(named(all_sources, "phone.mp4").path), embedded, tmp_path))
    assert (made.format, made.video.codec, made.video.pix_fmt) == ("mov", "h264", "yuv420p")
    assert made.audio is not None
    assert made.audio.codec == "aac"
    with av.open(str(tmp_path / "proxy.mp4")) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
    keys = [k for k, packet in enumerate(packets) if packet.is_keyframe]
    assert max(b - a for a, b in zip(keys, [*keys[1:], len(packets)], strict=True)) <= 15


def test_the_sound_of_a_proxy_is_in_its_place(all_sources: tuple[Source, ...], ffmpegs: str, tmp_path: Path) -> None:
    source = named(all_sources, "late30.mkv")
    heard = read.clicks(*read.samples(proxied(probe(source.path), ffmpegs, tmp_path)))
    assert len(heard) == len(source.recipe.clicks)
    assert max(abs(a.at - float(at)) for a, at in zip(heard, source.recipe.clicks, strict=True)) < 0.001


@pytest.mark.further
def test_a_proxy_is_the_right_way_up_and_not_too_large(embedded: str, tmp_path: Path, ffmpegs: str) -> None:
    recipe = Recipe(Fraction(30), Fraction(1, 2), size=(1920, 1080), channels=0)
    lying, standing = coded.make(tmp_path / "lying.mp4", recipe, ffmpeg=embedded), tmp_path / "standing.mp4"
    turned = [embedded, "-v", "error", "-display_rotation", "90", "-i", str(lying), "-c", "copy", str(standing)]
    subprocess.run(turned, check=True)
    media = probe(standing)
    assert media.video.displayed == (1080, 1920)
    proxy = probe(proxied(media, ffmpegs, tmp_path)).video
    assert (proxy.displayed, proxy.width, proxy.rotation) == ((720, 1280), 720, 0)


def test_a_still_is_a_film_of_its_length(embedded: str, tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    draw = [embedded, "-v", "error", "-f", "lavfi", "-i", "testsrc=s=301x200", "-frames:v", "1", str(still)]
    subprocess.run(draw, check=True)
    (tmp_path / "proxy").mkdir()
    made = probe(proxied(probe(still), embedded, tmp_path / "proxy"))
    assert (made.video.displayed, made.video.frames) == ((302, 200), 150)
    assert made.video.end == Fraction(5)
    (tmp_path / "strip").mkdir()
    strip, _ = stripped(probe(still), embedded, tmp_path / "strip")
    assert strip.pictures == 1


@pytest.mark.parametrize("name", ["short60.mp4", "program.mpg", "screen.mp4"])
def test_a_strip_shows_the_middle_of_what_each_picture_stands_for(
    name: str, all_sources: tuple[Source, ...], ffmpegs: str, tmp_path: Path
) -> None:
    source = named(all_sources, name)
    strip, path = stripped(probe(source.path), ffmpegs, tmp_path)
    times = source.facts.times
    middle = [sum(at <= strip.instant(k) for at in times) - 1 for k in range(strip.pictures)]
    found = frame_numbers(strip, path, source.recipe.lane)
    assert strip.pictures == len(found) >= 8
    assert all(got is not None and abs(got - due) <= 1 for got, due in zip(found, middle, strict=True)), (found, middle)


@pytest.mark.parametrize("name", ["short60.mp4", "phone.mp4"])
def test_a_strip_of_a_long_source_is_sought(
    name: str, all_sources: tuple[Source, ...], ffmpegs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "DECODED", 0)
    monkeypatch.setattr(previews, "READ", 0)
    source = named(all_sources, name)
    media = probe(source.path)
    assert previews.sought(media)
    strip, path = stripped(media, ffmpegs, tmp_path)
    every, rate = 48 if name == "short60.mp4" else 24, source.recipe.rate
    reordered = 4 / rate  # a seek uses decoding times, ffmpeg's then 3/23 s further back
    for k, found in enumerate(frame_numbers(strip, path, source.recipe.lane)):
        assert found is not None
        assert found % every == 0
        assert -reordered <= strip.instant(k) - found / rate < every / rate + Fraction(3, 23)


def test_a_strip_of_a_large_source_is_made_of_key_frames(
    all_sources: tuple[Source, ...], embedded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "DECODED", 0)
    source = named(all_sources, "short60.mp4")
    strip, path = stripped(probe(source.path), embedded, tmp_path)
    assert set(frame_numbers(strip, path, source.recipe.lane)) <= set(range(0, 240, 48))


def test_peaks_are_where_the_clicks_are(all_sources: tuple[Source, ...], ffmpegs: str, tmp_path: Path) -> None:
    source = named(all_sources, "late30.mkv")
    rate, peaks = peaked(probe(source.path), ffmpegs, tmp_path)
    assert (rate, len(peaks)) == (Fraction(50), 200)
    loud = {k for k, peak in enumerate(peaks) if peak > 0.15}
    assert loud == {int(at * 50) for at in source.recipe.clicks}
    assert max(peaks) <= 1


def test_no_sound_has_no_peaks(all_sources: tuple[Source, ...], embedded: str, tmp_path: Path) -> None:
    assert peaked(probe(named(all_sources, "silent30.mp4").path), embedded, tmp_path)[1] == []


def test_what_cannot_be_shown_is_said(all_sources: tuple[Source, ...], embedded: str, tmp_path: Path) -> None:
    media = probe(named(all_sources, "silent30.mp4").path)
    odd = replace(media, video=replace(media.video, color_space="ictcp"))
    with pytest.raises(ReelError) as refused:
        proxied(odd, embedded, tmp_path)
    assert refused.value.code == "RC205"


def test_a_file_that_is_gone_is_said(all_sources: tuple[Source, ...], embedded: str, tmp_path: Path) -> None:
    media = replace(probe(named(all_sources, "silent30.mp4").path), path=str(tmp_path / "gone.mp4"))
    with pytest.raises(ReelError) as refused:
        stripped(media, embedded, tmp_path)
    assert refused.value.code == "RC603"
