"""Signing in, signing out, and the user's identity."""

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
"""The maximum number of characters read of a form."""

FORM = {
    "application/x-www-form-urlencoded": {
        "schema": {
            "type": "object",
            "required": ["token"],
            "properties": {"token": {"type": "string"}, "next": {"type": "string"}},
        }
    }
}
OVER = "This link has expired: links are valid for one hour. `reelc user add` prints a new link and a token."
UNKNOWN = "No account has this token. Tokens begin with reelc_; `reelc user add NAME` prints one, and only once."


@api.op("GET", "/sign-in", Takes(query=("token",)), Answers(status=303, errors=(401,)), public=True)
async def sign_in(call: Call[NoBody]) -> Response:
    """Sign in with a link, which sets a session cookie; without a token browsers get a form."""
    asked = call.request.query_params
    token = asked.get("token", "")
    uid = await call.services.accounts.user_of(token, "link")
    if uid is not None:
        return await _session(call, uid, "/")
    return _form(call, OVER if token else "", asked.get("next", ""))


@api.op("POST", "/sign-in", Takes(media=FORM), Answers(status=303, errors=(401,)), public=True)
async def sign_in_by_token(call: Call[NoBody]) -> Response:
    """Sign in with the token or the link that `reelc user add` printed."""
    form = dict(parse_qsl(call.raw.decode("latin-1")[:LONGEST]))
    token, after = form.get("token", "").strip().rpartition("token=")[2], form.get("next", "")
    uid = await call.services.accounts.user_of(token, "bearer", "link")
    if uid is None:
        return _form(call, UNKNOWN, after)
    return await _session(call, uid, _ours(after))


def _form(call: Call[NoBody], wrong: str, after: str) -> Response:
    """The sign-in form with its error, for browsers; 401 for programs."""
    if not wants_page(call.request):
        raise unauthorised()
    # without a referrer browsers send a form with `Origin: null`, which is refused as foreign
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
    """The address if it is a path of this site, else `/`."""
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
    """The user of this request."""
    return {"id": call.uid}
