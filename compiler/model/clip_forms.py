"""The schema of one clip: its crop and transition, each field with its documentation."""

from __future__ import annotations

from typing import Annotated

from compiler.colours import BLACK
from compiler.model import limits
from compiler.model.limits import Damage, Ease, Motion, Origin, Stretch
from compiler.model.schema_field import Form, field
from compiler.model.segment_forms import SegmentsForm, WindowForm
from compiler.transitions import CURVES, LINEAR, TRANSITIONS

COLOUR = "^#[0-9A-Fa-f]{6}$"


_BOX = "RC105 RC106 RC202"


class KeyframeForm(Form):
    """The crop box at one frame of the source, in pixels of the source as displayed."""

    frame: Annotated[
        int,
        field(
            "The frame of the source, counted from 0 at the source's own rate",
            limits.FRAME,
            example=45,
            errors="RC105 RC106 RC107",
        ),
    ]
    x: Annotated[float, field("Left edge of the box", limits.POSITION, example=100, errors=_BOX)]
    y: Annotated[float, field("Top edge of the box", limits.POSITION, example=0, errors=_BOX)]
    width: Annotated[float, field("Width of the box", limits.EXTENT, example=607.5, errors=f"{_BOX} RC204 RC402")]
    height: Annotated[float, field("Height of the box", limits.EXTENT, example=1080, errors=f"{_BOX} RC204 RC402")]
    origin: Annotated[
        Origin | None,
        field("Origin of the keyframe in an editor; it does not affect the film", example="user", errors="RC106"),
    ] = None
    ease: Annotated[
        Ease, field("Movement of the box from this keyframe to the next", example="smooth", errors="RC106")
    ] = "spline"


class TransitionForm(Form):
    """The transition into a clip."""

    type: Annotated[
        str,
        field(
            "The transition's name",
            "cut, fade, dissolve or another of [the list](transitions.md)",
            words=TRANSITIONS,
            example="dissolve",
            errors="RC105 RC113 RC403",
        ),
    ]
    duration: Annotated[
        float | None,
        field(
            "Duration of the transition, in record time, above 0; a cut needs none",
            limits.TIME,
            example=0.5,
            errors="RC105 RC106 RC203",
            default="required, except for a cut",
        ),
    ] = None
    colour: Annotated[
        str | None,
        field(
            "The colour that a fade goes through; only a fade has one",
            "#rrggbb",
            pattern=COLOUR,
            example="#ffffff",
            errors="RC106",
            default=f'"{BLACK}"',
        ),
    ] = None
    audio_curve: Annotated[
        str | None,
        field(
            "The curve by which the sound fades, by the names of ffmpeg's afade; a cut has none",
            "one of [the curves](transitions.md#sound)",
            words=[*CURVES, None],
            example="qsin",
            errors="RC106",
            default=f'"{LINEAR}"',
        ),
    ] = None


class ClipForm(Form):
    """One clip of the reel."""

    id: Annotated[
        str | None,
        field(
            "The clip's name in errors and graphs; no two clips share one",
            f"1 to {limits.ID_LENGTH} printable characters",
            min_length=1,
            max_length=limits.ID_LENGTH,
            example="dunk",
            errors="RC106 RC108",
            default='"clip1", "clip2" and so on, by place',
        ),
    ] = None
    name: Annotated[
        str | None,
        field(
            "The clip's name for people",
            f"1 to {limits.TEXT_LENGTH} characters",
            example="Great dunk",
            errors="RC106",
            default="the id",
        ),
    ] = None
    media: Annotated[
        str,
        field(
            "Path of the media file, relative to the folder of the reel file",
            f"1 to {limits.TEXT_LENGTH} characters",
            min_length=1,
            example="game.mp4",
            errors="RC105 RC106 RC205 RC401 RC603 RC604 RC605 RC606",
        ),
    ]
    window: Annotated[
        WindowForm | None,
        field(
            "The part of the media file that is the clip's footage",
            example={"start": 12.5, "end": 20},
            errors="RC111 RC212",
            default="the whole file",
        ),
    ] = None
    crop_data: Annotated[
        list[KeyframeForm] | None,
        field(
            "Keyframes of the crop box",
            example=[{"frame": 0, "x": 100, "y": 0, "width": 607.5, "height": 1080}],
            errors="RC107 RC202 RC204 RC402",
            default="the largest centred box of the canvas's shape",
        ),
    ] = None
    segments_data: Annotated[
        SegmentsForm | None,
        field(
            "Trim, speeds and freezes",
            example={"version": 2, "trimRange": {"start": 1.5, "end": 6}, "spans": []},
            errors="RC107 RC114 RC201 RC209",
            default="the whole media at speed 1",
        ),
    ] = None
    timing_data: Annotated[
        None,
        field("Deprecated: an older place of trim and speed", "null", example=None, errors="RC107", default="null"),
    ] = None
    rotation: Annotated[
        float,
        field(
            "Rotation of the picture, counter-clockwise about its centre, before the crop",
            limits.ROTATION,
            example=-3.5,
            errors="RC106 RC401",
        ),
    ] = 0
    transition_data: Annotated[
        TransitionForm | None,
        field(
            "The transition into the clip; that of the first clip is ignored",
            example={"type": "dissolve", "duration": 0.5},
            errors="RC107 RC203 RC403",
            default="the reel's `transition`",
        ),
    ] = None
    stretch: Annotated[
        Stretch | None,
        field(
            "The effect of speed on the clip's sound",
            example="varispeed",
            errors="RC106",
            default="`stretch` of the reel's `audio`",
        ),
    ] = None
    motion: Annotated[
        Motion, field("Frames of slow motion between two frames of the source", example="blend", errors="RC106")
    ] = "repeat"
    damage: Annotated[
        Damage | None,
        field(
            "Damaged parts of the media: the picture before them is held in silence, or the clip is refused",
            example="refuse",
            errors="RC106 RC604",
            default="the reel's `damage`",
        ),
    ] = None
    loop: Annotated[
        bool,
        field("Whether a moving image plays again from its start, up to the out point", "true or false", example=True),
    ] = False
    turn: Annotated[
        int,
        field(
            "Quarter turns of the displayed picture, degrees clockwise; crops are of the turned and mirrored picture",
            "0, 90, 180 or 270",
            words=limits.TURNS,
            example=90,
            errors="RC106",
        ),
    ] = 0
    mirror: Annotated[
        bool,
        field("Whether the turned picture is mirrored, left to right", "true or false", example=True),
    ] = False
    volume: Annotated[
        float,
        field("Gain of the clip's sound; 0 leaves it as it is", limits.VOLUME, example=-6, errors="RC106 RC401"),
    ] = 0
    mute: Annotated[bool, field("Whether the clip is silent", "true or false", example=True)] = False
