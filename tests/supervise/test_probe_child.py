"""The answers of the probe child, in process, on films that are muxed here."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from av.codec.context import CodecContext
from av.stream import Disposition

from compiler.errors import ReelError
from compiler.supervise.facts import probe_child
from compiler.supervise.facts.survey import Reading
from compiler.supervise.facts.tracks import UndecodableTrackError
from compiler.supervise.facts.whole import Whole
from compiler.timeline.media import STILL, STILL_RATE, STILL_SECONDS
from tests.supervise.tracks import container, counted, muxed, picture_frame, picture_stream, sound_frame, sound_stream

Answer = Callable[..., Any]
EVEN = [*range(0, 1000, 40)]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """25 frames of 25 a second, and 0.2 s of sound twice."""
    return muxed(tmp_path_factory.mktemp("probe") / "film.mkv", EVEN, sounds=2)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answer:
    """The output of the child."""

    def ask(*question: object) -> Any:
        monkeypatch.setattr("sys.argv", ["probe", *map(str, question)])
        probe_child.main()
        return json.loads(capsys.readouterr().out)

    return ask


def test_the_facts_of_a_film(film: Path, answer: Answer) -> None:
    facts = answer("media", film)["answer"]
    assert (facts["format"], facts["start"], facts["size"]) == ("matroska", "0", film.stat().st_size)
    assert (facts["earliest"], facts["rule"], facts["notices"], facts["cut_short"]) == ("0", 2, [], "")
    video = facts["video"]
    assert (video["codec"], video["frames"], video["end"], video["crop"]) == ("ffv1", 25, "1", [0, 0, 0, 0])
    assert (facts["audio"]["index"], facts["audio"]["end"]) == (1, "1/5")
    assert "straightened" not in video


def test_a_film_that_does_not_decode_is_straightened(film: Path, answer: Answer) -> None:
    """The decoder meets nothing wrong there, so that no time is held."""
    facts = answer("damaged", film, "1/5", "2/5")["answer"]
    assert facts["video"]["straightened"] == facts["audio"]["straightened"] == ["it is damaged"]
    assert facts["video"]["held"] == []


def test_a_track_that_decodes_to_nothing_gives_way_to_the_next(
    film: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = probe_child._heard

    def undecodable(opened: Any, track: Any, *rest: Any) -> Any:
        if track.stream.index == 1:
            raise UndecodableTrackError(1)
        return heard(opened, track, *rest)

    monkeypatch.setattr(probe_child, "_heard", undecodable)
    facts = answer("media", film)["answer"]
    assert facts["audio"]["index"] == 2
    assert facts["unheard"] == ["the sound, pcm_s16le, cannot be decoded; another track, pcm_s16le, is heard instead"]


def test_what_a_file_lacks_is_a_notice(film: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = Whole(None, "is cut short: its pictures end at 1.0 s")
    monkeypatch.setattr(probe_child, "_whole", lambda *_: cut)
    facts = answer("media", film)["answer"]
    assert (facts["notices"], facts["cut_short"]) == ([f"the file {cut.missing}"], cut.missing)
    assert facts["video"]["straightened"] == ["it is damaged"]


def test_an_error_is_an_answer(tmp_path: Path, answer: Answer) -> None:
    path = tmp_path / "empty.mp4"
    path.write_bytes(b"")
    error = answer("media", path)["error"]
    assert (error["code"], error["message"]) == ("RC604", "is empty")


def png(tmp_path: Path) -> Path:
    writer: Any = CodecContext.create("png", "w")
    writer.width, writer.height, writer.pix_fmt, writer.time_base = 64, 48, "rgb24", Fraction(1, 25)
    path = tmp_path / "drawing.png"
    path.write_bytes(bytes(writer.encode(picture_frame(pix_fmt="rgb24"))[0]))
    return path


def test_a_still_image_is_one_frame(tmp_path: Path, answer: Answer) -> None:
    facts = answer("media", png(tmp_path))["answer"]
    assert (facts["format"], facts["audio"]) == (STILL, None)
    video = facts["video"]
    assert (video["width"], video["height"], video["pix_fmt"], video["frames"]) == (64, 48, "rgb24", 1)
    assert (video["rate"], video["end"], video["ticks"]) == (str(STILL_RATE), str(STILL_SECONDS), [0])
    assert (video["rotation"], video["mirrored"], video["crop"]) == (0, False, [0, 0, 0, 0])


def test_a_still_image_that_does_not_decode(tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.supervise.facts.survey.first_frame", lambda _: None)
    error = answer("media", png(tmp_path))["error"]
    assert (error["code"], error["message"]) == ("RC604", "has no picture that can be decoded")


def whole(formats: str, missing: Fraction | None = None, said: str = "", broken: str = "", stated: int = 9000) -> Whole:
    """How much there is of a file that states 9 s, whose last frame of 40 ms begins at 3.96 s."""
    track = counted(picture_stream(), picture_frame(), range(0, 4000, 40), [40] * 100)
    track.stream = SimpleNamespace(duration=stated, frames=0)  # type: ignore[assignment]
    return probe_child._whole(container(formats), Reading([track], broken), missing, said)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (whole("matroska,webm"), Whole()),
        (whole("mov,mp4", stated=4000), Whole()),
        (
            whole("mov,mp4", missing=Fraction(5, 2)),
            Whole(Fraction(5, 2), "is cut short: it states 9.0 s, but its pictures end at 2.5 s"),
        ),
        (whole("mov,mp4"), Whole(None, "is cut short: it states 9.0 s, but its pictures end at 4.0 s")),
        (whole("matroska,webm", broken="I/O error"), Whole(None, "is cut short: its pictures end at 4.0 s")),
        (
            whole("matroska,webm", said="File ended prematurely at pos. 9"),
            Whole(None, "is cut short: its pictures end at 4.0 s"),
        ),
    ],
    ids=["whole", "as stated", "no bytes", "no packets", "broken", "ended"],
)
def test_how_much_of_a_file_there_is(found: Whole, expected: Whole) -> None:
    assert found == expected


def test_packets_of_sound_that_decode_to_nothing(tmp_path: Path) -> None:
    track = counted(sound_stream("flac"), sound_frame(), [0, 10], [10, 10])
    opened = container("matroska,webm")
    assert probe_child._heard(opened, track, Whole(), tmp_path)
    track.frame = None
    with pytest.raises(UndecodableTrackError) as caught:
        probe_child._heard(opened, track, Whole(), tmp_path)
    assert caught.value.args == (0,)
    track.ticks = []
    assert probe_child._heard(opened, track, Whole(), tmp_path) is None


@pytest.mark.parametrize(
    ("source", "text", "broken"),
    [
        ("matroska,webm", "0x00 at pos 9 invalid as first byte of an EBML number", True),
        ("matroska,webm", "Unknown entry 0x99", False),
        ("h264", "no EBML here", False),
        ("flv", "Packet mismatch 0 109 6269", True),
    ],
)
def test_bytes_that_are_none_of_a_containers_elements(source: str, text: str, broken: bool) -> None:
    assert probe_child._is_broken([(16, source, text)]) is broken


PLAIN = Disposition(0)


def picture(disposition: Disposition = PLAIN, size: tuple[int, int] = (64, 48)) -> Any:
    stream = SimpleNamespace(disposition=disposition)
    stream.codec_context = SimpleNamespace(width=size[0], height=size[1])
    return stream


@pytest.fixture
def admitted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The streams that are admitted."""
    found: list[Any] = []
    monkeypatch.setattr(probe_child, "admit_stream", lambda stream, _: found.append(stream))
    return found


def chosen(*pictures: Any) -> Any:
    streams = SimpleNamespace(video=[*pictures], audio=[object()])
    return probe_child._picture(container("mov,mp4", name="file:/a/film.mp4", streams=streams))


def test_the_picture_is_the_default_one_that_is_no_art(admitted: list[Any]) -> None:
    art, thumbnails = picture(Disposition.attached_pic), picture(Disposition.timed_thumbnails)
    first, second, default = picture(), picture(), picture(Disposition.default)
    assert chosen(art, thumbnails, first, second) is first
    assert chosen(art, first, default) is default
    assert admitted == [first, default]
    with pytest.raises(ReelError, match="has sound and a cover, but no moving picture"):
        chosen(art, thumbnails)


@pytest.mark.usefixtures("admitted")
def test_a_picture_larger_than_any_camera_makes_is_refused() -> None:
    with pytest.raises(ReelError, match="has a picture of 60000x60000"):
        chosen(picture(size=(60_000, 60_000)))


def test_two_frames_ten_days_apart_are_two_frames(tmp_path: Path, answer: Answer) -> None:
    facts = answer("media", muxed(tmp_path / "days.mkv", [0, 900_000_000]))["answer"]
    assert facts["video"]["ticks"] in ([], [0, 900_000_000])
    assert len(json.dumps(facts)) < 3000


def test_a_file_of_too_many_frames_is_refused(tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    uneven = muxed(tmp_path / "uneven.mkv", [0, 40, 80, 500, 540, 900])
    assert len(answer("media", uneven)["answer"]["video"]["ticks"]) == 6
    monkeypatch.setattr(probe_child, "MOST_FRAMES", 5)
    assert answer("media", uneven)["error"]["code"] == "RC606"
