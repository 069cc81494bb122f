"""The models of answers about uploads."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from server.routes.shapes import Answer, Name
from server.web.api import Body

MOST_WINDOWS = 100
"""Windows that one request makes."""


class RawClip(Answer):
    """An upload, and what was found in it."""

    id: str
    name: str
    size: int
    media_info: dict[str, Any]
    playable: Annotated[bool, Field(description="Whether browsers play it by themselves.")]
    start_time: Annotated[
        float | None, Field(description="Start of a window, in seconds of the file; null is the file's start.")
    ]
    end_time: Annotated[float | None, Field(description="End of a window, exclusive; null is the file's end.")]
    created_at: str


class NewWindow(Body):
    """A window to make: what begins in `[start_time, end_time)`, in seconds of the file from its first picture on."""

    start_time: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    end_time: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    name: Name | None = None


class NewWindows(Body):
    """Windows to make of a file, all or none."""

    windows: Annotated[list[NewWindow], Field(min_length=1, max_length=MOST_WINDOWS)]


class Windows(Answer):
    """The windows that were made, as uploads of their own."""

    raw_clips: list[RawClip]


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
