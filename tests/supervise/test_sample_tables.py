"""The judge is libavformat: the tables are what it gives when it reads the packets."""

from __future__ import annotations

import io
import random
import struct
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from compiler.supervise.facts.sample_tables import Table, farthest_off, sample_tables
from tests.cases import cases
from tests.footage.mp4 import Box, changed, numbers, parse, set_edits, table

Row = tuple[int, int, int, bool, int, int, bool]
"""A packet's pts, dts, duration, whether it is a key picture, its position, size and whether it is discarded."""

Make = Callable[[str], Path]

PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=30:d=3"]
NTSC = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=24000/1001:d=3"]
TONE = ["-f", "lavfi", "-i", "sine=r=48000:d=3"]
X264 = ["-c:v", "libx264", "-preset", "fast", "-pix_fmt", "yuv420p", "-g", "20"]
X265 = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0:bframes=3"]
VFR = ["-vf", r"select='not(mod(n\,7))+lt(n\,40)'", "-fps_mode", "vfr"]
ARRIS = ["-c:v", "prores_ks"]
COPY = ["-c", "copy"]

RECIPES: dict[str, list[str]] = {
    "b.mp4": [*PICTURE, *TONE, *X264, "-bf", "3", "-c:a", "aac"],
    "b.mov": [*NTSC, *TONE, *X264, "-bf", "3", "-c:a", "pcm_s16le"],
    "no_b.mp4": [*PICTURE, *TONE, *X264, "-bf", "0", "-c:a", "aac"],
    "pyramid.mp4": [*PICTURE, *X264, "-x264-params", "b-pyramid=strict:bframes=8:b-adapt=0"],
    "open_gop.mp4": [*PICTURE, *X264, "-x264-params", "open-gop=1:bframes=3"],
    "interlaced.mp4": [*PICTURE, "-vf", "setfield=tff", *X264, "-flags", "+ilme+ildct", "-x264-params", "tff=1"],
    "vfr.mp4": [*PICTURE, *TONE, *VFR, *X264, "-c:a", "aac"],
    "vfr_no_b.mp4": [*PICTURE, *VFR, *X264, "-bf", "0"],
    "hevc.mp4": [*PICTURE, *TONE, *X265, "-c:a", "aac"],
    "hevc.mov": [*NTSC, *TONE, *X265, "-tag:v", "hvc1", "-c:a", "alac"],
    "mpeg4.mp4": [*PICTURE, "-c:v", "mpeg4", "-bf", "2"],
    "mpeg2.mov": [*PICTURE, *TONE, "-c:v", "mpeg2video", "-bf", "2", "-c:a", "pcm_s16be"],
    "mjpeg.mov": [*PICTURE, *TONE, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s24le"],
    "vp9.mp4": [*PICTURE, *TONE, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"],
    "prores.mov": [*NTSC, *TONE, *ARRIS, "-c:a", "pcm_f32le", "-ac", "6"],
    "lpcm.mov": [*NTSC, "-f", "lavfi", "-i", "sine=r=96000:d=3", *ARRIS, "-c:a", "pcm_s24be", "-ac", "2"],
    "alaw.mov": [*NTSC, "-f", "lavfi", "-i", "sine=r=8000:d=3", *ARRIS, "-c:a", "pcm_alaw"],
    "bytes.mov": [*NTSC, "-f", "lavfi", "-i", "sine=r=44100:d=3", *ARRIS, "-c:a", "pcm_u8"],
    "opus.mp4": [*PICTURE, *TONE, *X264, "-c:a", "libopus"],
    "flac.mp4": [*PICTURE, *TONE, *X264, "-c:a", "flac", "-strict", "-2"],
    "sound.m4a": [*TONE, "-c:a", "aac"],
    "late_picture.mp4": ["-itsoffset", "0.7", *PICTURE, *TONE, *X264, "-c:a", "aac"],
    "late_sound.mp4": [*PICTURE, "-itsoffset", "0.7", *TONE, *X264, "-c:a", "aac"],
    "late_sound.mov": [*PICTURE, "-itsoffset", "0.7", *TONE, *X264, "-c:a", "pcm_s16le"],
    "early_sound.mp4": [*PICTURE, "-itsoffset", "-0.3", *TONE, *X264, "-c:a", "aac"],
    "timecode.mov": [*PICTURE, *TONE, *X264, "-r", "25", "-timecode", "01:00:00:00", "-c:a", "pcm_s16le"],
    "two.mp4": [
        *PICTURE,
        *TONE,
        *NTSC,
        *TONE,
        "-map",
        "0",
        "-map",
        "1",
        "-map",
        "2",
        "-map",
        "3",
        *X264,
        "-c:a",
        "aac",
    ],
    "hint.mp4": [*PICTURE, *TONE, *X264, "-c:a", "aac", "-movflags", "rtphint"],
    "one_frame.mp4": [*PICTURE, *X264, "-frames:v", "1"],
    "faststart.mp4": ["b.mp4", *COPY, "-movflags", "+faststart"],
    "no_edits.mp4": ["b.mp4", *COPY, "-use_editlist", "0"],
    "negative.mp4": ["b.mp4", *COPY, "-movflags", "+negative_cts_offsets"],
    "coarse.mp4": ["b.mp4", *COPY, "-movie_timescale", "30"],
    "fine.mov": ["b.mov", *COPY, "-video_track_timescale", "90000"],
    "later.mp4": ["b.mp4", *COPY, "-output_ts_offset", "2.5"],
    "from.mp4": ["-ss", "1.37", "b.mp4", *COPY],
    "from.mov": ["-ss", "1.37", "b.mov", *COPY],
    "from_hevc.mov": ["-ss", "1.37", "hevc.mov", *COPY],
    "part.mp4": ["-ss", "1.37", "-t", "1.1", "b.mp4", *COPY],
    "part.mov": ["b.mov", "-ss", "1.37", "-t", "1.1", *COPY],
    "part_no_b.mp4": ["-ss", "0.9", "-t", "1.1", "no_b.mp4", *COPY],
    "part_vp9.mp4": ["-ss", "0.9", "-t", "1.1", "vp9.mp4", *COPY],
    "part_flac.mp4": ["-ss", "0.9", "-t", "1.1", "flac.mp4", *COPY, "-strict", "-2"],
    "part_negative.mp4": ["-ss", "1.37", "negative.mp4", *COPY, "-movflags", "+negative_cts_offsets"],
}

QUICK = {"b.mp4", "b.mov", "no_b.mp4", "vfr.mp4", "hevc.mp4", "mjpeg.mov", "late_sound.mp4", "timecode.mov"} | {
    *("faststart.mp4", "negative.mp4", "from.mp4", "part.mov", "mpeg2.mov"),
}


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory, ffmpegs: str) -> Make:
    """The file of a recipe, made at its first use; a name in a recipe is another file."""
    folder = tmp_path_factory.mktemp("tables")

    def made(name: str) -> Path:
        path = folder / name
        if not path.exists():
            words: list[str] = []
            for word in RECIPES[name]:
                words += ["-i", str(made(word))] if word in RECIPES else [word]
            subprocess.run([ffmpegs, "-nostdin", "-v", "error", *words, str(path)], check=True, capture_output=True)
        return path

    return made


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "changed.mov"
        path.write_bytes(data)
        return path

    return write


def read(path: Path) -> dict[int, Table]:
    with path.open("rb") as file:
        return {table.index: table for table in sample_tables(file, path.stat().st_size) or ()}


def rows(table: Table) -> list[Row]:
    keys, discarded = set(table.keys), set(table.discarded)
    columns = zip(table.pts, table.dts, table.durations, table.pos, table.sizes, strict=True)
    return [
        (pts, dts, duration, number in keys, pos, size, number in discarded)
        for number, (pts, dts, duration, pos, size) in enumerate(columns)
    ]


def demuxed(path: Path, index: int) -> list[Row]:
    """What libavformat gives; the keys are those of its index, since it marks packets of H.264 by their content."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(container.streams[index]) if packet.size]
        keys = [entry.is_keyframe for entry in container.streams[index].index_entries]
    assert len(keys) == len(packets)
    return [
        (packet.pts or 0, packet.dts or 0, packet.duration or 0, key, packet.pos or 0, packet.size, packet.is_discard)
        for packet, key in zip(packets, keys, strict=True)
    ]


def check(path: Path) -> dict[int, Table]:
    """The tables, each of which is what libavformat gives, with its time base."""
    tables = read(path)
    with av.open(str(path)) as container:
        bases = {stream.index: stream.time_base for stream in container.streams}
    for index, found in tables.items():
        assert rows(found) == demuxed(path, index)
        assert found.time_base == bases[index]
    return tables


@pytest.mark.parametrize("name", cases(RECIPES, slow=set(RECIPES) - QUICK))
def test_the_tables_are_the_packets(make: Make, name: str) -> None:
    path = make(name)
    with av.open(str(path)) as container:
        streams = [stream.index for stream in container.streams if stream.type in ("video", "audio")]
    assert list(check(path)) == streams


@pytest.mark.parametrize("name", ["b.mp4", "vfr_no_b.mp4", "b.mov", "negative.mp4"])
def test_any_edit_is_applied_as_by_the_demuxer(make: Make, written: Callable[[bytes], Path], name: str) -> None:
    data, rng = make(name).read_bytes(), random.Random(name)

    def change(track: Box) -> None:
        _, length = struct.unpack_from(">II", track[b"mdhd"].content, 12)
        start = rng.choice([0, rng.randrange(length * 9 // 8), length // 10 * rng.randrange(10)])
        edit = (rng.choice([0, rng.randrange(4000), 3000]), start, 65536)
        empty = [(rng.randrange(2000), -1, 65536)] if rng.random() < 0.4 else []
        set_edits(track, [*empty, edit], version=rng.randrange(2))

    found = sum(len(check(written(changed(data, change)))) for _ in range(12))
    assert found >= 5


@pytest.mark.parametrize("listed", [[1, 5, 31], [7, 20], [0, 5, 9], [3, 3, 8], [9, 4, 30], [2, 500], []])
def test_key_pictures_are_the_listed_ones(make: Make, written: Callable[[bytes], Path], listed: list[int]) -> None:
    def change(track: Box) -> None:
        if any(box.kind == b"stss" for box in track.walk()):
            track[b"stss"].content = table(listed, 1)

    assert 0 in check(written(changed(make("b.mp4").read_bytes(), change)))


def test_every_picture_is_a_key_without_a_table_of_them(make: Make, written: Callable[[bytes], Path]) -> None:
    tables = check(written(changed(make("b.mp4").read_bytes(), lambda track: track.drop(b"stss"))))
    assert len(tables[0].keys) == len(tables[0].dts)


@pytest.mark.parametrize("partial", [[6, 11], [1, 6]])
def test_partial_sync_samples_are_keys(make: Make, written: Callable[[bytes], Path], partial: list[int]) -> None:
    def change(track: Box) -> None:
        stbl = track[b"stbl"].inner
        assert stbl is not None
        stbl.append(Box(b"stps", table(partial, 1)))

    assert 0 in check(written(changed(make("b.mp4").read_bytes(), change)))


def test_random_access_groups_are_keys(make: Make, written: Callable[[bytes], Path]) -> None:
    def change(track: Box) -> None:
        stbl = track[b"stbl"].inner
        assert stbl is not None
        stbl.append(Box(b"sbgp", bytes(4) + b"rap " + table([3, 0, 2, 1, 40, 0, 1, 1], 2)[4:]))

    assert {3, 4, 45} < set(check(written(changed(make("b.mp4").read_bytes(), change)))[0].keys)


@pytest.mark.parametrize("bits", [4, 8, 16])
def test_compact_sizes(make: Make, written: Callable[[bytes], Path], bits: int) -> None:
    def change(track: Box) -> None:
        sizes = track[b"stsz"]
        listed = [1 + size % ((1 << bits) - 1) for size in numbers(Box(b"", sizes.content[4:]))]
        digits = "".join(f"{size:0{bits // 4}x}" for size in listed)
        sizes.kind = b"stz2"
        sizes.content = (
            bytes(7) + bytes([bits]) + struct.pack(">I", len(listed)) + bytes.fromhex(digits + "0" * (len(digits) % 2))
        )

    assert len(check(written(changed(make("b.mp4").read_bytes(), change)))) == 2


def test_wide_tables(make: Make, written: Callable[[bytes], Path]) -> None:
    def change(track: Box) -> None:
        offsets, head = track[b"stco"], track[b"mdhd"]
        offsets.kind, offsets.content = b"co64", table(numbers(offsets), 1, "Q")
        created, modified, scale, length = struct.unpack_from(">4I", head.content, 4)
        head.content = struct.pack(">4xQQIQ", created | 1 << 32, modified, scale, length) + head.content[20:]
        head.content = b"\1" + head.content[1:]

    assert len(check(written(changed(make("b.mp4").read_bytes(), change)))) == 2


def test_the_last_two_delays_start_nothing_earlier(make: Make, written: Callable[[bytes], Path]) -> None:
    def change(track: Box) -> None:
        if any(box.kind == b"ctts" for box in track.walk()):
            delays = track[b"ctts"]
            listed = numbers(delays, "i")
            listed[1], listed[-1] = -300, -700
            delays.content = table(listed, 2, "i", version=1)

    assert 0 in check(written(changed(make("b.mp4").read_bytes(), change)))


@pytest.mark.parametrize("codec", ["pcm_s24le", "pcm_f32le"])
def test_uncompressed_sound_in_mp4(embedded: str, tmp_path: Path, codec: str) -> None:
    path = tmp_path / "pcm.mp4"
    words = ["-nostdin", "-v", "error", *PICTURE, *TONE, *X264, "-c:a", codec, str(path)]
    subprocess.run([embedded, *words], check=True)
    assert len(check(path)) == 2


def test_uncompressed_sound_whose_samples_have_a_size_of_one(make: Make, written: Callable[[bytes], Path]) -> None:
    def change(track: Box) -> None:
        sizes = track[b"stsz"]
        if sizes.content[4:8] != bytes(4):
            sizes.content = bytes(4) + struct.pack(">I", 1) + sizes.content[8:]

    assert len(check(written(changed(make("b.mov").read_bytes(), change)))) == 2


def two_edits(track: Box) -> None:
    set_edits(track, [(500, 0, 65536), (500, 20000, 65536)])


def slow_motion(track: Box) -> None:
    set_edits(track, [(500, 0, 32768)])


def elsewhere(track: Box) -> None:
    track[b"dref"].content = track[b"dref"].content[:-1] + b"\0"


def newer(track: Box) -> None:
    track[b"stts"].content = b"\1" + track[b"stts"].content[1:]


def too_many(track: Box) -> None:
    track[b"stsz"].content = bytes(4) + struct.pack(">II", 1, (1 << 32) - 1)


def too_few_bytes(track: Box) -> None:
    track[b"stco"].content = bytes(4) + struct.pack(">I", (1 << 32) - 1) + track[b"stco"].content[8:]


def two_kinds(track: Box) -> None:
    rows = numbers(track[b"stsc"])
    track[b"stsc"].content = table([*rows[:2], 2, *rows[3:]], 3)


def twice(track: Box) -> None:
    stbl = track[b"stbl"].inner
    assert stbl is not None
    stbl.append(track[b"stsz"])


@pytest.mark.parametrize(
    "change", [two_edits, slow_motion, elsewhere, newer, too_many, too_few_bytes, two_kinds, twice]
)
def test_other_tracks_are_left_to_the_demuxer(
    make: Make, written: Callable[[bytes], Path], change: Callable[[Box], None]
) -> None:
    assert read(written(changed(make("b.mp4").read_bytes(), change))) == {}


@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "frag_keyframe"])
def test_a_fragmented_file_has_no_tables(make: Make, ffmpegs: str, tmp_path: Path, flags: str) -> None:
    path = tmp_path / "fragments.mp4"
    words = ["-nostdin", "-v", "error", "-i", str(make("b.mp4")), "-c", "copy", "-movflags", flags, str(path)]
    subprocess.run([ffmpegs, *words], check=True)
    assert read(path) == {}


def test_a_file_cut_short_states_where_its_samples_should_be(make: Make, written: Callable[[bytes], Path]) -> None:
    whole = make("faststart.mp4").read_bytes()
    cut = whole[: len(whole) * 2 // 3]
    tables = read(written(cut))
    assert {index: rows(found) for index, found in tables.items()} == {
        index: rows(found) for index, found in read(make("faststart.mp4")).items()
    }
    assert any(pos + size > len(cut) for pos, size in zip(tables[0].pos, tables[0].sizes, strict=True))


@pytest.mark.further
@pytest.mark.parametrize("name", cases(["b.mp4", "b.mov", "timecode.mov"], slow=["timecode.mov"]))
@pytest.mark.parametrize("count", cases([150, 2000], slow=[2000]))
def test_damage_is_survived(make: Make, name: str, count: int) -> None:
    whole, rng = make(name).read_bytes(), random.Random(count)
    start = len(whole) - len(bytes(parse(whole)[-1]))
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 1, 3])):
            data[rng.randrange(start, len(data))] = rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256)])
        if rng.random() < 0.1:
            del data[rng.randrange(len(data)) :]
        for found in sample_tables(io.BytesIO(data), len(data)) or ():
            assert len(rows(found)) > 0
            assert all(0 <= n < len(found.dts) for n in (*found.keys, *found.discarded))


@pytest.mark.parametrize("name", ["from.mp4", "negative.mp4"])
def test_the_shown_ticks_are_those_within_the_edit_list(make: Make, name: str) -> None:
    path = make(name)
    kept = sorted(pts for pts, *_, discarded in demuxed(path, 0) if not discarded)
    table = read(path)[0]
    assert sorted(table.pts[n] for n in table.kept) == kept


@pytest.mark.parametrize(
    ("ticks", "off"),
    [
        ([], 0),
        ([7], 0),
        ([0, 9], 0),
        ([5, 15, 25, 35], 0),
        ([0, 10, 23, 30], 3),
        ([0, 7, 20, 30], 3),
        ([0, 33, 67, 100], Fraction(1, 3)),
        ([-20, -10, 0, 1000], 660),
    ],
)
def test_how_far_ticks_are_off_an_even_grid(ticks: list[int], off: Fraction) -> None:
    assert farthest_off(ticks) == off


def test_one_gap_in_the_middle_of_a_long_file_is_seen() -> None:
    ticks = [*range(0, 512 * 100_000, 512), *range(512 * 100_000 + 60, 512 * 200_000, 512)]
    assert farthest_off(ticks) == pytest.approx(30, abs=1)


def test_a_file_of_very_many_boxes_is_given_up(make: Make, written: Callable[[bytes], Path]) -> None:
    def change(track: Box) -> None:
        assert track.inner is not None
        track.inner += [Box(b"free")] * 15_000

    assert read(written(changed(make("no_b.mp4").read_bytes(), change))) == {}
