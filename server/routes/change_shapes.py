"""The models of the atomic save of a project."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from server.routes.shapes import Answer, Change, Clip, ClipEdit, Fault, Id, Name, Project, ProjectChange
from server.web.api import Body

Version = Annotated[int, Field(ge=0, le=1_000_000_000)]
NewId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$", description="Chosen by the client, such as a UUID.")]
MOST = 10_000


class ChangedClip(ClipEdit):
    """A change of a clip; absent fields stay as they are, null clears."""

    clip_id: Id
    version: Annotated[Version, Field(description="The version that the change is based on.")]
    name: Name = ""


class AddedClip(ClipEdit):
    """A clip to add. The id of a removed clip brings it back: its versions are counted on, absent fields stay."""

    clip_id: NewId | None = None
    raw_clip_id: Id
    name: Name | None = None
    place: Annotated[
        int | None, Field(ge=0, le=MOST, description="Its index among the clips; the end without one.")
    ] = None


class RemovedClip(Body):
    """A clip to remove."""

    clip_id: Id
    version: Annotated[Version, Field(description="The version that the removal is based on.")]


class Changes(Change):
    """Changes of a project and its clips; all of them are stored, or none."""

    clips: Annotated[list[ChangedClip], Field(max_length=MOST)] = []
    add: Annotated[list[AddedClip], Field(max_length=MOST)] = []
    remove: Annotated[list[RemovedClip], Field(max_length=MOST)] = []
    order: Annotated[
        list[Id], Field(max_length=MOST, description="Every clip once that the project has after the changes.")
    ] = []
    project: ProjectChange = ProjectChange()


class ChangedProject(Project):
    """A project after changes, durable: as GET answers it, and the warnings about its clips."""

    clips: list[Clip]
    warnings: list[Fault]


class ClipVersion(Answer):
    """A clip of a project's state."""

    clip_id: str
    version: int
    name: str


class ProjectState(Answer):
    """The state of a project after a change, or before one."""

    version: int
    name: str
    aspect_ratio: str
    settings: dict[str, Any]
    created_at: str
    clips: list[ClipVersion]


class ProjectVersions(Answer):
    """A page of the states of a project that are kept, the newest first."""

    versions: list[ProjectState]
    next: Annotated[int | None, Field(description="The `before` of the next page; null on the last page.")]


class ProjectVersion(Answer):
    """A project as it was, with its clips in the versions that it had."""

    version: int
    name: str
    aspect_ratio: str
    settings: dict[str, Any]
    created_at: str
    clips: list[Clip]
