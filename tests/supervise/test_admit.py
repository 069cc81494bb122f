"""The allowlist of media, and tracks that are used, in process."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import av.error
import pytest
from av.stream import Disposition

from compiler.errors import ReelError
from compiler.supervise.facts.tracks import sound_of
from compiler.supervise.media.admit import (
    VIDEO_CODECS,
    admit_stream,
    messages,
    no_picture,
    opened,
    too_many_pixels,
)
from compiler.timeline.media import MAX_PIXELS
from tests.supervise.tracks import container

Refuse = Callable[..., ReelError]


@pytest.fixture
def refused(tmp_path: Path) -> Refuse:
    """The error that opening a file of this name and content raises."""

    def refuse(content: bytes, name: str = "film.mp4") -> ReelError:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ReelError) as caught, opened(path):
            pass
        return caught.value

    return refuse


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"#EXTM3U\n#EXTINF:9,\na.ts", "is an HLS playlist, not a video file"),
        (b"\xef\xbb\xbf \nffconcat version 1.0", "is an ffmpeg concat script, not a video file"),
        (b";FFMETADATA1", "is an ffmpeg metadata file, not a video file"),
        (b"v=0\r\no=- 0 0 IN IP4 0", "is an SDP session, not a video file"),
        (b"<MPD xmlns=", "is a DASH manifest, not a video file"),
        (b"<?xml version=", "is an XML file, not a video file"),
        (b"<svg width=", "is an SVG drawing, not a video file"),
    ],
)
def test_texts_that_lead_players_elsewhere_are_refused(refused: Refuse, content: bytes, what: str) -> None:
    error = refused(content)
    assert (error.code, error.message) == ("RC606", what)
    joins = content.startswith((b"#EXTM3U", b"<MPD"))
    assert error.hint.endswith("ffmpeg -i film.mp4 -c copy film-new.mp4") is joins


@pytest.mark.parametrize("content", [b"", b" \n\t", b"\xef\xbb\xbf"])
def test_an_empty_file_is_called_so(refused: Refuse, content: bytes) -> None:
    error = refused(content)
    assert (error.code, error.message) == ("RC604", "is empty")


@pytest.mark.parametrize(
    ("content", "code", "what"),
    [
        (b"1\n00:00:00,000 --> 00:00:01,000\nhi\n", "RC606", "is a file of subtitles"),
        (b"PK\x03\x04" + bytes(40), "RC604", "is a ZIP archive"),
        (b"\0\0\0\x10ftypisom\0\0\0\0", "RC604", "has no index"),
        (bytes(range(1, 256)) * 9, "RC604", "is not a video file, or is damaged"),
    ],
)
def test_files_that_cannot_be_opened(refused: Refuse, content: bytes, code: str, what: str) -> None:
    error = refused(content, "film.mov" if b"ftyp" in content else "film.bin")
    assert error.code == code
    assert error.message.startswith(what)


def test_an_encrypted_file_that_cannot_be_opened_is_called_so(refused: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.supervise.media.admit.encrypted_tracks", lambda _: frozenset({0}))
    error = refused(b"\0\0\0\x10ftypisom\0\0\0\0")
    assert (error.code, error.message) == ("RC604", "is encrypted")


def test_a_file_that_takes_too_much_memory(refused: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise av.error.FFmpegError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(av, "open", fail)
    error = refused(b"\x1a\x45\xdf\xa3")
    assert (error.code, error.message) == ("RC606", "takes more memory to open than is allowed")
    assert error.hint.startswith("convert it: ffmpeg")


def stream(codec: str | None, kind: str = "video", index: int = 0, **fields: Any) -> Any:
    """As much of a stream as is looked at before its packets."""
    context = codec and SimpleNamespace(
        codec=av.Codec(codec, "r"), sample_rate=48000, layout=SimpleNamespace(nb_channels=2)
    )
    opened = container("matroska,webm", name="file:/uploads/film.mkv")
    fields = {"metadata": {}, "disposition": Disposition(0), "id": 1, **fields}
    return SimpleNamespace(container=opened, type=kind, index=index, codec_context=context, **fields)


@pytest.fixture(autouse=True)
def clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """No stream here is encrypted, unless its metadata say so."""
    monkeypatch.setattr("compiler.supervise.media.admit.is_encrypted", lambda stream: "enc_key_id" in stream.metadata)


def test_an_admitted_stream_is_decoded_within_limits() -> None:
    picture = stream("h264")
    assert admit_stream(picture, VIDEO_CODECS) == "h264"
    assert picture.codec_context.thread_count == 1
    assert picture.codec_context.options == {"max_pixels": str(MAX_PIXELS)}


@pytest.mark.parametrize(
    ("refused", "code", "what"),
    [
        (stream("magicyuv"), "RC606", "has a picture coded as MagicYUV video, which is not read"),
        (stream("pcm_u16le"), "RC606", "has a picture coded as PCM unsigned 16-bit little-endian (pcm_u16le)"),
        (stream("musepack7", "audio"), "RC606", "has sound coded as Musepack SV7 (musepack7), which is not read"),
        (stream(None), "RC606", "has a picture of an unknown codec"),
        (stream("h264", metadata={"enc_key_id": "a"}), "RC604", "is encrypted"),
        (stream("aac", "audio", metadata={"enc_key_id": "a"}), "RC604", "has encrypted sound"),
    ],
)  # fmt: skip
def test_streams_of_other_codecs_are_refused(refused: Any, code: str, what: str) -> None:
    with pytest.raises(ReelError) as caught:
        admit_stream(refused, VIDEO_CODECS)
    assert caught.value.code == code
    assert caught.value.message.startswith(what)


@pytest.mark.parametrize(("formats", "ending"), [("mov,mp4", ".mp4"), ("png_pipe", ".png")])
def test_a_picture_that_is_too_large_is_scaled_down(formats: str, ending: str) -> None:
    error = too_many_pixels(99000, 80000, container(formats, name="file:/uploads/film.x"))
    assert error.code == "RC606"
    assert error.message.startswith("has a picture of 99000x80000, more than")
    assert error.hint.endswith(f" film{ending}")


def test_a_file_without_a_picture() -> None:
    sounds = SimpleNamespace(audio=[stream("aac")], video=[])
    error = no_picture(container("mov,mp4", name="file:/uploads/song.m4a", streams=sounds))
    assert (error.code, error.message) == ("RC605", "has sound, but no picture")


def test_the_first_eight_messages_count_each_once() -> None:
    said = [(8, "h264", text) for text in (" one ", "one", "Codec (magicyuv) not on whitelist 'h264'", *"abcdefgh")]
    assert messages(said) == "one\na\nb\nc\nd\ne\nf\ng"


# tracks of sound


def track(codec: str | None, index: int, **fields: Any) -> Any:
    return stream(codec, "audio", index, **fields)


def chosen(*tracks: Any, undecodable: tuple[int, ...] = ()) -> tuple[int | None, tuple[str, ...]]:
    """The index of the chosen track, and the sentences on those before it."""
    found, faults = sound_of(container("matroska,webm", streams=SimpleNamespace(audio=[*tracks])), undecodable)
    return (found.index if found else None), faults


def test_the_default_track_of_sound_is_heard_else_the_first() -> None:
    default = track("opus", 2, disposition=Disposition.default)
    assert chosen(track("aac", 1), default) == (2, ())
    assert chosen(track("aac", 1), track("opus", 2)) == (1, ())
    assert chosen() == (None, ())


def silent(**context: Any) -> Any:
    found = track("aac", 1)
    for name, value in context.items():
        setattr(found.codec_context, name, value)
    return found


@pytest.mark.parametrize(
    ("first", "undecodable", "fault"),
    [
        (track(None, 1), (), "the sound is of an unknown codec"),
        (track("musepack7", 1), (), "the sound, musepack7, has no decoder here"),
        (silent(sample_rate=0), (), "the sound, aac, states no sample rate or no channels"),
        (silent(layout=SimpleNamespace(nb_channels=0)), (), "the sound, aac, states no sample rate or no channels"),
        (track("aac", 1), (1,), "the sound, aac, cannot be decoded"),
    ],
)
def test_a_track_that_cannot_be_heard_gives_way_to_the_next(
    first: Any, undecodable: tuple[int, ...], fault: str
) -> None:
    assert chosen(first, track("opus", 3), undecodable=undecodable) == (
        3,
        (f"{fault}; another track, opus, is heard instead",),
    )
    assert chosen(first, track(None, 3), undecodable=undecodable) == (None, (f"{fault}; the film is silent there",))


def test_an_encrypted_track_of_sound_is_refused() -> None:
    with pytest.raises(ReelError, match="has encrypted sound"):
        chosen(track("aac", 1, metadata={"enc_key_id": "a"}), track("opus", 2))
