"""Colour tags as files really have them: reserved values are no tags, and matrices that nobody converts are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.probe import probe
from tests.cases import cases
from tests.conform.studio import compiled, rendered
from tests.conform.test_colours import PATCHES, coded, middles, near, patches, stored
from tests.conform.test_previews import proxied, stripped
from tests.conform.test_sources import run
from tests.footage.tags import RESERVED, X264


@pytest.mark.conform
@pytest.mark.parametrize("name", cases(RESERVED, slow=("transfer.ts", "h264.mp4"), both=("primaries.ts",)))
def test_a_reserved_tag_is_no_tag(name: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """The source is BT.709 by its tag, or BT.601 by its size where the matrix is reserved."""
    encoder, tags = RESERVED[name]
    matrix = "bt709" if tags.endswith("=1") else "smpte170m"
    colours = [coded(rgb, matrix, False, 8) for rgb in PATCHES]
    patches(embedded, tmp_path / f"plain{name}", colours, "yuv420p", "64x64", *encoder)
    run(embedded, "-y", "-i", tmp_path / f"plain{name}", "-c", "copy", "-bsf:v", tags, tmp_path / name)
    assert bool(probe(tmp_path / name).video.reserved_tags) == (name != "h264.mp4")  # its decoder drops them itself
    rendered(stored(name), ffmpegs, tmp_path / "film.mp4", tmp_path)
    near(middles(tmp_path / "film.mp4"), (coded(rgb, "bt709", False, 8) for rgb in PATCHES))
    proxied(probe(tmp_path / name), ffmpegs, tmp_path)
    (tmp_path / "strip").mkdir()
    stripped(probe(tmp_path / name), ffmpegs, tmp_path / "strip")


MATRICES = {
    8: "ycgco",
    11: "smpte2085",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
    15: "ipt-c2",
    16: "ycgco-re",
    17: "ycgco-ro",
}


@pytest.mark.parametrize("transfer", [1, 16], ids=["SDR", "PQ"])
@pytest.mark.parametrize("number", MATRICES)
def test_a_matrix_that_is_not_converted_is_refused_by_name(
    number: int, transfer: int, embedded: str, tmp_path: Path
) -> None:
    patches(embedded, tmp_path / "plain.mp4", [(90, 90, 90)], "yuv420p", "64x64", "-c:v", "libx265")
    tags = f"hevc_metadata=colour_primaries=9:transfer_characteristics={transfer}:matrix_coefficients={number}"
    run(embedded, "-y", "-i", tmp_path / "plain.mp4", "-c", "copy", "-bsf:v", tags, tmp_path / "odd.mp4")
    with pytest.raises(ReelError) as caught:
        compiled(stored("odd.mp4"), embedded, tmp_path)
    assert caught.value.code == "RC205"
    assert MATRICES[number] in caught.value.message


def test_clean_tags_are_not_restated(embedded: str, tmp_path: Path) -> None:
    patches(embedded, tmp_path / "plain.mp4", [(90, 90, 90)], "yuv420p", "64x64", *X264)
    assert not probe(tmp_path / "plain.mp4").video.reserved_tags
    assert find_build(embedded).path in compiled(stored("plain.mp4"), embedded, tmp_path).command("g", "f")


CORNERS = ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 1.0, 0.0))
"""Red, green and blue, 0 to 1, that formats of few bits store exactly."""

FEW_BITS = {
    "animation.mov": ("rgb555be", ("-c:v", "qtrle")),
    "video1.avi": ("rgb555le", ("-c:v", "msvideo1")),
    "thousands.mov": ("rgb565be", ("-c:v", "rawvideo", "-tag:v", "B565")),
    "palette.mov": ("pal8", ("-c:v", "msrle")),
    "palette.avi": ("pal8", ("-c:v", "rawvideo")),
}
"""Sources in RGB of few bits."""


@pytest.mark.conform
@pytest.mark.both_builds
@pytest.mark.parametrize("name", FEW_BITS)
def test_white_is_white_in_few_bits(name: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    pix_fmt, encoder = FEW_BITS[name]
    colours = [(round(255 * red), round(255 * green), round(255 * blue)) for red, green, blue in CORNERS]
    patches(embedded, tmp_path / "deep.mkv", colours, "gbrp", "64x64", "-c:v", "ffv1")
    run(embedded, "-y", "-i", tmp_path / "deep.mkv", "-vf", f"format={pix_fmt}", *encoder, tmp_path / name)
    assert probe(tmp_path / name).video.pix_fmt.startswith(pix_fmt[:6])
    rendered(stored(name), ffmpegs, tmp_path / "film.mp4", tmp_path)
    near(middles(tmp_path / "film.mp4"), (coded(rgb, "bt709", False, 8) for rgb in CORNERS))


@pytest.mark.conform
@pytest.mark.both_builds
@pytest.mark.parametrize("pix_fmt", ["monob", "pal8", "gray", "gray16be"])
def test_white_and_black_are_themselves_in_images(pix_fmt: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    for colour, luma in (("white", 235), ("black", 16)):
        drawn = ("-f", "lavfi", "-i", f"color={colour}:s=64x64,format=gbrp,format={pix_fmt}", "-frames:v", "1")
        run(embedded, "-y", *drawn, tmp_path / f"{colour}.png")
        assert probe(tmp_path / f"{colour}.png").video.pix_fmt == pix_fmt
        trim = {"version": 2, "trimRange": {"start": 0, "end": 0.2}, "spans": []}
        edit = {**stored(f"{colour}.png"), "clips": [{"media": f"{colour}.png", "segments_data": trim}]}
        rendered(edit, ffmpegs, tmp_path / f"{colour}.mp4", tmp_path)
        near(middles(tmp_path / f"{colour}.mp4"), [(luma, 128, 128)])
