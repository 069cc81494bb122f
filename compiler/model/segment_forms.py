"""The schema of a clip's trim, speeds and freezes, each field with its documentation."""

from __future__ import annotations

from typing import Annotated, Literal

from compiler.model import limits
from compiler.model.limits import RampEase
from compiler.model.schema_field import Form, field


class RampForm(Form):
    """A speed that changes evenly or smoothly over record time."""

    start: Annotated[
        float,
        field(
            "Speed at the start, in source seconds a record second",
            limits.SPEED,
            example=1,
            errors="RC105 RC106",
            alias="from",
        ),
    ]
    end: Annotated[
        float,
        field(
            "Speed at the end, in source seconds a record second",
            limits.SPEED,
            example=0.25,
            errors="RC105 RC106",
            alias="to",
        ),
    ]
    ease: Annotated[RampEase, field("Course of the speed from start to end", example="smooth", errors="RC106")] = (
        "linear"
    )


class TrimForm(Form):
    """The source time that the clip plays; the end is exclusive."""

    start: Annotated[
        float | None,
        field(
            "In point, in source time",
            limits.TIME,
            example=1.5,
            errors="RC106 RC111 RC201",
            default="the start of the media",
        ),
    ] = None
    end: Annotated[
        float | None,
        field(
            "Out point, in source time, exclusive",
            limits.TIME,
            example=6,
            errors="RC106 RC111 RC201",
            default="the end of the media",
        ),
    ] = None


class WindowForm(Form):
    """The part of the media file that is the clip's footage; the end is exclusive."""

    start: Annotated[
        float | None,
        field(
            "Start of the window, in seconds of the file from its first picture on",
            limits.TIME,
            example=12.5,
            errors="RC106 RC111 RC212",
            default="the start of the file",
        ),
    ] = None
    end: Annotated[
        float | None,
        field(
            "End of the window, in seconds of the file, exclusive",
            limits.TIME,
            example=20,
            errors="RC106 RC111 RC212",
            default="the end of the file",
        ),
    ] = None


Rate = Annotated[
    float, field("Constant speed, in source seconds a record second", limits.SPEED, example=0.5, errors="RC105 RC106")
]


class SpanForm(Form):
    """The speed of a part of the source. Parts do not overlap; uncovered time plays at speed 1."""

    start: Annotated[
        float, field("Start of the part, in source time", limits.TIME, example=3, errors="RC105 RC106 RC111 RC112")
    ]
    end: Annotated[
        float | None,
        field(
            "End of the part, in source time, exclusive; null is the end of the media",
            limits.TIME,
            example=4,
            errors="RC105 RC106 RC111 RC112",
        ),
    ]
    speed: Annotated[
        Rate | RampForm,
        field(
            "Speed of the part, in source seconds a record second: a number, or a ramp from one speed to another",
            str(limits.SPEED),
            example=0.5,
            errors="RC105 RC106",
        ),
    ]


class FreezeForm(Form):
    """A picture that is held, in silence."""

    at: Annotated[float, field("Source time of the picture", limits.TIME, example=2, errors="RC105 RC106 RC112")]
    freeze: Annotated[
        float, field("Record time for which the picture is held", limits.FREEZE, example=0.75, errors="RC105 RC106")
    ]


class SegmentsForm(Form):
    """Trim, speeds and freezes of one clip."""

    version: Annotated[Literal[2], field("The version of this form", "2", example=2, errors="RC105 RC110")]
    trimRange: Annotated[
        TrimForm | None,
        field(
            "The part of the source that is played",
            example={"start": 1.5, "end": 6},
            errors="RC107 RC111 RC201",
            default="the whole media",
        ),
    ] = None
    spans: Annotated[
        list[SpanForm | FreezeForm],
        field(
            "Speeds and freezes, in any order",
            example=[{"start": 3, "end": 4, "speed": 0.5}, {"at": 2, "freeze": 0.75}],
            errors="RC112",
            default="none: all at speed 1",
        ),
    ] = []
