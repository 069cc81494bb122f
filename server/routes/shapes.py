"""The models of requests and answers: they check and describe them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from server.problem import MOST_ERRORS
from server.web.api import Body

NAME_LENGTH = 200


def _seen(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must have at least one visible character, and no invisible ones")
    return text


Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_seen)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
Aspect = Literal["9:16", "16:9", "1:1", "4:5", "4:3"]
Stored = Annotated[Any, Field(description="As stored: any shape that was ever stored is read; null clears.")]


class NewProject(Body):
    """A project to make."""

    name: Name
    aspect_ratio: Aspect = "9:16"
    settings: Annotated[
        dict[str, Any], Field(description="canvas, audio, encode, transition and damage, as in a reel file")
    ] = {}


def _undefaulted(schema: dict[str, Any]) -> None:
    """Absent fields stay as they are: they have no default."""
    for field in schema["properties"].values():
        field.pop("default", None)


class Change(Body):
    """A change; absent fields stay as they are."""

    model_config = ConfigDict(json_schema_extra=_undefaulted)


class ProjectChange(Change):
    """A change of a project; absent fields stay as they are."""

    name: Name = ""
    aspect_ratio: Aspect = "9:16"
    settings: dict[str, Any] = {}


class ProjectCopy(Body):
    """A copy to make of a project; without a name it is named after the project."""

    name: Name | None = None


class ClipEdit(Change):
    """The stored fields of a clip's edit; absent fields stay as they are."""

    crop_data: Stored = None
    segments_data: Stored = None
    timing_data: Stored = None
    transition_data: Stored = None
    rotation: Stored = None
    stretch: Stored = None
    motion: Stored = None
    damage: Stored = None
    loop: Stored = None
    turn: Stored = None
    mirror: Stored = None
    volume: Stored = None
    mute: Stored = None

    def edit(self) -> dict[str, Any]:
        """The stored fields that are given."""
        return {name: getattr(self, name) for name in ClipEdit.model_fields if name in self.model_fields_set}


class NewClip(ClipEdit):
    """A clip to add at the end of a project."""

    raw_clip_id: Id
    name: Name | None = None


class ClipChange(ClipEdit):
    """A change of a clip; absent fields stay as they are, null clears."""

    name: Name = ""
    sort_order: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Order(Body):
    """Every clip of a project, in playing order."""

    clip_ids: Annotated[list[Id], Field(max_length=10_000)]


class Restore(Body):
    """The version to restore: its content becomes the newest version."""

    version: Annotated[int, Field(ge=1, le=1_000_000_000)]


class Answer(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="allow")


class Clip(Answer):
    """A clip as it is stored."""

    id: str
    project_id: str
    raw_clip_id: str | None
    name: str
    crop_data: Stored
    segments_data: Stored
    timing_data: Stored
    transition_data: Stored
    rotation: float
    stretch: str | None
    motion: str | None
    damage: str | None
    loop: bool | None
    turn: int | None
    mirror: bool | None
    volume: float | None
    mute: bool | None
    sort_order: int
    version: int
    saved_at: str


class Project(Answer):
    """A project, and where it is asked for alone, its clips."""

    id: str
    name: str
    aspect_ratio: str
    settings: dict[str, Any]
    working_video_id: str | None
    created_at: str
    updated_at: str


class Saved(Answer):
    """A save, durable."""

    success: bool
    clip_id: str
    version: int
    clip: Clip
    warnings: list[str]


class WorkingVideo(Answer):
    """A film of a project."""

    id: str
    project_id: str
    filename: str
    version: int
    duration: float
    frames: int
    size: int
    sha256: str
    render_identity: str
    created_at: str


class Fault(Answer):
    """One of several errors."""

    error: str | None = None
    message: str
    clip_id: str | None = None
    pointer: str | None = None
    hint: str | None = None


class Failure(Answer):
    """What every error holds (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    error: Annotated[str, Field(description="The code that programs read.")]
    message: Annotated[str, Field(description="The sentence that people read.")]
    clip_id: str | None = None
    pointer: Annotated[str | None, Field(description="A JSON pointer to what is wrong.")] = None
    hint: str | None = None
    errors: Annotated[
        list[Fault] | None, Field(max_length=MOST_ERRORS, description="The errors, where there are several.")
    ] = None
    more_errors: Annotated[int | None, Field(description="The number of errors that are not listed.")] = None


class Projects(Answer):
    """Every project, the newest first."""

    projects: list[Project]


class Clips(Answer):
    """The clips of a project, in their order."""

    clips: list[Clip]


class Versions(Answer):
    """A page of the versions of a clip that are kept, the newest first."""

    versions: list[Clip]
    next: Annotated[int | None, Field(description="The `before` of the next page; null on the last page.")]


class Removed(Answer):
    """A clip that is deleted."""

    success: bool
    clip_id: str


class Reordered(Answer):
    """The clips of a project in their new order."""

    success: bool
    clips: list[Clip]


class Status(Answer):
    """How the server is."""

    status: str
