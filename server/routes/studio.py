"""The studio's pages: the editor. What they show comes from the API."""

from __future__ import annotations

from starlette.responses import Response

from server.api import Call, NoBody, Operations
from server.pages import page
from server.routes.projects import project_of
from server.storage.database import Reader

api = Operations("studio")


@api.op("GET", "/projects/{project_id}", errors=(404,), page=True)
async def editor(call: Call[NoBody]) -> Response:
    """A project in the editor."""

    async def question(reader: Reader) -> Response:
        return page("studio.html", project=await project_of(reader, call.path("project_id")))

    shown: Response = await call.ask(question)
    return shown
