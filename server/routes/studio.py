"""The studio's pages. What they show of somebody's work comes from the API; the pages are the same for all."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from server.edits.compiled import project_of
from server.sample import credit
from server.storage.database import Reader
from server.web.about import libraries, packages, versions
from server.web.api import Answers, Call, NoBody, Operations
from server.web.pages import page

api = Operations("studio")


@api.op("GET", "/", page=True)
async def projects(call: Call[NoBody]) -> Response:
    """Every project."""
    return page("projects.html", uid=call.uid, here="/")


@api.op("GET", "/projects/{project_id}", answers=Answers(errors=(404,)), page=True)
async def editor(call: Call[NoBody]) -> Response:
    """A project in the editor."""

    async def question(reader: Reader) -> Response:
        return page("studio.html", uid=call.uid, project=await project_of(reader, call.path("project_id")))

    return await call.ask(question)


@api.op("GET", "/exports", page=True)
async def exports(call: Call[NoBody]) -> Response:
    """Every export, and how far it is."""
    return page("exports.html", uid=call.uid, here="/exports")


@api.op("GET", "/about", page=True)
async def about(call: Call[NoBody]) -> Response:
    """What the studio is made of, and under which licences."""
    told = {"versions": await asyncio.to_thread(versions), "libraries": libraries(), "packages": packages()}
    told["credit"] = await asyncio.to_thread(credit, call.services.settings.sample)
    return page("about.html", uid=call.uid, here="/about", **told)
