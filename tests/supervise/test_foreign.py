"""Files that are not read: the error says the kind of file, and its command makes one that is read."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.media import foreign
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


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"\n <HTML lang=de>", "is a web page, not a video file"),
        (b"8BPS\0\1", "is a Photoshop document, not a video file"),
        (b"7z\xbc\xaf\x27\x1c\0", "is a 7z archive, not a video file"),
        (b"\x7fELF\2", "is a program, not a video file"),
        (bytes(256), "begins with zeros only, as files do whose copying was broken off"),
        ("Grüße 🎬\r\n\t".encode(), "is a text file, not a video file"),
        ("Grüß".encode()[:-1], "is a text file, not a video file"),  # cut in the middle of a letter
        ("Gr\xfc\xdfe".encode("latin-1"), None),
        (b"text\x07", None),
        (b"\x1a\x45\xdf\xa3", None),
    ],
)
def test_first_bytes_of_files_that_people_take_for_videos(raw: bytes, what: str | None) -> None:
    found = foreign.other_file(raw)
    assert (found and found[0]) == what


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (
            foreign.other_format("a.idx", "srt", "SubRip"),
            "is a file of subtitles (SubRip), not a video file",
            "choose the video file",
        ),
        (
            foreign.other_format("a.tif", "tiff_pipe", "piped tiff"),
            "is an image in the format TIFF, which is not read",
            "convert it: ffmpeg -i a.tif a.png",
        ),
        (
            foreign.other_format("a.nut", "nut", "NUT"),
            "is in the format NUT, which is not read",
            f"convert it: {convert('a.nut')}",
        ),
        (
            foreign.other_codec("a.mkv", "video", None),
            "has a picture of an unknown codec",
            "export it as mp4 from the program that it comes from",
        ),
        (
            foreign.other_codec("a.mkv", "audio", None),
            "has sound of an unknown codec",
            "export it as mp4 from the program that it comes from",
        ),
        (
            foreign.other_codec("a.mkv", "video", "MagicYUV"),
            "has a picture coded as MagicYUV, which is not read",
            f"convert it: {convert('a.mkv')}",
        ),
        (
            foreign.other_codec("a.mkv", "audio", "Musepack"),
            "has sound coded as Musepack, which is not read",
            "convert it: ffmpeg -i a.mkv -c:v copy -c:a aac a.mp4",
        ),
        (
            foreign.no_picture("a", False, True),
            "has neither a moving picture nor sound",
            "choose a file with a picture",
        ),
        (
            foreign.no_picture("a.m4a", True, False),
            "has sound, but no picture",
            "choose a file with a picture, or add a black one: ffmpeg -f lavfi -i color=black:s=1280x720:r=30 "
            "-i a.m4a -shortest -c:v libx264 -c:a aac a.mp4",
        ),
        (
            foreign.no_picture("a.mp3", True, True),
            "has sound and a cover, but no moving picture",
            "choose a file with a picture, or add a black one: ffmpeg -f lavfi -i color=black:s=1280x720:r=30 "
            "-i a.mp3 -shortest -c:v libx264 -c:a aac a.mp4",
        ),
        (foreign.encrypted("a.mkv", "video", "matroska,webm"), "is encrypted", "use a copy without copy protection"),
        (
            foreign.encrypted("a.mp4", "video", "mov,mp4,m4a"),
            "is encrypted",
            "use a copy without copy protection; if you have its key, this makes one: "
            "ffmpeg -decryption_key KEY -i a.mp4 -c copy a-new.mp4",
        ),
        (
            foreign.encrypted("a.mov", "audio", "mov,mp4,m4a"),
            "has encrypted sound",
            "use a copy without copy protection, or leave the sound out: ffmpeg -i a.mov -an -c:v copy a.mp4",
        ),
    ],
    ids=lambda each: "",
)  # fmt: skip
def test_the_kind_of_a_file_and_its_remedy(words: foreign.Words, what: str, hint: str) -> None:
    assert words == (what, hint)


def test_names_are_words_of_the_shell(tmp_path: Path) -> None:
    assert convert("a b.rm") == "ffmpeg -i 'a b.rm' -c:v libx264 -pix_fmt yuv420p -c:a aac 'a b.mp4'"
    assert command("a.MP4", "-c copy") == "ffmpeg -i a.MP4 -c copy a-new.mp4"
    assert command("-i", "-c copy") == "ffmpeg -i ./-i -c copy ./-i.mp4"
    assert command("$(rm x).mp4", "-c copy") == "ffmpeg -i '$(rm x).mp4' -c copy '$(rm x)-new.mp4'"


def test_a_hint_about_an_upload_has_the_name_that_people_know() -> None:
    assert renamed(convert("r_5tqd"), "r_5tqd", "my film.mp4") == convert("my film.mp4")
    assert renamed(command("r_5tqd", ending=".png"), "r_5tqd", "a.bmp") == command("a.bmp", ending=".png")
    assert renamed("choose the video file", "r_5tqd", "a.bmp") == "choose the video file"
