"""The API's description and its page, and the files that pages use."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from server.web.api import Call, Json, NoBody, Operations
from server.web.pages import asset_answer, page

api = Operations("site")


@api.op("GET", "/openapi.json", public=True)
async def openapi(call: Call[NoBody]) -> Response | Json:
    """This description."""
    return JSONResponse(call.request.app.state.document)


@api.op("GET", "/asyncapi.json", public=True)
async def asyncapi(call: Call[NoBody]) -> Response | Json:
    """The description of what the WebSocket tells."""
    return JSONResponse(call.request.app.state.events)


@api.op("GET", "/docs", public=True, page=True)
async def docs(_: Call[NoBody]) -> Response:
    """The description, to read and to try."""
    return page("docs.html", here="/docs")


@api.op("GET", "/favicon.ico", public=True, page=True)
async def favicon(call: Call[NoBody]) -> Response:
    """The sign of the house."""
    return asset_answer(call.request, "favicon.svg")


@api.op("GET", "/static/{name:path}", public=True, page=True)
async def static(call: Call[NoBody]) -> Response:
    """A file that pages use."""
    return asset_answer(call.request, call.path("name"))
