"""Signing in and out, and who one is."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse, Response

from server.routes.shapes import Me
from server.sample import give_sample
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.identity import COOKIE, unauthorised
from server.web.pages import page, wants_page

api = Operations("session")

LONGEST = 4096
"""Characters of a form that are read."""

FORM = {
    "application/x-www-form-urlencoded": {
        "schema": {
            "type": "object",
            "required": ["token"],
            "properties": {"token": {"type": "string"}, "next": {"type": "string"}},
        }
    }
}
OVER = "This link is not good any more: links are for one hour. `reelc user add` prints another, and a token."
UNKNOWN = "No account has this token. Tokens begin with reelc_; `reelc user add NAME` prints one, this once."


@api.op("GET", "/sign-in", Takes(query=("token",)), Answers(status=303, errors=(401,)), public=True)
async def sign_in(call: Call[NoBody]) -> Response:
    """Follow a sign-in link: from here on the browser is known by a cookie. Without one, browsers see a form."""
    asked = call.request.query_params
    token = asked.get("token", "")
    uid = await call.services.accounts.whose(token, "link")
    if uid is not None:
        return await _session(call, uid, "/")
    return _form(call, OVER if token else "", asked.get("next", ""))


@api.op("POST", "/sign-in", Takes(media=FORM), Answers(status=303, errors=(401,)), public=True)
async def sign_in_by_token(call: Call[NoBody]) -> Response:
    """Sign in with what `reelc user add` printed: the token for programs, or the link."""
    form = dict(parse_qsl(call.raw.decode("latin-1")[:LONGEST]))
    token, after = form.get("token", "").strip().rpartition("token=")[2], form.get("next", "")
    uid = await call.services.accounts.whose(token, "bearer", "link")
    if uid is None:
        return _form(call, UNKNOWN, after)
    return await _session(call, uid, _ours(after))


def _form(call: Call[NoBody], wrong: str, after: str) -> Response:
    """The form, for browsers, with what was wrong; 401 for programs."""
    if not wants_page(call.request):
        raise unauthorised()
    # without a referrer browsers send `Origin: null` with a form, which is nobody's
    headers = {"referrer-policy": "same-origin"}
    return page("sign-in.html", 401 if wrong else 200, headers, wrong=wrong, next=_ours(after))


async def _session(call: Call[NoBody], uid: str, after: str) -> Response:
    await give_sample(call.services, uid)
    accounts, settings = call.services.accounts, call.services.settings
    lasts = timedelta(days=settings.session_days)
    secret = await accounts.issue(uid, "session", lasts)
    answer = RedirectResponse(after, 303)
    age = int(lasts.total_seconds())
    answer.set_cookie(COOKIE, secret, max_age=age, httponly=True, secure=settings.secure, samesite="lax")
    return answer


def _ours(address: str) -> str:
    """A path of this site, and of no other."""
    return address if re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", address) else "/"


@api.op("POST", "/sign-out", answers=Answers(status=204))
async def sign_out(call: Call[NoBody]) -> Response:
    """End the browser's session."""
    if secret := call.request.cookies.get(COOKIE):
        await call.services.accounts.forget(secret)
    answer = Response(None, 204)
    answer.delete_cookie(COOKIE, httponly=True, secure=call.services.settings.secure, samesite="lax")
    return answer


@api.op("GET", "/api/me", answers=Answers(Me))
async def me(call: Call[NoBody]) -> Json:
    """Who one is."""
    return {"id": call.uid}
