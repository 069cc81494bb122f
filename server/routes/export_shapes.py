"""The models of requests for exports and of their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from server.routes.shapes import Answer, Fault, Id
from server.web.api import Body


class Seen(Body):
    """A clip and its version as the client last read them."""

    clip_id: Id
    version: Annotated[int, Field(ge=1, le=1_000_000_000)]


class ExportSettings(Body):
    """Settings for one export: their fields replace those of the project; a field of null has its default."""

    canvas: Annotated[dict[str, Any], Field(description="As in a reel file.")] = {}
    audio: Annotated[dict[str, Any], Field(description="As in a reel file.")] = {}
    encode: Annotated[dict[str, Any], Field(description="As in a reel file.")] = {}


class ExportRequest(Body):
    """An export to make, under an id that the client chooses and that identifies it for ever."""

    project_id: Id
    clips: Annotated[
        list[Seen] | None,
        Field(max_length=10_000, description="The clips in their order; 412 if they differ from the stored ones."),
    ] = None
    settings: Annotated[
        ExportSettings | None, Field(description="For this export alone; the project keeps its own.")
    ] = None
    export_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$")]


class Exported(Answer):
    """A film that is rendered and durable."""

    success: bool
    working_video_id: str
    filename: str
    identity: Annotated[
        str | None,
        Field(description="Hash of everything that decides the film's bytes; null for films of earlier servers."),
    ]
    warnings: Annotated[
        list[Fault],
        Field(description="What only the render could tell: damaged footage that is held, a loudness not reached."),
    ]


class Export(Answer):
    """An export and its progress."""

    export_id: str
    project_id: str
    state: Literal["queued", "running", "complete", "error", "cancelled"]
    stage: str
    progress: float
    place: Annotated[int | None, Field(description="Place in the queue; null while it does not wait there.")]
    attempt: int
    error: dict[str, Any] | None
    result: Exported | None
    settings: Annotated[dict[str, Any] | None, Field(description="As they were chosen for this export alone.")]
    created_at: str
    started_at: str | None
    completed_at: str | None


class Exports(Answer):
    """Exports, newest first."""

    exports: list[Export]
    next: Annotated[str | None, Field(description="`before` of the next page; null on the last one.")]
