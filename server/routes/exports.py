"""Exports: so far only what is over."""

from __future__ import annotations

from server.api import Call, Json, NoBody, Operations
from server.problem import Problem

api = Operations("exports")

SUCCESSOR = "/api/export/framing/render"


@api.op("POST", "/api/export/upscale", status=410, errors=(410,), streams=True)
async def upscale(_: Call[NoBody]) -> Json:
    """Rendering from what a client sends is over: save the edit, then export the project."""
    headers = {"Deprecation": "true", "Link": f'<{SUCCESSOR}>; rel="successor-version"'}
    raise Problem(410, "gone", "films are rendered from what is saved: save the edit, then export it", headers=headers)
