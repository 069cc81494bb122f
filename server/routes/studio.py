"""The studio's pages. They are the same for all users; their data comes from the API."""

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
    """The page of all projects."""
    return page("projects.html", uid=call.uid, here="/")


@api.op("GET", "/projects/{project_id}", answers=Answers(errors=(404,)), page=True)
async def editor(call: Call[NoBody]) -> Response:
    """The editor of a project."""

    async def question(reader: Reader) -> Response:
        return page("studio.html", uid=call.uid, project=await project_of(reader, call.path("project_id")))

    return await call.ask(question)


@api.op("GET", "/exports", page=True)
async def exports(call: Call[NoBody]) -> Response:
    """The page of all exports and their progress."""
    return page("exports.html", uid=call.uid, here="/exports")


@api.op("GET", "/about", page=True)
async def about(call: Call[NoBody]) -> Response:
    """The software that the studio uses, with its licences, and the credit for the sample's footage."""
    values = {"versions": await asyncio.to_thread(versions), "libraries": libraries(), "packages": packages()}
    values["credit"] = await asyncio.to_thread(credit, call.services.settings.sample)
    return page("about.html", uid=call.uid, here="/about", **values)
