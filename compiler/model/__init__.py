"""The only code that reads and writes stored JSON: the reel file and a database's clip fields, old shapes included.

    read_reel(text) -> Reel         the reel file
    read_clip(row) -> Clip          one row of the database
    CLIP_FIELDS                     the stored fields of a clip, with how each is read and written
    canonical(clip) -> dict         a clip's stored fields in the one current form
    schema_forms.schema() -> dict   the reel file's JSON Schema; imported separately, as only it needs pydantic

Stored numbers count at their decimal value; all errors of a reading are raised at once, each with its pointer.
"""

from compiler.model.clip import read_clip
from compiler.model.fields import CLIP_FIELDS, canonical
from compiler.model.file import read_reel
from compiler.model.limits import CANVASES
from compiler.model.reel import (
    AudioSettings,
    Canvas,
    Clip,
    Encode,
    Freeze,
    Keyframe,
    LoudnessTarget,
    MediaWindow,
    Ramp,
    Reel,
    Speed,
    SpeedSpan,
    Transition,
    TrimRange,
)
from compiler.transitions import TRANSITIONS

__all__ = [
    "CANVASES",
    "CLIP_FIELDS",
    "TRANSITIONS",
    "AudioSettings",
    "Canvas",
    "Clip",
    "Encode",
    "Freeze",
    "Keyframe",
    "LoudnessTarget",
    "MediaWindow",
    "Ramp",
    "Reel",
    "Speed",
    "SpeedSpan",
    "Transition",
    "TrimRange",
    "canonical",
    "read_clip",
    "read_reel",
]
