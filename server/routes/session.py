"""Signing in and out, and who one is."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import RedirectResponse, Response

from server.api import Call, Json, NoBody, Operations
from server.identity import COOKIE, unauthorised
from server.shapes import Me

api = Operations("session")


@api.op("GET", "/sign-in", status=303, errors=(401,), public=True, query=("token",))
async def sign_in(call: Call[NoBody]) -> Response:
    """Follow a sign-in link: from here on the browser is known by a cookie."""
    accounts, settings = call.services.accounts, call.services.settings
    uid = await accounts.whose(call.request.query_params.get("token", ""), "link")
    if uid is None:
        raise unauthorised()
    lasts = timedelta(days=settings.session_days)
    secret = await accounts.issue(uid, "session", lasts)
    answer = RedirectResponse("/", 303)
    age = int(lasts.total_seconds())
    answer.set_cookie(COOKIE, secret, max_age=age, httponly=True, secure=settings.secure, samesite="lax")
    return answer


@api.op("POST", "/sign-out", status=204)
async def sign_out(call: Call[NoBody]) -> Response:
    """End the browser's session."""
    if secret := call.request.cookies.get(COOKIE):
        await call.services.accounts.forget(secret)
    answer = Response(None, 204)
    answer.delete_cookie(COOKIE, httponly=True, secure=call.services.settings.secure, samesite="lax")
    return answer


@api.op("GET", "/api/me", answer=Me)
async def me(call: Call[NoBody]) -> Json:
    """Who one is."""
    return {"id": call.uid}
