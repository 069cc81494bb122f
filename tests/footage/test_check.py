"""Films made from a prediction are found faultless; the same films with one planted fault are not."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.footage import coded
from tests.footage.check import Report, check_film
from tests.footage.coded import Luma
from tests.footage.pool import Source
from tests.footage.read import Samples
from tests.reference.predict import Clip, Prediction, predict

SIZE = (320, 180)
RATE = 48_000

Pictures = list[Luma]


def reel(sources: tuple[Source, ...]) -> dict[str, Any]:
    """Three clips, the second at half speed, joined by a dissolve and a fade."""
    first, second, third = (sources[k].media for k in (0, 1, 2))
    slow = {"start": 1.5, "end": 2, "speed": 0.5}
    return {
        "reel": 1,
        "canvas": {"aspect_ratio": "16:9", "width": 320, "height": 180, "fps": "30"},
        "audio": {"stretch": "varispeed"},
        "clips": [
            {"media": first, "segments_data": {"version": 2, "trimRange": {"start": 0.55, "end": 2.25}, "spans": []}},
            {
                "media": second,
                "segments_data": {"version": 2, "trimRange": {"start": 0.5, "end": 2}, "spans": [slow]},
                "transition_data": {"type": "dissolve", "duration": 0.4},
            },
            {
                "media": third,
                "segments_data": {"version": 2, "trimRange": {"start": 1.25, "end": 2.5}, "spans": []},
                "transition_data": {"type": "fade", "duration": 0.5},
            },
        ],
    }


@pytest.fixture(scope="module")
def prediction(sources: tuple[Source, ...]) -> Prediction:
    return predict(reel(sources), {source.media: source.facts for source in sources})


def weight(clip: Clip, n: int) -> tuple[float, float]:
    """The weight of this clip's picture in the film's frame n, and its brightness."""
    since, until = n - clip.first_frame, clip.end_frame - 1 - n
    share = min(1, (since + 0.5) / clip.overlaps[0] if clip.overlaps[0] else 1)
    share = min(share, (until + 0.5) / clip.overlaps[1] if clip.overlaps[1] else 1)
    bright = min(1, since / clip.darkened[0] if clip.darkened[0] else 1)
    return share, min(bright, until / clip.darkened[1] if clip.darkened[1] else 1)


def pictures(film: Prediction, sources: tuple[Source, ...]) -> Pictures:
    """Every frame of the film, as predicted."""
    lanes = {source.media: source.recipe.lane for source in sources}
    clips = {clip.id: clip for clip in film.clips}
    frames = []
    for n, seen in enumerate(film.source_frames):
        mixed = np.zeros(SIZE[::-1])
        for clip, index in seen:
            share, bright = weight(clips[clip], n)
            mixed += share * (16 + bright * (coded.draw(index, SIZE, lanes[clips[clip].media]) - 16.0))
        frames.append(np.rint(mixed).astype(np.uint8))
    return frames


def sound(film: Prediction) -> Samples:
    """The film's sound, as predicted."""
    heard = np.zeros(film.samples)
    burst = coded.sound(Fraction(1, 100), RATE)[:72] / 2
    for click in film.clicks:
        start = round(click.record * RATE)
        piece = heard[start : start + len(burst)]
        piece += burst[: len(piece)] * (2 if click.loud else 1)
    return heard


def forge(
    path: Path, frames: Iterator[Luma] | Pictures, heard: Samples, ffmpeg: str, options: tuple[str, ...] = ()
) -> Path:
    """A film of these pictures, at 30 a second, and this sound."""
    track = path.with_suffix(".wav")
    with wave.open(str(track), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((heard * 32767).astype("<i2").tobytes())
    command = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{SIZE[0]}x{SIZE[1]}"]
    command += ["-r", "30", "-i", "pipe:0", "-i", str(track), "-c:v", "libx264", "-preset", "veryfast", "-crf", "20"]
    command += ["-video_track_timescale", "30", "-c:a", "aac", "-b:a", "192k", *options, str(path)]
    coded.feed(command, (coded.yuv420p(frame) for frame in frames))
    return path


Forger = Callable[..., Report]


@pytest.fixture(scope="module")
def forged(
    prediction: Prediction, sources: tuple[Source, ...], tmp_path_factory: pytest.TempPathFactory, embedded: str
) -> Forger:
    """Make a film from the prediction, with the given changes, and check it."""

    def checked(
        change: Callable[[Pictures], Pictures] = lambda frames: frames,
        alter: Callable[[Samples], Samples] = lambda heard: heard,
        options: tuple[str, ...] = (),
    ) -> Report:
        path = tmp_path_factory.mktemp("forged") / "film.mp4"
        forge(path, change(pictures(prediction, sources)), alter(sound(prediction)), embedded, options)
        return check_film(path, prediction, sources)

    return checked


def test_the_film_foretold_is_faultless(forged: Forger, prediction: Prediction) -> None:
    report = forged()
    assert report.faults() == []
    assert report.count == prediction.frames == 51 + 60 - 12 + 38
    assert report.clicks > 25
    assert report.max_error_ms < 0.2


def test_a_frame_shown_twice_is_found(forged: Forger) -> None:
    report = forged(lambda frames: [*frames[:20], frames[19], *frames[21:]])
    assert [wrong.frame for wrong in report.wrong_frames] == [20]


def test_a_wrong_frame_within_the_dissolve_is_found(forged: Forger) -> None:
    report = forged(lambda frames: [*frames[:45], frames[44], *frames[46:]])
    assert [wrong.frame for wrong in report.wrong_frames] == [45]


def test_a_frame_too_many_is_found(forged: Forger) -> None:
    report = forged(lambda frames: [*frames, frames[-1]])
    assert report.faults() == [f"{report.count} frames, not {report.count - 1}"]


def test_a_missing_frame_is_found(forged: Forger) -> None:
    report = forged(lambda frames: frames[:-1])
    assert report.faults() == [f"{report.count} frames, not {report.count + 1}"]


def test_a_hole_in_time_is_found(forged: Forger) -> None:
    options = ("-vf", "setpts='N+gte(N,60)'", "-fps_mode", "passthrough", "-bf", "0")
    report = forged(options=options)
    assert report.wrong_frames == ()
    assert report.pts_errors == tuple(range(60, report.count))


def test_a_cut_in_place_of_a_fade_is_found(
    prediction: Prediction, sources: tuple[Source, ...], tmp_path: Path, embedded: str
) -> None:
    fading, entered = prediction.clips[1:]
    lanes = [sources[1].recipe.lane, sources[2].recipe.lane]
    frames = pictures(prediction, sources)
    for clip, lane in zip((fading, entered), lanes, strict=True):
        for n in range(entered.first_frame - 7, entered.first_frame + 8):
            if clip.first_frame <= n < clip.end_frame:
                frames[n] = coded.draw(clip.source_frames[n - clip.first_frame], SIZE, lane)
    film = forge(tmp_path / "film.mp4", frames, sound(prediction), embedded)
    report = check_film(film, prediction, sources)
    assert report.faults() == ["a fade does not darken ('clip2', 'clip3')"]


def test_a_fade_in_place_of_a_cut_is_found(forged: Forger) -> None:
    report = forged(lambda frames: [(frame // 2 if n < 5 else frame) for n, frame in enumerate(frames)])
    assert report.undimmed == ("clip1",)


def test_late_sound_is_found(forged: Forger) -> None:
    report = forged(alter=lambda heard: np.concatenate([np.zeros(96), heard[:-96]]))
    assert report.missed == 0
    assert report.max_error_ms == pytest.approx(2, abs=0.1)


@pytest.mark.further
def test_sound_late_by_a_tenth_is_found(forged: Forger) -> None:
    report = forged(alter=lambda heard: np.concatenate([np.zeros(4800), heard[:-4800]]))
    assert "clip1" in report.confused


def test_silence_is_found(forged: Forger) -> None:
    report = forged(alter=np.zeros_like)
    assert report.missed == report.clicks > 0


@pytest.mark.further
def test_sound_that_ends_early_is_found(forged: Forger, prediction: Prediction) -> None:
    report = forged(alter=lambda heard: heard[:-2048])
    assert report.samples < prediction.samples
    assert f"{report.samples} samples, not {prediction.samples}" in report.faults()


def test_a_stray_click_is_found(forged: Forger) -> None:
    def alter(heard: Samples) -> Samples:
        heard[14_400 : 14_400 + 72] += coded.sound(Fraction(1, 100), RATE)[:72] / 2
        return heard

    assert list(forged(alter=alter).stray) == pytest.approx([0.3], abs=0.001)
