"""Links to films for people without an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from server.problem import not_found
from server.routes.films import FILM, film_of, sent
from server.routes.shapes import Answer
from server.web.api import Answers, Body, Call, Json, NoBody, Operations, Takes
from server.web.ranges import RANGED
from server.web.shares import LONGEST

api = Operations("films", "shares")

WEEK = 7 * 86_400


class NewLink(Body):
    """A link to make."""

    seconds: Annotated[int, Field(ge=1, le=int(LONGEST.total_seconds()), description="Time for which it is valid.")] = (
        WEEK
    )


class Link(Answer):
    """A link to a film that needs no sign-in."""

    path: Annotated[str, Field(description="The address of the film on this server.")]
    expires_at: str


@api.op("POST", FILM + "/link", Takes(NewLink), Answers(Link, 201, errors=(404, 410, 422)))
async def make(call: Call[NewLink]) -> Json:
    """Make a link to a film, by which anybody can play it until a time, a week from now by default."""
    row = await call.ask(lambda reader: film_of(reader, call.path("working_video_id")))
    lasts = timedelta(seconds=call.body.seconds)
    token, share = await call.services.shares.make(call.uid, row["id"], lasts)
    call.services.audit.request("film_shared", call.uid, call.request, film=row["id"], until=share.expires_at)
    return {"path": f"/shared/{token}", "expires_at": share.expires_at}


@api.op(
    "GET",
    "/shared/{token}",
    Takes(headers=RANGED),
    Answers(also=(206, 304), errors=(404, 410, 416), media=("video/mp4",)),
    public=True,
)
async def media(call: Call[NoBody]) -> Response:
    """The film of a link or a range of it, to be played in the browser."""
    share = await call.services.shares.read(call.path("token"))
    if not await call.services.accounts.exists(share.uid):
        raise not_found("working_video_not_found", "no film has this id")
    async with call.services.request_databases.of(share.uid) as held:
        row = await held.read(lambda reader: film_of(reader, share.film_id))
    answer = await sent(call, row, download=False)
    answer.headers["referrer-policy"] = "no-referrer"
    answer.headers["x-robots-tag"] = "noindex"
    return answer
