"""The models of answers about uploads."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from server.routes.shapes import Answer


class RawClip(Answer):
    """An upload, and what was found in it."""

    id: str
    name: str
    size: int
    media_info: dict[str, Any]
    playable: Annotated[bool, Field(description="Whether browsers play it by themselves.")]
    created_at: str


class RawClipUse(Answer):
    """A clip that uses an upload, and its project, with their names."""

    project_id: str
    project: str
    clip_id: str
    clip: str


class ListedRawClip(RawClip):
    """An upload in a list."""

    used_in: Annotated[list[RawClipUse], Field(description="The clips that use it, in every project.")]
    kept_until: Annotated[
        str | None, Field(description="When a deleted upload is deleted for good at the latest; null for others.")
    ]


class RawClips(Answer):
    """Uploads, the newest first."""

    raw_clips: list[ListedRawClip]
