"""Every fault in a reel or its media: the code, the exit code, the place, and no files left behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Make
from tests.cli.desk import Desk

BOX = {"x": 0, "y": 0, "width": 32, "height": 32}


def trim(start: float, end: float, *spans: dict[str, object]) -> dict[str, object]:
    return {"segments_data": {"version": 2, "trimRange": {"start": start, "end": end}, "spans": list(spans)}}


def into(kind: str, seconds: float) -> dict[str, object]:
    return {"transition_data": {"type": kind, "duration": seconds}}


LONG = trim(0, 2, {"start": 0, "end": 2, "speed": 0.1})
"""A clip that lasts 20 s."""

TEXTS = {
    "not JSON": ('{"reel": 1,', "RC101", None),
    "nothing": ("", "RC101", None),
    "not a number": ('{"reel": 1, "clips": [{"media": "clip.mp4", "rotation": NaN}]}', "RC101", None),
    "too large a number": (
        '{"reel": 1, "clips": [{"media": "clip.mp4", "rotation": 1e999}]}',
        "RC106",
        "/clips/0/rotation",
    ),
    "a key given twice": ('{"reel": 1, "reel": 1, "clips": [{"media": "clip.mp4"}]}', "RC102", "/reel"),
    "deep": ("[" * 100_000, "RC101", None),
    "of the future": ('{"reel": 2}', "RC110", "/reel"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_what_is_no_reel_is_refused(case: str, desk: Desk) -> None:
    text, code, pointer = TEXTS[case]
    ended = desk.unrendered(desk.text(text))
    assert (ended.codes, ended.exit_code) == ([code], 3)
    assert pointer is None or pointer in ended.stderr


CLIPS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown field": ({"rotaton": 1}, "RC103", "/clips/0/rotaton"),
    "a wrong type": ({"rotation": "a lot"}, "RC104", "/clips/0/rotation"),
    "a negative time": (trim(-1, 1), "RC106", "/clips/0/segments_data/trimRange/start"),
    "an inverted trim": (trim(1, 0.5), "RC111", "/clips/0/segments_data/trimRange"),
    "an inverted span": (trim(0, 1, {"start": 1, "end": 0.5, "speed": 2}), "RC111", "/clips/0/segments_data/spans/0"),
    "an empty span": (trim(0, 1, {"start": 0.5, "end": 0.5, "speed": 2}), "RC111", "/clips/0/segments_data/spans/0"),
    "a trim past the end": (trim(3, 4), "RC201", "/clips/0/segments_data/trimRange"),
    "a keyframe off the picture": (
        {"crop_data": [{"frame": 0, **BOX}, {"frame": 9, **BOX, "x": 40}]},
        "RC202",
        "/clips/0/crop_data/1",
    ),
    "an unknown transition": (into("swirl", 1), "RC113", "/clips/0/transition_data/type"),
    "a name no file has": ({"media": "a\0b"}, "RC106", "/clips/0/media"),
    "an id that moves the cursor": ({"id": "\x1b[2Jx"}, "RC106", "/clips/0/id"),
    "an id that ends its line": ({"id": "a\nb"}, "RC106", "/clips/0/id"),
    "an id as long as a book": ({"id": "a" * 10_000}, "RC106", "/clips/0/id"),
}


@pytest.mark.parametrize("case", CLIPS)
def test_a_clip_that_cannot_be_is_refused(case: str, desk: Desk) -> None:
    clip, code, pointer = CLIPS[case]
    ended = desk.unrendered(desk.reel(clip))
    assert (ended.codes, ended.exit_code) == ([code], 3)
    assert f"{pointer}\n" in ended.stderr
    assert "\x1b" not in ended.stderr


def test_two_errors_are_reported_at_once(desk: Desk) -> None:
    ended = desk.unrendered(desk.reel({"rotation": "a lot"}, trim(1, 0.5)))
    assert (ended.codes, ended.exit_code) == (["RC104", "RC111"], 3)
    assert ended.stderr.endswith("2 errors\n")


def test_two_media_are_missed_at_once(desk: Desk) -> None:
    ended = desk.unrendered(desk.reel({"media": "a.mp4"}, {"media": "b.mp4"}, {"media": "a.mp4"}))
    assert (ended.codes, ended.exit_code) == (["RC603", "RC603"], 6)
    assert "/clips/0/media" in ended.stderr
    assert "/clips/1/media" in ended.stderr


OVERLAPS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "dissolve": ([trim(0, 0.5), {**trim(0, 1), **into("dissolve", 0.6)}], "0.5"),
    "fade": ([trim(0, 0.5), {**trim(0, 1), **into("fade", 1.1)}], "1.03"),
    "two in one clip": (
        [trim(0, 1), {**trim(0, 0.5), **into("dissolve", 0.2)}, {**trim(0, 1), **into("dissolve", 0.4)}],
        "0.3",
    ),
}


@pytest.mark.further
@pytest.mark.parametrize("case", OVERLAPS)
def test_the_error_of_a_long_overlap_names_the_longest_that_renders(case: str, desk: Desk) -> None:
    clips, longest = OVERLAPS[case]
    ended = desk.unrendered(desk.reel(*clips))
    assert (set(ended.codes), ended.exit_code) == ({"RC203"}, 3)
    assert f"/clips/{len(clips) - 1}/transition_data/duration\n" in ended.stderr
    assert f"hint: make it at most {longest} s\n" in ended.stderr
    clips[-1]["transition_data"]["duration"] = float(longest)
    ended = desk.run("render", desk.reel(*clips), "-o", "film.mp4", "--progress", "none")
    assert ended.exit_code == 0
    assert (desk.folder / "film.mp4").exists()


def missing(desk: Desk) -> None:
    pass


def empty(desk: Desk) -> None:
    (desk.folder / "media.mp4").touch()


def truncated(desk: Desk) -> None:
    whole = (desk.folder / "clip.mp4").read_bytes()
    (desk.folder / "media.mp4").write_bytes(whole[: len(whole) // 2])


def folder(desk: Desk) -> None:
    (desk.folder / "media.mp4").mkdir()


def pipe(desk: Desk) -> None:
    os.mkfifo(desk.folder / "media.mp4")


def only_sound(desk: Desk, make: Make) -> None:
    make("media.mp4", "-i", "clip.mp4", "-vn", "-c", "copy")


def text(content: str) -> Callable[[Desk], None]:
    def prepare(desk: Desk) -> None:
        (desk.folder / "media.mp4").write_text(content)

    return prepare


HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2,\nclip.mp4\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile clip.mp4\n"

MEDIA: dict[str, tuple[Callable[..., None], str]] = {
    "missing": (missing, "RC603"),
    "empty": (empty, "RC604"),
    "truncated": (truncated, "RC604"),
    "text": (text("no video at all\n" * 100), "RC604"),
    "a script": (text("#!/bin/sh\ntouch pwned\n"), "RC604"),
    "HLS": (text(HLS), "RC606"),
    "ffconcat": (text(CONCAT), "RC606"),
    "only sound": (only_sound, "RC605"),
    "a folder": (folder, "RC604"),
    "a pipe": (pipe, "RC604"),
}


@pytest.mark.parametrize("case", MEDIA)
def test_media_that_cannot_be_read_are_refused(case: str, desk: Desk, make: Make) -> None:
    prepare, code = MEDIA[case]
    prepare(*((desk, make) if "make" in prepare.__annotations__ else (desk,)))
    ended = desk.unrendered(desk.reel({"id": "first"}, {"id": "dunk", "media": "media.mp4"}))
    assert (ended.codes, ended.exit_code) == ([code], 6)
    assert 'clip "dunk"  /clips/1/media\n' in ended.stderr
    assert '"media.mp4"' in ended.stderr
    assert desk.run("probe", "media.mp4").codes == [code]


@pytest.mark.further
def test_media_turned_bad_after_they_were_probed(desk: Desk, make: Make) -> None:
    """Noise in the middle of the file: it opens, it ends at the right time, and it cannot be decoded."""
    source = bytearray(
        make("noisy.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=10", "-c:v", "libx264").read_bytes()
    )
    start = source.index(b"mdat")
    middle = slice(start + (len(source) - start) // 3, start + (len(source) - start) // 2)
    source[middle] = bytes(7 * k % 251 for k in range(middle.stop - middle.start))
    (desk.folder / "noisy.mp4").write_bytes(source)
    dunk = {"id": "dunk", "media": "noisy.mp4", "damage": "refuse"}
    ended = desk.unrendered(desk.reel({"id": "first"}, dunk))
    assert (ended.codes, ended.exit_code) == (["RC604"], 6)
    assert 'clip "dunk"  /clips/1/media\n' in ended.stderr
    assert str(desk.folder) not in ended.stderr


def test_the_error_of_an_unreadable_reel_names_it(desk: Desk) -> None:
    ended = desk.refused("render", "no such\nreel.json", "-o", "film.mp4")
    assert (ended.codes, ended.exit_code) == (["RC115"], 3)
    assert '"no such\\nreel.json" cannot be read: No such file or directory' in ended.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--jobs", "0"), "--jobs"),
        (("--memory", "much"), "such as 2G or 900M"),
        (("--memory", "0"), "such as 2G or 900M"),
    ],
)
def test_jobs_and_memory_are_numbers_above_0(desk: Desk, options: tuple[str, str], said: str) -> None:
    ended = desk.run("render", desk.reel(), "-o", "film.mp4", *options)
    assert ended.exit_code == 2
    assert said in ended.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--executor", "nobody"), "is no executor"),
        (("--scheduler", "tcp://127.0.0.1:8786"), "give --executor dask"),
    ],
)
def test_an_executor_is_known_and_has_a_scheduler_if_it_needs_one(
    desk: Desk, options: tuple[str, str], said: str
) -> None:
    ended = desk.run("render", desk.reel(), "-o", "film.mp4", *options)
    assert ended.exit_code == 2
    assert said in ended.stderr


@pytest.mark.parametrize("stated", ["option", "environment"])
def test_a_film_that_needs_more_memory_than_allowed_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, stated: str
) -> None:
    if stated == "environment":
        monkeypatch.setenv("REELC_MEMORY", "50M")
    options = ("--memory", "50M") if stated == "option" else ()
    ended = desk.run("render", desk.reel(), "-o", "film.mp4", *options)
    assert ended.exit_code == 3
    assert "RC210" in ended.stderr
    assert "47 MiB are allowed" in ended.stderr
