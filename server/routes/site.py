"""The API's descriptions, their page, and static files."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, JSONResponse, Response

from server.threads import computed
from server.web.api import Call, Json, NoBody, Operations
from server.web.pages import asset_answer

api = Operations("site")


@api.op("GET", "/openapi.json", public=True)
async def openapi(call: Call[NoBody]) -> Response | Json:
    """The OpenAPI description of this API."""
    return JSONResponse(await computed(call.request.app.state.document))


@api.op("GET", "/asyncapi.json", public=True)
async def asyncapi(call: Call[NoBody]) -> Response | Json:
    """The AsyncAPI description of the WebSocket."""
    settings = call.services.settings
    host = urlsplit(settings.public_url).netloc or call.request.url.netloc
    here = {"host": host, "protocol": "wss" if settings.secure or call.request.url.scheme == "https" else "ws"}
    known = await computed(call.request.app.state.events)
    return JSONResponse({**known, "servers": {"here": {**known["servers"]["here"], **here}}})


@api.op("GET", "/docs", public=True, page=True)
async def docs(call: Call[NoBody]) -> Response:
    """The OpenAPI description as an interactive page."""
    return HTMLResponse(await computed(call.request.app.state.reference))


@api.op("GET", "/favicon.ico", public=True, page=True)
async def favicon(call: Call[NoBody]) -> Response:
    """The site's icon."""
    return asset_answer(call.request, "favicon.svg")


@api.op("GET", "/static/{name:path}", public=True, page=True)
async def static(call: Call[NoBody]) -> Response:
    """A static file of the pages."""
    return asset_answer(call.request, call.path("name"))
