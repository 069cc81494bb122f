"""The JSON Schema of the reel file's current form, for editors, generated clients, and docs/reel-file.md.

Older shapes are read too, but are not in the schema, since new programs should not write them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from compiler.colours import BLACK, BLUR
from compiler.model import limits
from compiler.model.clip import DEFAULT_DAMAGE
from compiler.model.clip_forms import COLOUR, ClipForm, TransitionForm
from compiler.model.encode import AUDIO_BITRATE, DEFAULT_ENCODE
from compiler.model.file import DEFAULT_AUDIO, DEFAULT_CANVAS
from compiler.model.limits import Damage, Fit, Stretch
from compiler.model.schema_field import Form, field, plain
from compiler.profiles import CODECS, QUALITIES

BITRATE = "^[1-9][0-9]{0,5}[kM]$"
FILL = f"{COLOUR}|^{BLUR}$"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The reel file's JSON Schema, dialect 2020-12, with units in every description."""
    return {"$schema": DIALECT, **plain(annotated())}


def annotated() -> dict[str, Any]:
    """The schema with the further facts of docs/reel-file.md, under keys that begin with `x-`."""
    return ReelForm.model_json_schema(by_alias=True)


class CanvasForm(Form):
    """The film's picture."""

    aspect_ratio: Annotated[
        str | None,
        field(
            "Shape of the film, width to height",
            words=[*limits.CANVASES, None],
            example="16:9",
            errors="RC106",
            default=f'"{limits.DEFAULT_ASPECT}"',
        ),
    ] = None
    width: Annotated[
        int | None,
        field(
            "Width of the film, even; goes with `height`",
            limits.CANVAS_SIDE,
            multiple_of=2,
            example=720,
            errors="RC105 RC106",
            default="by `aspect_ratio`",
        ),
    ] = None
    height: Annotated[
        int | None,
        field(
            "Height of the film, even; goes with `width`",
            limits.CANVAS_SIDE,
            multiple_of=2,
            example=900,
            errors="RC105 RC106",
            default="by `aspect_ratio`",
        ),
    ] = None
    fps: Annotated[
        str | float,
        field(
            'Frames a second: a number, a rational such as "30000/1001", or "source", the first clip\'s own rate',
            str(limits.FPS),
            example="30000/1001",
            errors="RC106 RC208",
        ),
    ] = str(DEFAULT_CANVAS.fps)
    fit: Annotated[
        Fit,
        field(
            "Fit of a box of another shape than the canvas: whole between bars, or cut to fill the canvas",
            example="cover",
            errors="RC106 RC204",
        ),
    ] = "contain"
    fill: Annotated[
        str,
        field(
            "Fill of the bars: a colour, or the picture itself, blurred",
            f'#rrggbb, or "{BLUR}"',
            pattern=FILL,
            example=BLUR,
            errors="RC106",
        ),
    ] = BLACK


class LoudnessForm(Form):
    """The loudness of the film, by EBU R128."""

    target: Annotated[float, field("Loudness of the whole film", limits.LUFS, example=-14, errors="RC106")] = -16
    true_peak: Annotated[
        float, field("True peak that the film does not exceed", limits.TRUE_PEAK, example=-1.5, errors="RC106")
    ] = -1


class AudioForm(Form):
    """The film's sound."""

    stretch: Annotated[
        Stretch,
        field("Effect of speed on the sound of clips without their own", example="varispeed", errors="RC106"),
    ] = DEFAULT_AUDIO.stretch
    include: Annotated[bool, field("Whether the film has sound", "true or false", example=False, errors="RC106")] = (
        DEFAULT_AUDIO.include
    )
    loudness: Annotated[
        LoudnessForm | None,
        field(
            "Loudness of the film, in LUFS",
            example={"target": -14},
            errors="RC106",
            default="the loudness of the clips",
        ),
    ] = None


class EncodeForm(Form):
    """The encoding of the film."""

    codec: Annotated[
        str,
        field("Codec and container of the film", words=CODECS, example="h265", errors="RC106 RC404 RC614"),
    ] = DEFAULT_ENCODE.codec
    quality: Annotated[
        str | None,
        field(
            "A named preset and constant rate factor",
            words=[*QUALITIES, None],
            example="draft",
            errors="RC106",
            default='"final"',
        ),
    ] = None
    preset: Annotated[
        str | None,
        field(
            "The encoder's preset; slower ones make smaller films",
            '"ultrafast" to "placebo" for h264 and h265, "0" to "13" for av1',
            example="slow",
            errors="RC106",
            default="by `quality`",
        ),
    ] = None
    crf: Annotated[
        float | None,
        field(
            "Constant rate factor; a lower one makes a better and larger film",
            limits.limits(0, 63),
            example=18,
            errors="RC106",
            default="by `quality`",
        ),
    ] = None
    bitrate: Annotated[
        str | None,
        field(
            "Mean bits a second of the picture, in place of `crf`",
            "50k to 500M",
            pattern=BITRATE,
            example="8M",
            errors="RC106",
            default="none",
        ),
    ] = None
    audio_bitrate: Annotated[
        str,
        field("Bits a second of the sound", "32k to 512k", pattern=BITRATE, example="128k", errors="RC106"),
    ] = AUDIO_BITRATE


class ReelForm(Form):
    """A reel: its clips in playing order, and the film's canvas, sound and encoding."""

    reel: Annotated[Literal[1], field("The version of this form", "1", example=1, errors="RC105 RC110")]
    canvas: Annotated[
        CanvasForm | None,
        field("The film's picture", example={"aspect_ratio": "16:9"}, default="1080x1920 at 30 frames a second"),
    ] = None
    audio: Annotated[
        AudioForm | None,
        field("The film's sound", example={"stretch": "varispeed"}, default="sound, pitch kept"),
    ] = None
    encode: Annotated[
        EncodeForm | None,
        field("Encoding of the film", example={"quality": "draft"}, default="H.264 and AAC in MP4, final"),
    ] = None
    transition: Annotated[
        TransitionForm | None,
        field(
            "Transition into clips without their own",
            example={"type": "dissolve", "duration": 0.5},
            errors="RC107 RC203 RC403",
            default="a cut",
        ),
    ] = None
    damage: Annotated[Damage, field("`damage` of clips without their own", example="refuse", errors="RC106 RC604")] = (
        DEFAULT_DAMAGE
    )
    clips: Annotated[
        list[ClipForm],
        field(
            "The clips in playing order",
            "at least one",
            min_length=1,
            example=[{"media": "game.mp4"}],
            errors="RC105 RC108 RC109",
        ),
    ]
