from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest

from compiler.errors import ReelError
from compiler.ir.build import Build
from compiler.supervise import ffmpeg
from compiler.supervise.children.level import level
from compiler.supervise.ffmpeg import ENCODERS, FILTERS, check_fit, find_build, release_of

OUTPUT = "ffmpeg version 7.0\nlibavfilter    10.  1.100 / 10.  1.100\n"


def libraries(avfilter: str) -> str:
    return f"libavutil      59.  8.100 / 59.  8.100\nlibavfilter    {avfilter}.100 / {avfilter}.100\n"


@pytest.mark.parametrize(
    ("first", "avfilter", "release"),
    [
        ("ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026", " 8. 44", (5, 1)),
        ("ffmpeg version n9.0.2-17-g2a571b6068-20260930 Copyright", "12.  1", (9, 0)),
        ("ffmpeg version 7.0.2-static https://johnvansickle.com/ffmpeg/", "10.  1", (7, 0)),
        ("ffmpeg version 10.1", "13.  1", (10, 1)),
        ("ffmpeg version N-109542-g53c0f5e", " 8. 53", (5, 1)),
        ("ffmpeg version N-100000-gabcdef0", " 8. 20", (5, 0)),
        ("ffmpeg version N-118315-g4f3c9f2f03-20250101", "10.  6", (7, 0)),
        ("ffmpeg version git-2024-12-19-494c961", "11.  0", (8, 0)),
    ],
)
def test_every_way_a_release_is_written(first: str, avfilter: str, release: tuple[int, int]) -> None:
    assert release_of(f"{first}\n{libraries(avfilter)}") == release


def test_a_release_that_cannot_be_known_is_not_guessed() -> None:
    with pytest.raises(ReelError) as caught:
        release_of(f"ffmpeg version N-999999-gdeadbee\n{libraries('14.  1')}")
    assert (caught.value.code, caught.value.detail) == ("RC602", "ffmpeg version N-999999-gdeadbee")


def test_a_build_tells_everything_it_can_do(any_build: Build) -> None:
    listed = subprocess.run([any_build.path, "-v", "quiet", "-filters"], capture_output=True, text=True, check=True)
    assert len(any_build.filters) == sum("->" in line for line in listed.stdout.splitlines())
    assert {"crop", "xfade", "rubberband", "zscale"} <= any_build.filters
    assert {"libx264", "aac", "libx265"} <= any_build.encoders
    assert any_build.version.startswith(("5.1", "n9.0"))
    assert any_build.release in {(5, 1), (9, 0)}


def test_a_build_names_the_libraries_that_its_films_depend_on(any_build: Build) -> None:
    """Those of codecs and filters, and not those of C, which the embedded one loads alone."""
    names = {Path(path).name.partition(".")[0] for path in any_build.libraries}
    assert all(map(os.path.isfile, any_build.libraries))
    assert names.isdisjoint({"libc", "libm", "libmvec", "libgcc_s", "ld-linux-x86-64"})
    linked = subprocess.run(["ldd", any_build.path], capture_output=True, text=True, check=False).stdout
    assert {name for name in ("libavcodec", "libx264", "libx265") if f"{name}.so" in linked} == {
        name for name in ("libavcodec", "libx264", "libx265") if name in names
    }


def test_who_decides_which_ffmpeg_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REELC_FFMPEG", raising=False)
    embedded = imageio_ffmpeg.get_ffmpeg_exe()
    assert find_build().path == embedded
    linked = tmp_path / "my ffmpeg"
    linked.symlink_to(embedded)
    monkeypatch.setenv("REELC_FFMPEG", str(linked))
    assert find_build().path == str(linked)
    assert find_build(embedded).path == embedded


def test_what_is_not_an_ffmpeg(tmp_path: Path) -> None:
    for name in (str(tmp_path / "missing"), str(tmp_path), shutil.which("true"), shutil.which("false")):
        with pytest.raises(ReelError) as caught:
            find_build(name)
        assert caught.value.code == "RC601"
        assert str(name) in caught.value.detail


def test_what_a_build_must_have() -> None:
    build = Build(path="ffmpeg", release=(5, 1), version="5.1", filters=FILTERS, encoders=ENCODERS)
    assert check_fit(build) is build
    old, blind, mute = (
        replace(build, release=(4, 4)),
        replace(build, filters=FILTERS - {"xfade"}),
        replace(build, encoders=frozenset()),
    )
    for unfit, said in ((old, "too old"), (blind, "without xfade"), (mute, "without aac, libx264")):
        with pytest.raises(ReelError) as caught:
            check_fit(unfit)
        assert caught.value.code == "RC602"
        assert said in caught.value.message


@pytest.mark.usefixtures("unconfined")
def test_a_program_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "ffmpeg"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr("compiler.supervise.ffmpeg.WITHIN", 0.5)
    with pytest.raises(ReelError) as caught:
        find_build(str(sleeper))
    assert (caught.value.code, "no answer" in caught.value.detail) == ("RC601", True)


def test_a_script_needs_to_be_unconfined(tmp_path: Path, embedded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/sh\nexec {embedded} "$@"\n')
    script.chmod(0o755)
    if not level().lacks:
        with pytest.raises(ReelError) as caught:
            find_build(str(script))
        assert (caught.value.code, "REELC_SANDBOX=off" in caught.value.hint) == ("RC601", True)
    monkeypatch.setenv("REELC_SANDBOX", "off")
    assert find_build(str(script)).path == str(script)


@pytest.mark.usefixtures("unconfined")
def test_what_a_build_has_is_asked_once(tmp_path: Path, embedded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From one command to the next, as long as it says the same of its version."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    script, log, version = tmp_path / "ffmpeg", tmp_path / "log", tmp_path / "version"
    version.write_text("ffmpeg version 7.0\nlibavfilter    10.  1.100 / 10.  1.100\n")
    script.write_text(
        f'#!/bin/sh\necho "$1" >> {log}\nif [ "$1" = -version ]; then cat {version}; else exec {embedded} "$@"; fi\n'
    )
    script.chmod(0o755)

    def asked() -> tuple[Build, list[str]]:
        log.write_text("")
        ffmpeg._described.cache_clear()  # as in the next command
        return find_build(str(script)), log.read_text().splitlines()

    found = tmp_path / "ld.so.cache"
    monkeypatch.setattr(ffmpeg, "FOUND_BY_LOADERS", str(found))
    lists = ["-version", *["-hide_banner"] * 3]
    first, calls = asked()
    assert calls == lists
    assert first.filters == find_build(embedded).filters
    assert asked() == (first, ["-version"])
    version.write_text(version.read_text().replace("1.100", "2.100"))
    assert asked() == (first, lists)
    found.write_text("libx264.so elsewhere")
    assert asked() == (first, lists)
    assert asked() == (first, ["-version"])
    for kept in (tmp_path / "cache/reelc/builds").iterdir():
        kept.write_text('{"filters": [')
    assert asked() == (first, lists)


@pytest.mark.usefixtures("unconfined")
def test_a_living_process_finds_the_libraries_that_are_there_now(
    tmp_path: Path, embedded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update replaces libraries and leaves the program; the system's list of libraries comes after them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found, old, new = tmp_path / "ld.so.cache", tmp_path / "libx264.so.164", tmp_path / "libx264.so.165"
    monkeypatch.setattr(ffmpeg, "FOUND_BY_LOADERS", str(found))
    loaded = [str(old)]
    asked: list[str] = []

    def libraries_of(path: str) -> tuple[str, ...]:
        asked.append(path)
        return tuple(loaded)

    monkeypatch.setattr(ffmpeg, "_libraries_of", libraries_of)
    monkeypatch.setattr(ffmpeg, "_output_of", lambda path, *_, **__: OUTPUT)
    monkeypatch.setattr(ffmpeg, "check_fit", lambda build: build)

    def libraries() -> tuple[tuple[str, ...], int]:
        return find_build(embedded).libraries, len(asked)

    old.write_text("a release")
    found.write_text("libx264.so.164")
    assert (libraries(), libraries()) == (((str(old),), 1), ((str(old),), 1))
    new.write_text("the next release")
    loaded[:] = [str(new)]
    found.write_text("libx264.so.164 libx264.so.165")
    assert (libraries(), libraries()) == (((str(new),), 2), ((str(new),), 2)), "both are installed"
    loaded[:] = [str(new), str(old)]
    new.write_text("a release that loads the other")
    assert (libraries(), libraries()) == (((str(new), str(old)), 3), ((str(new), str(old)), 3))
    loaded[:] = [str(new)]
    old.unlink()
    assert libraries() == ((str(new),), 4), "the system's list is as before"
    ffmpeg._described.cache_clear()  # as in the next command
    assert libraries() == ((str(new),), 4)
    new.write_text("yet another release")
    ffmpeg._described.cache_clear()
    assert libraries() == ((str(new),), 5)
    new.unlink()
    assert (libraries(), libraries()) == (((str(new),), 6), ((str(new),), 7)), "an update is under way"
    new.write_text("it is back")
    assert (libraries(), libraries()) == (((str(new),), 8), ((str(new),), 8))
    ffmpeg._described.cache_clear()


def test_an_installation_without_an_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.delenv("REELC_FFMPEG", raising=False)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(ReelError) as caught:
        find_build()
    assert caught.value.code == "RC601"
