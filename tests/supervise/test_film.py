from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler.errors import ReelError
from compiler.profiles import PROFILES
from compiler.supervise.films.film import check_ending, check_output, publish, workplace
from compiler.supervise.films.verify import Expected, verify_film
from tests.supervise.conftest import AAC, X264, Made, picture, tone

PLAIN: dict[str, Any] = {"frames": 60, "fps": Fraction(30), "size": (64, 64), "samples": 96000}


def differs(path: Path, **predicted: Any) -> str:
    with pytest.raises(ReelError) as caught:
        asyncio.run(verify_film(path, Expected(**{**PLAIN, **predicted})))
    assert caught.value.code == "RC610"
    return caught.value.detail


def test_a_film_as_predicted(made: Made) -> None:
    asyncio.run(verify_film(made("plain.mp4"), Expected(**PLAIN)))
    asyncio.run(verify_film(made("silent.mp4"), Expected(**{**PLAIN, "samples": None})))
    rate = {"fps": Fraction(30000, 1001), "samples": None}
    asyncio.run(verify_film(made("ntsc.mp4"), Expected(**{**PLAIN, **rate})))


@pytest.mark.parametrize("samples", [95999, 48048, 44100, 97025])
def test_sound_is_counted_to_the_sample(ffmpeg: Callable[..., bytes], tmp_path: Path, samples: int) -> None:
    film = tmp_path / "film.mp4"
    ffmpeg(*picture(), *tone(3), "-af", f"atrim=end_sample={samples}", *X264, *AAC, film)
    asyncio.run(verify_film(film, Expected(**{**PLAIN, "samples": samples})))
    assert differs(film, samples=samples + 1) == f"samples: got {float(samples)}, predicted {samples + 1}"
    assert differs(film, samples=samples - 1024) == f"samples: got {float(samples)}, predicted {samples - 1024}"


def test_every_difference_is_told(made: Made) -> None:
    assert differs(made("plain.mp4"), frames=61) == "frames: got 60, predicted 61"
    assert differs(made("plain.mp4"), size=(64, 32)) == "size: got 64x64, predicted 64x32"
    assert differs(made("plain.mp4"), profile=PROFILES["h265"]) == "video codec: got h264, predicted hevc"
    assert differs(made("plain.mp4"), profile=PROFILES["prores"]).splitlines() == [
        "video codec: got h264, predicted prores",
        "pixel format: got yuv420p, predicted yuv422p10le",
        "audio codec: got aac, predicted pcm_s16le",
    ]
    assert differs(made("plain.mp4"), profile=PROFILES["gif"]).splitlines()[0] == "container: got mov, predicted gif"
    assert differs(made("plain.mp4"), profile=PROFILES["m4a"]) == "video streams: got 1, predicted 0"
    assert differs(made("plain.mp4"), samples=None).splitlines() == [
        "audio streams: got 1, predicted 0",
        "samples: got 96000.0, predicted none",
    ]
    assert differs(made("silent.mp4")).splitlines() == [
        "audio streams: got 0, predicted 1",
        "samples: got none, predicted 96000",
    ]


def test_a_frame_off_the_grid_is_named(ffmpeg: Callable[..., bytes], tmp_path: Path) -> None:
    late, hole = tmp_path / "late.mp4", tmp_path / "hole.mp4"
    ffmpeg(*picture(), "-vf", "setpts=PTS+1/30/TB", "-fps_mode", "passthrough", *X264, late)
    ffmpeg(*picture(), "-vf", "setpts=PTS+gte(N\\,40)/30/TB", "-fps_mode", "passthrough", *X264, hole)
    assert differs(late, samples=None) == "frames off the grid: got frame 0 first, predicted none"
    assert differs(hole, samples=None) == "frames off the grid: got frame 40 first, predicted none"


def test_a_second_picture_is_one_too_many(made: Made, ffmpeg: Callable[..., bytes], tmp_path: Path) -> None:
    film = tmp_path / "two.mp4"
    ffmpeg("-i", made("plain.mp4"), "-map", "0", "-map", "0:v", "-c", "copy", film)
    assert differs(film) == "video streams: got 2, predicted 1"


def test_a_film_that_cannot_be_read_is_no_film(tmp_path: Path) -> None:
    film = tmp_path / "film.part"
    film.write_bytes(b"ftyp")
    with pytest.raises(ReelError) as caught:
        asyncio.run(verify_film(film, Expected(**PLAIN)))
    assert caught.value.code == "RC610"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *(("film", "h264"), ("film.MP4", "av1"), ("film.m4v", "h265"), ("a.b.mov", "prores"), (".mp4", "gif")),
        *(("x.gif", "gif"), ("x.webp", "webp"), ("x.m4a", "m4a"), ("x.wav", "wav")),
    ],
)
def test_a_name_that_says_what_the_film_is(name: str, codec: str) -> None:
    check_ending(Path(name), PROFILES[codec])


@pytest.mark.parametrize(
    ("name", "codec"), [("film.mov", "h264"), ("film.mp4", "prores"), ("film.mp4", "gif"), ("film.part", "wav")]
)
def test_a_name_that_says_something_else(name: str, codec: str) -> None:
    with pytest.raises(ReelError) as caught:
        check_ending(Path(name), PROFILES[codec])
    assert (caught.value.code, caught.value.exit_code) == ("RC614", 2)


def refused(path: Path, overwrite: bool = False) -> str:
    with pytest.raises(ReelError) as caught:
        check_output(path, overwrite)
    return caught.value.code


def test_a_place_that_will_not_do_is_refused_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, pipe, dangling = tmp_path / "there.mp4", tmp_path / "pipe.mp4", tmp_path / "dangling.mp4"
    there.touch()
    os.mkfifo(pipe)
    dangling.symlink_to(tmp_path / "nowhere")
    check_output(tmp_path / "new.mp4")
    check_output(there, overwrite=True)
    assert refused(there) == "RC613"
    assert refused(dangling) == "RC613"
    assert refused(tmp_path, overwrite=True) == "RC612"
    assert refused(pipe, overwrite=True) == "RC612"
    assert refused(tmp_path / "missing" / "new.mp4") == "RC612"
    assert refused(there / "new.mp4") == "RC612"
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda path, mode: False)
        assert refused(tmp_path / "new.mp4") == "RC612"
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=0))
    assert refused(tmp_path / "new.mp4") == "RC611"


def published(tmp_path: Path, *, overwrite: bool = False) -> tuple[str, list[str]]:
    """The contents of the final name, and every name in the folder, after publishing "new"."""
    part, final = tmp_path / ".film.part", tmp_path / "film.mp4"
    part.write_text("new")
    publish(part, final, overwrite)
    return final.read_text(), sorted(path.name for path in tmp_path.iterdir())


def test_a_film_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    assert published(tmp_path) == ("new", ["film.mp4"])


def test_a_film_that_is_there_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("old")
    with pytest.raises(ReelError) as caught:
        published(tmp_path)
    assert caught.value.code == "RC613"
    assert (tmp_path / "film.mp4").read_text() == "old"
    assert published(tmp_path, overwrite=True) == ("new", ["film.mp4"])


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unsupported)
    assert published(tmp_path) == ("new", ["film.mp4"])
    (tmp_path / "film.mp4").write_text("old")
    with pytest.raises(ReelError) as caught:
        published(tmp_path)
    assert caught.value.code == "RC613"
    assert (tmp_path / "film.mp4").read_text() == "old"


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "RC611"), (errno.EIO, "RC612")])
def test_a_disk_that_gives_up_at_the_last_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ReelError) as caught:
        published(tmp_path)
    assert caught.value.code == code
    assert not (tmp_path / "film.mp4").exists()


def test_what_a_killed_render_left_goes_with_the_next_of_the_same_film(tmp_path: Path) -> None:
    """A living render of the same film, and everything else, stays."""
    left, other, nested = (
        tmp_path / name for name in (".film.0abc_9xy.part", ".filma.0abc_9xy.part", ".film.txt.part")
    )
    for folder in (left, other, nested):
        folder.mkdir()
        (folder / "unit-1.mp4").touch()
    with workplace(tmp_path / "film.mp4") as (living, _), workplace(tmp_path / "film.mp4") as (second, part):
        assert (left.exists(), other.exists(), nested.exists()) == (False, True, True)
        assert living.is_dir()
        assert part.parent == second != living
    assert sorted(tmp_path.iterdir()) == [nested, other]


def test_a_folder_that_another_render_takes_for_abandoned_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tempfile.mkdtemp
    taken: list[str] = []

    def mkdtemp(*args: Any, **kwargs: Any) -> str:
        made: str = plain(*args, **kwargs)
        if not taken:
            taken.append(made)
            with workplace(tmp_path / "film.mp4"):
                assert not Path(made).exists()
        return made

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    with workplace(tmp_path / "film.mp4") as (folder, _):
        assert folder.is_dir()
        assert str(folder) not in taken


def test_a_folder_without_locks_is_used_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    left = tmp_path / ".film.0abc_9xy.part"
    left.mkdir()
    monkeypatch.setattr(fcntl, "flock", refused)
    with workplace(tmp_path / "film.mp4") as (folder, _):
        assert folder.is_dir()
    assert [*tmp_path.iterdir()] == [left]
