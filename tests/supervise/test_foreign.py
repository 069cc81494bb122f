"""Files that are not read: the error says the kind of file, and its command makes one that is read."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.probe import probe
from compiler.supervise.remedy import command, convert, renamed
from tests.supervise.conftest import Made

Run = Callable[..., bytes]

PLAIN = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=30:d=0.2")
CODED = {
    "a b.nut": (("-c:v", "mpeg4"), "RC606", "is in the format NUT, which is not read"),
    "magic.mkv": (("-c:v", "magicyuv"), "RC606", "has a picture coded as MagicYUV video, which is not read"),
    "-drawing.bmp": (("-frames:v", "1"), "RC606", "is an image in the format BMP, which is not read"),
    "song.mp4": (("-map", "1", "-c:a", "aac"), "RC605", "has sound, but no picture"),
    "song.mka": (("-map", "1", "-c:a", "libopus"), "RC605", "has sound, but no picture"),
}


def refusal(path: Path) -> ReelError:
    with pytest.raises(ReelError) as caught:
        probe(path)
    return caught.value


@pytest.mark.parametrize("name", CODED)
def test_the_command_of_the_hint_makes_a_file_that_is_read(name: str, ffmpeg: Run, tmp_path: Path) -> None:
    options, code, what = CODED[name]
    ffmpeg(*PLAIN, "-f", "lavfi", "-i", "sine=d=0.2", *options, tmp_path / name)
    error = refusal(tmp_path / name)
    assert (error.code, error.message) == (code, f'"{name}" {what}')
    program, *words, made = shlex.split(error.hint.rpartition(": ")[2])
    words[words.index("-i", words.index("lavfi") + 3 if "lavfi" in words else 0) + 1] = str(tmp_path / name)
    assert program == "ffmpeg"
    ffmpeg(*words, tmp_path / made)
    assert made != name
    assert probe(tmp_path / made).video.width >= 64


OTHERS = {
    "page": (b"\n<!DOCTYPE html><title>Video</title>", "is a web page"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "is a PDF document"),
    "zip": (b"PK\x03\x04\x14\0\0\0", "is a ZIP archive"),
    "rar": (b"Rar!\x1a\x07\x01\0", "is a RAR archive"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "is a gzip archive"),
    "program": (b"MZ\x90\0\x03\0\0\0", "is a program"),
    "text": ("Schönes Wetter\n".encode() * 50, "is a text file"),
    "zeros": (bytes(5000), "begins with zeros only"),
    "noise": (bytes(range(1, 256)) * 9, "is not a video file, or is damaged"),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_other_files_are_called_by_their_kind(kind: str, ending: str, tmp_path: Path) -> None:
    content, what = OTHERS[kind]
    path = tmp_path / f"film.{ending}"
    path.write_bytes(content)
    error = refusal(path)
    assert error.code == "RC604"
    if kind != "noise" or ending != "mp4":  # noise of this name has no index
        assert what in error.message
    assert error.hint


def test_subtitles_are_no_film(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n")
    error = refusal(path)
    assert (error.code, error.hint) == ("RC606", "choose the video file")
    assert "subtitles" in error.message


def test_a_file_that_breaks_is_not_blamed_on_a_codec_beside_it(made: Made, ffmpeg: Run, tmp_path: Path) -> None:
    """Streams of other codecs make libav complain; no film needs them."""
    words, path = tmp_path / "words.srt", tmp_path / "film.mkv"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n")
    ffmpeg("-i", words, "-i", made("plain.mkv"), "-map", "0", "-map", "1", "-c", "copy", "-c:s", "ass", path)
    path.write_bytes(path.read_bytes()[:9000])
    said = probe(path).notices
    assert said
    assert "whitelist" not in " ".join(said)


def test_names_are_words_of_the_shell(tmp_path: Path) -> None:
    assert convert("a b.rm") == "ffmpeg -i 'a b.rm' -c:v libx264 -pix_fmt yuv420p -c:a aac 'a b.mp4'"
    assert command("a.MP4", "-c copy") == "ffmpeg -i a.MP4 -c copy a-new.mp4"
    assert command("-i", "-c copy") == "ffmpeg -i ./-i -c copy ./-i.mp4"
    assert command("$(rm x).mp4", "-c copy") == "ffmpeg -i '$(rm x).mp4' -c copy '$(rm x)-new.mp4'"


def test_a_hint_about_an_upload_has_the_name_that_people_know() -> None:
    assert renamed(convert("r_5tqd"), "r_5tqd", "my film.mp4") == convert("my film.mp4")
    assert renamed(command("r_5tqd", ending=".png"), "r_5tqd", "a.bmp") == command("a.bmp", ending=".png")
    assert renamed("choose the video file", "r_5tqd", "a.bmp") == "choose the video file"
