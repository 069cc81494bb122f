"""Verifies that a finished film is the predicted one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from compiler.errors import Loc, ReelError
from compiler.profiles import H264, WEBP, Profile
from compiler.supervise.plain import plain
from compiler.supervise.probe import question
from compiler.supervise.record import NOT_FACTS, exact

AAC_FRAME = 1024
"""Samples by which an AAC track may be longer than predicted: the encoder's last frame."""

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class Expected:
    """The predicted facts of a film; those of the picture do not count for a profile without one."""

    frames: int
    fps: Fraction
    size: tuple[int, int]
    samples: int | None
    """At 48 kHz; None for a film without sound."""
    profile: Profile = H264


async def verify_film(path: Path, expected: Expected, frames_made: int | None = None) -> None:
    """Raise RC610 unless the film is as predicted, every packet counted and on the grid n / fps.

    `frames_made` is the number of frames that ffmpeg said it made, for a film that is one picture without a length.
    """
    try:
        found = await question("film", path, expected.fps, loc=Loc())
        (predicted, got), (due, heard) = _pictured(found, expected, frames_made), _heard(found, expected)
    except ReelError as error:  # the file that cannot be read is our film, not the user's media
        raise _differs("\n".join(filter(None, (error.message, error.detail)))) from error
    except NOT_FACTS as error:
        raise _differs(f"its reader's answer holds no facts: {type(error).__name__}") from error
    got |= heard
    wrong = [
        f"{name}: got {plain(str(got[name]))}, predicted {value}"
        for name, value in (predicted | due).items()
        if got[name] != value
    ]
    if wrong:
        raise _differs("\n".join(wrong))


def _differs(detail: str) -> ReelError:
    hint = "render again; if the error persists, report it with the reel file"
    return ReelError("RC610", Loc(), "the film is not what was predicted", detail=detail, hint=hint)


def _pictured(found: dict[str, Any], expected: Expected, frames_made: int | None) -> tuple[Facts, Facts]:
    """The predicted and the found facts of container and picture."""
    profile = expected.profile
    picture = profile.picture
    predicted: Facts = {"container": profile.container, "video streams": 1 if picture else 0}
    got: Facts = {"container": found["container"], "video streams": found["videos"]}
    if picture is None or not found["videos"]:
        return predicted, got
    predicted |= {
        "video codec": picture.codec,
        "pixel format": picture.decoded or picture.pix_fmt,
        "size": "{}x{}".format(*expected.size),
        "frames": expected.frames,
        "frames off the grid": "none",
    }
    got |= {
        "video codec": found["codec"],
        "pixel format": found["pix_fmt"],
        "size": "{}x{}".format(*found["size"]),
        "frames": _counted(found, expected, frames_made),
        "frames off the grid": "none" if found["off_grid"] is None else f"frame {found['off_grid']} first",
    }
    return predicted, got


def _counted(found: dict[str, Any], expected: Expected, frames_made: int | None) -> int:
    """The number of frames found; if the container merges equal frames, the number that its length amounts to, or that
    ffmpeg said it made where all are one picture."""
    if found["lasts"] is None:
        frames = int(found["frames"])
        is_still = found["container"] == WEBP.container and frames == 1
        return (expected.frames if frames_made is None else frames_made) if is_still else frames
    return round(exact(found["lasts"]) * expected.fps)


def _heard(found: dict[str, Any], expected: Expected) -> tuple[Facts, Facts]:
    """The predicted and the found facts of the sound."""
    samples, sound = expected.samples, expected.profile.sound
    predicted: Facts = {"audio streams": 0 if samples is None else 1, "samples": "none" if samples is None else samples}
    heard = None if found["samples"] is None else exact(found["samples"])
    slack = AAC_FRAME if sound and sound.rated else 1
    enough = samples is not None and heard is not None and samples <= heard < samples + slack
    got: Facts = {
        "audio streams": found["audios"],
        "samples": samples if enough else "none" if heard is None else float(heard),
    }
    if samples is not None and sound and found["audios"]:
        predicted["audio codec"], got["audio codec"] = sound.codec, found["audio_codec"]
    return predicted, got
