"""The JSON Schema of the reel file's current form, for editors, generated clients and people.

Older shapes are read too, but nobody should write them; they are not in it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from compiler.colours import BLACK, BLUR
from compiler.model import limits
from compiler.model.encode import AUDIO_BITRATE, DEFAULT_ENCODE
from compiler.model.file import DEFAULT_AUDIO, DEFAULT_CANVAS
from compiler.model.limits import Ease, Fit, Limits, Motion, Origin, RampEase, Stretch
from compiler.profiles import CODECS, QUALITIES
from compiler.transitions import CURVES, TRANSITIONS

COLOUR = "^#[0-9A-Fa-f]{6}$"
BITRATE = "^[1-9][0-9]{0,5}[kM]$"
FILL = f"{COLOUR}|^{BLUR}$"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The reel file's JSON Schema, dialect 2020-12, with units in every description."""
    return {"$schema": DIALECT, **ReelForm.model_json_schema(by_alias=True)}


def _field(text: str, bounds: Limits | None = None, **more: Any) -> Any:
    if bounds is None:
        return Field(description=text, **more)
    low: dict[str, Any] = {"gt" if bounds.beyond else "ge": float(bounds.low)}
    return Field(description=f"{text}; {bounds}.", **low, le=float(bounds.high), **more)


class Form(BaseModel):
    """An object without unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


class KeyframeForm(Form):
    """The crop box at one source frame, in displayed source pixels."""

    frame: Annotated[int, _field("Source frame, counted from 0 at the media's own rate", limits.FRAME)]
    x: Annotated[float, _field("Left edge", limits.POSITION)]
    y: Annotated[float, _field("Top edge", limits.POSITION)]
    width: Annotated[float, _field("Width", limits.EXTENT)]
    height: Annotated[float, _field("Height", limits.EXTENT)]
    origin: Annotated[Origin | None, _field("Who made the keyframe; no unit.")] = None
    ease: Annotated[Ease, _field("How the box moves from here to the next keyframe; no unit.")] = "spline"


class RampForm(Form):
    """A speed that eases from one to another over record time."""

    start: Annotated[float, _field("Speed at the start, source seconds a record second", limits.SPEED, alias="from")]
    end: Annotated[float, _field("Speed at the end, source seconds a record second", limits.SPEED, alias="to")]
    ease: Annotated[RampEase, _field("How the speed moves between them; no unit.")] = "linear"


class TrimForm(Form):
    """The source time that is played, the end exclusive."""

    start: Annotated[float | None, _field("In point; null is the start of the media", limits.TIME)] = None
    end: Annotated[float | None, _field("Out point; null is the end of the media", limits.TIME)] = None


Rate = Annotated[float, _field("Source seconds a record second", limits.SPEED)]


class SpanForm(Form):
    """The speed of a part of the source; parts do not overlap, and what none covers plays at 1."""

    start: Annotated[float, _field("Source time", limits.TIME)]
    end: Annotated[float | None, _field("Source time, exclusive; null is the end of the media", limits.TIME)]
    speed: Annotated[Rate | RampForm, _field("Source seconds a record second, constant or a ramp.")]


class FreezeForm(Form):
    """A picture held, in silence."""

    at: Annotated[float, _field("Source time of the picture", limits.TIME)]
    freeze: Annotated[float, _field("Record time that it is held for", limits.FREEZE)]


class SegmentsForm(Form):
    """Trim and speeds of one clip."""

    version: Annotated[Literal[2], _field("The version of this form; no unit.")]
    trimRange: Annotated[TrimForm | None, _field("What is played, source seconds; null plays everything.")] = None
    spans: Annotated[
        list[SpanForm | FreezeForm], _field("Speeds, source seconds a record second, and freezes, in source order.")
    ] = []


class TransitionForm(Form):
    """How a clip is entered."""

    type: Annotated[str, _field("Its name; no unit.", json_schema_extra={"enum": list(TRANSITIONS)})]
    duration: Annotated[float | None, _field("Record time, for a cut of no consequence", limits.TIME)] = None
    colour: Annotated[str | None, _field("What a fade goes through, black by default; #rrggbb.", pattern=COLOUR)] = None
    audio_curve: Annotated[
        str | None,
        _field("How the sound fades, by afade's names; no unit.", json_schema_extra={"enum": [*CURVES, None]}),
    ] = None


class ClipForm(Form):
    """One clip of the reel."""

    id: Annotated[
        str | None,
        _field(
            "Its name in errors and graphs; text, clip1 and so on by default.",
            min_length=1,
            max_length=limits.ID_LENGTH,
        ),
    ] = None
    name: Annotated[str | None, _field("Its name for people; text, the id by default.")] = None
    media: Annotated[str, _field("Path of the media file, relative to the reel file; text.", min_length=1)]
    crop_data: Annotated[
        list[KeyframeForm] | None, _field("Crop boxes, displayed source pixels; null is the largest centred box.")
    ] = None
    segments_data: Annotated[SegmentsForm | None, _field("Trim and speeds; null is an untouched clip.")] = None
    timing_data: Annotated[None, _field("Deprecated; null, as segments_data says it all.")] = None
    rotation: Annotated[float, _field("Counter-clockwise, about the centre, before the crop", limits.ROTATION)] = 0
    transition_data: Annotated[TransitionForm | None, _field("How it is entered; null is the reel's default.")] = None
    stretch: Annotated[Stretch | None, _field("What speed does to its sound; null is the reel's default.")] = None
    motion: Annotated[Motion, _field("What slow motion shows between two frames of the source; no unit.")] = "repeat"


class CanvasForm(Form):
    """The film's picture."""

    aspect_ratio: Annotated[
        str | None, _field("Width to height, no unit.", json_schema_extra={"enum": [*limits.CANVASES, None]})
    ] = None
    width: Annotated[int | None, _field("Even, goes with height", limits.CANVAS_SIDE, multiple_of=2)] = None
    height: Annotated[int | None, _field("Even, goes with width", limits.CANVAS_SIDE, multiple_of=2)] = None
    fps: Annotated[
        str | float,
        _field('Frames a second, 1 to 240: a number, a rational such as "30000/1001", or "source": the first clip\'s.'),
    ] = str(DEFAULT_CANVAS.fps)
    fit: Annotated[Fit, _field("What becomes of a box of another shape: bars or cutting; no unit.")] = "contain"
    fill: Annotated[str, _field('What bars show: #rrggbb, or "blur": the picture, blurred.', pattern=FILL)] = BLACK


class LoudnessForm(Form):
    """How loud the film is, by EBU R128."""

    target: Annotated[float, _field("Of the whole film", limits.LUFS)] = -16
    true_peak: Annotated[float, _field("What no peak exceeds", limits.TRUE_PEAK)] = -1


class AudioForm(Form):
    """The film's sound."""

    stretch: Annotated[Stretch, _field("What speed does to pitch; no unit.")] = DEFAULT_AUDIO.stretch
    include: Annotated[bool, _field("Whether the film has sound; true or false.")] = DEFAULT_AUDIO.include
    loudness: Annotated[LoudnessForm | None, _field("How loud it is made, LUFS; null leaves it as it is.")] = None


class EncodeForm(Form):
    """How the film is encoded."""

    codec: Annotated[str, _field("What it is encoded as; no unit.", json_schema_extra={"enum": list(CODECS)})] = (
        DEFAULT_ENCODE.codec
    )
    quality: Annotated[
        str | None,
        _field("A named preset and crf, final by default; no unit.", json_schema_extra={"enum": [*QUALITIES, None]}),
    ] = None
    preset: Annotated[
        str | None,
        _field("x264's and x265's words, or 0 to 13 for AV1; the quality's by default; no unit.", examples=["slow"]),
    ] = None
    crf: Annotated[
        float | None,
        _field("Constant rate factor, lower is better, the quality's by default", limits.limits(0, 63)),
    ] = None
    bitrate: Annotated[str | None, _field("In place of crf: mean bits a second, 50k to 500M.", pattern=BITRATE)] = None
    audio_bitrate: Annotated[str, _field("Kilobits a second, 32k to 512k.", pattern=BITRATE)] = AUDIO_BITRATE


class ReelForm(Form):
    """A reel: clips, in the order they play, and the film they become."""

    reel: Annotated[Literal[1], _field("The version of this form; no unit.")]
    canvas: Annotated[CanvasForm | None, _field("The film's picture.")] = None
    audio: Annotated[AudioForm | None, _field("The film's sound.")] = None
    encode: Annotated[EncodeForm | None, _field("How the film is encoded.")] = None
    transition: Annotated[TransitionForm | None, _field("How clips are entered that do not say; a cut by default.")] = (
        None
    )
    clips: Annotated[list[ClipForm], _field("The clips in the order they play.", min_length=1)]
