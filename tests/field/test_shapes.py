"""Files whose pictures change size, format or tags, or are smaller than their codec says: K1, K6, K7, M3, M5 and M9."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.cases import cases
from tests.field import edits, mp4_edits
from tests.field.desk import Desk, near
from tests.field.make import AAC, MPEG2, SIZE, VP8, VP9, X264, X265, Maker, recipe
from tests.footage.coded import feed
from tests.footage.tags import RESERVED

LARGE = (320, 180)

# K1: a stream changes shape


def joined(make: Maker, out: Any, ending: str, *parts: tuple[tuple[int, int], tuple[str, ...]]) -> None:
    """Parts of a second each, one after the other in one stream."""
    names = []
    for place, (size, coding) in enumerate(parts):
        part = out.with_name(f"{out.name}-{place}.{ending}")
        make.numbered(part, range(30 * place, 30 * place + 30), *coding, size=size)
        names.append(part)
    listed = out.with_name(f"{out.name}.txt")
    listed.write_text("".join(f"file '{name}'\n" for name in names))
    make.run("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", out)


def joined_ts(make: Maker, out: Any, *parts: tuple[tuple[int, int], tuple[str, ...]]) -> None:
    """The same in a transport stream, on one clock, which begins late enough for no muxer to shift it."""
    whole = b""
    for place, (size, coding) in enumerate(parts):
        part = out.with_name(f"{out.name}-{place}.ts")
        make.numbered(
            part,
            range(30 * place, 30 * place + 30),
            *coding,
            "-output_ts_offset",
            10 + place,
            "-muxdelay",
            "0",
            size=size,
        )
        whole += part.read_bytes()
    out.write_bytes(whole)


@recipe("grows.webm")
def grows_webm(make: Maker, out: Any) -> None:
    joined(make, out, "webm", (SIZE, VP8), (LARGE, VP8))


@recipe("grows-vp9.webm")
def grows_vp9(make: Maker, out: Any) -> None:
    joined(make, out, "webm", (SIZE, VP9), (LARGE, VP9))


@recipe("shrinks.mkv")
def shrinks_mkv(make: Maker, out: Any) -> None:
    joined(make, out, "mkv", (LARGE, MPEG2), (SIZE, MPEG2))


@recipe("grows.ts")
def grows_ts(make: Maker, out: Any) -> None:
    joined_ts(make, out, (SIZE, X264), (LARGE, X264))


@recipe("chroma.ts")
def chroma_ts(make: Maker, out: Any) -> None:
    joined_ts(make, out, (SIZE, X264), (SIZE, (*X264, "-pix_fmt", "yuv422p")))


@recipe("deeper.ts")
def deeper_ts(make: Maker, out: Any) -> None:
    joined_ts(make, out, (SIZE, X265), (SIZE, (*X265, "-pix_fmt", "yuv420p10le")))


@recipe("anamorphic.ts")
def anamorphic_ts(make: Maker, out: Any) -> None:
    joined_ts(make, out, (SIZE, MPEG2), (SIZE, (*MPEG2, "-aspect", "4:3")))


@recipe("tagged.mp4")
def tagged_mp4(make: Maker, out: Any) -> None:
    tags = ("-bsf:v", "h264_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1")
    parts = []
    for place, tagged in enumerate(((), (*tags, "-color_range", "tv"))):
        part = out.with_name(f"{out.name}-{place}.ts")
        make.numbered(part, range(60 * place, 60 * place + 60), *X264, *tagged)
        parts.append(part)
    listed = out.with_name(f"{out.name}.txt")
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    make.run("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", out)


CHANGING = ("grows.webm", "grows-vp9.webm", "shrinks.mkv", "grows.ts", "chroma.ts", "deeper.ts", "anamorphic.ts")


@pytest.mark.further
@pytest.mark.parametrize("name", cases(CHANGING, both=("grows.webm", "shrinks.mkv", "chroma.ts")))
def test_every_picture_is_shown_in_the_first_shape(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name))
    assert film.frames == list(range(60))
    assert film.notices


@pytest.mark.parametrize("name", cases(CHANGING, slow=("grows-vp9.webm", "deeper.ts", "anamorphic.ts")))
def test_a_trim_over_a_change_of_shape(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name), 0.5, 1.5).frames == list(range(15, 45))


@pytest.mark.parametrize("name", cases(CHANGING, slow=("grows-vp9.webm", "deeper.ts", "anamorphic.ts")))
def test_a_trim_after_a_change_of_shape(name: str, make: Maker, desk: Desk) -> None:
    """The first shape is the file's and not the trim's: the box is in its coordinates."""
    box = {"frame": 0, "x": 0, "y": 0, "width": SIZE[0], "height": SIZE[1]}
    if name == "shrinks.mkv":
        box |= {"width": LARGE[0], "height": LARGE[1]}
    assert desk.render(make(name), 1.2, 1.8, crop_data=[box]).frames == list(range(36, 54))


@pytest.mark.further
@pytest.mark.both_builds
def test_tags_that_change_amid_a_trim(make: Maker, desk: Desk) -> None:
    assert desk.render(make("tagged.mp4"), 1.5, 2.5).frames == list(range(45, 75))


@recipe("louder.ts")
def sound_changes_ts(make: Maker, out: Any) -> None:
    """Stereo at 48 kHz, then mono at 44.1 kHz."""
    whole = b""
    for place, coding in enumerate((("-ac", "2", "-ar", "48000"), ("-ac", "1", "-ar", "44100"))):
        part = out.with_name(f"{out.name}-{place}.ts")
        clock = ("-output_ts_offset", 10 + 2 * place, "-muxdelay", "0")
        make.numbered(
            part, range(60 * place, 60 * place + 60), *X264, *AAC, *coding, *clock, "-shortest", sound=make.beeps(2)
        )
        whole += part.read_bytes()
    out.write_bytes(whole)


@pytest.mark.further
@pytest.mark.both_builds
def test_sound_that_changes_its_rate_and_layout(make: Maker, desk: Desk) -> None:
    film = desk.render(make("louder.ts"))
    assert film.frames == list(range(120))
    assert near(film.onsets, [k / 2 for k in range(8)], within=0.03)


# K6 and M3: the picture is a part of what is coded


def ramp(make: Maker, out: Any, size: tuple[int, int], *coding: str) -> None:
    """Pictures whose columns are 40, 41, 42… at 320 pixels: half a step a pixel."""
    width, height = size
    row = (40 + np.arange(width) // 2).astype(np.uint8)
    picture = np.repeat(row[None], height, axis=0).tobytes() + bytes([128]) * (width * height // 2)
    command = [make.ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    command += ["-s", f"{width}x{height}", "-r", "30", "-i", "pipe:0", *coding, str(out)]
    feed(command, (picture for _ in range(60)))


@recipe("ramp.mkv")
def ramp_mkv(make: Maker, out: Any) -> None:
    ramp(make, out, LARGE, *X264)


@recipe("ramp.mp4")
def ramp_mp4(make: Maker, out: Any) -> None:
    ramp(make, out, LARGE, *X264)


@recipe("cropped.mkv")
def cropped_mkv(make: Maker, out: Any) -> None:
    out.write_bytes(edits.pixels_cropped(make("ramp.mkv").read_bytes(), 32, 32))


@recipe("cropped.mp4")
def cropped_mp4(make: Maker, out: Any) -> None:
    out.write_bytes(mp4_edits.clean_aperture(make("ramp.mp4").read_bytes(), 256, 180))


@recipe("cropped.mov")
def cropped_mov(make: Maker, out: Any) -> None:
    part = out.with_name(f"{out.name}-part.mov")
    ramp(make, part, LARGE, "-c:v", "prores_ks", "-profile:v", "2", "-pix_fmt", "yuv422p10le")
    out.write_bytes(mp4_edits.clean_aperture(part.read_bytes(), 256, 180))


CROPPED = ("cropped.mkv", "cropped.mp4", "cropped.mov")


@pytest.mark.parametrize("name", CROPPED)
@pytest.mark.both_builds
def test_a_cropping_container_shows_its_middle(name: str, make: Maker, desk: Desk) -> None:
    box = [{"frame": 0, "x": 0, "y": 0, "width": 256, "height": 180}]
    film = desk.render(make(name), 0, 0.5, crop_data=box, reel={"canvas": {"width": 320, "height": 180, "fps": 30}})
    row = film.picture(3)[90].astype(int)
    assert np.abs(row[:30] - 16).max() <= 1
    assert np.abs(row[290:] - 16).max() <= 1
    wanted = 40 + np.arange(320) // 2
    assert np.abs(row[34:286] - wanted[34:286]).max() <= 2


@pytest.mark.parametrize("name", CROPPED)
def test_a_cropping_container_has_the_size_of_its_middle(name: str, make: Maker, desk: Desk) -> None:
    video = desk.probe(make(name))["video"]
    left, top, right, bottom = video["crop"]
    assert (video["width"] - left - right, video["height"] - top - bottom) == (256, 180)


@pytest.mark.parametrize("name", CROPPED)
def test_a_box_beyond_the_middle_is_refused(name: str, make: Maker, desk: Desk) -> None:
    box = [{"frame": 0, "x": 0, "y": 0, "width": 320, "height": 180}]
    assert desk.render(make(name), 0, 0.5, crop_data=box).codes == ["RC202"]


# K7 and M5: colours


MATRICES = (11, 12, 13, 15, 16, 17)


def tagged(make: Maker, matrix: int, hevc: bool = False) -> Any:
    filtered = f"{'hevc' if hevc else 'h264'}_metadata=matrix_coefficients={matrix}"
    tags = (
        ("-bsf:v", filtered, "-color_trc", "smpte2084", "-color_primaries", "bt2020") if hevc else ("-bsf:v", filtered)
    )

    def write(make: Maker, out: Any) -> None:
        make.numbered(out, range(30), *(X265 if hevc else X264), *tags)

    return make.once(f"matrix-{matrix}-{hevc}.mp4", write)


@pytest.mark.parametrize("matrix", cases(MATRICES, both=(15,), slow=(12, 13, 16)))
@pytest.mark.parametrize("hevc", [False, True])
def test_a_matrix_that_nobody_knows_is_refused(matrix: int, hevc: bool, make: Maker, desk: Desk) -> None:
    ended = desk.render(tagged(make, matrix, hevc))
    assert (ended.codes, ended.exit_code) == (["RC205"], 3)


@pytest.mark.parametrize("name", cases(RESERVED, both=("primaries.ts", "matrix.ts"), slow=("av1_matrix.mp4",)))
def test_a_reserved_tag_is_as_no_tag(name: str, make: Maker, desk: Desk) -> None:
    def write(make: Maker, out: Any) -> None:
        coding, filtered = RESERVED[name]
        make.numbered(out, range(15), *coding, "-bsf:v", filtered)

    film = desk.render(make.once(f"reserved-{name}", write), 0.1, 0.4)
    assert film.frames == list(range(3, 12))


@recipe("white.mov")
def white_mov(make: Maker, out: Any) -> None:
    make.run("-f", "lavfi", "-i", "color=white:s=160x90:d=1:r=30", "-vf", "format=rgb555be", "-c:v", "qtrle", out)


@recipe("white.avi")
def white_avi(make: Maker, out: Any) -> None:
    make.run("-f", "lavfi", "-i", "color=white:s=160x90:d=1:r=30", "-vf", "format=rgb555le", "-c:v", "rawvideo", out)


@pytest.mark.parametrize("name", ["white.mov", "white.avi"])
@pytest.mark.both_builds
def test_white_of_fifteen_bits_is_white(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name), 0, 0.5)
    if film.codes == ["RC606"]:
        pytest.skip("uncompressed AVI is not allowed")
    assert np.abs(film.picture(2)[:90].astype(int) - 235).max() <= 1
