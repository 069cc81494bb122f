"""Signing in, signing out, and the user's identity."""

from __future__ import annotations

import contextlib
import re
from datetime import timedelta
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse, Response

from server.problem import Problem, not_found
from server.routes.session_shapes import Me, Sessions
from server.sample import give_sample
from server.storage.objects import StoreFailed
from server.tokens import id_of, key_of
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.identity import COOKIE, secret_of, unauthorised
from server.web.pages import page, wants_page

api = Operations("session")

LONGEST = 4096
"""The maximum number of characters read of a form."""

FORM = {
    "application/x-www-form-urlencoded": {
        "schema": {
            "type": "object",
            "required": ["token"],
            "properties": {name: {"type": "string"} for name in ("token", "next", "instead_of")},
        }
    }
}
OVER = (
    "This link was used or has expired: a link signs in once, within an hour. "
    "`reelc user add NAME` prints a new link and a token."
)
UNKNOWN = "No account has this token. Tokens begin with reelc_; `reelc user add NAME` prints one, and only once."

# without a referrer browsers send a form with `Origin: null`, which is refused as foreign
OF_A_FORM = {"referrer-policy": "same-origin"}


@api.op("GET", "/sign-in", Takes(query=("token",)), Answers(errors=(401,), media=("text/html",)), public=True)
async def sign_in(call: Call[NoBody]) -> Response:
    """The page of a link, whose button signs in; without a token browsers get a form."""
    asked = call.request.query_params
    token, after = asked.get("token", ""), _ours(asked.get("next", ""))
    uid = await call.services.accounts.user_of(token, "link")
    if uid is None:
        if token:
            call.services.audit.failure("sign_in_failed", call.request)
        return _form(call, OVER if token else "", after)
    return await _question(call, 200, token, uid, after)


@api.op("POST", "/sign-in", Takes(media=FORM), Answers(status=303, errors=(401, 409)), public=True)
async def sign_in_by_token(call: Call[NoBody]) -> Response:
    """Sign in with the token or the link that `reelc user add` printed; a link works once.

    A browser that is signed in as another user must name that user as `instead_of`, as the page's button does.
    """
    form = dict(parse_qsl(call.raw.decode("latin-1")[:LONGEST]))
    token, after = form.get("token", "").strip().rpartition("token=")[2], _ours(form.get("next", ""))
    uid = await call.services.accounts.user_of(token, "bearer", "link")
    if uid is None:
        call.services.audit.failure("sign_in_failed", call.request)
        return _form(call, UNKNOWN, after)
    if await _other(call, uid) not in ("", form.get("instead_of")):
        return await _question(call, 409, token, uid, after)
    return await _session(call, token, uid, after)


def _form(call: Call[NoBody], wrong: str, after: str) -> Response:
    """The sign-in form with its error, for browsers; 401 for programs."""
    if not wants_page(call.request):
        raise unauthorised()
    return page("sign-in.html", 401 if wrong else 200, OF_A_FORM, wrong=wrong, next=after)


async def _question(call: Call[NoBody], status: int, token: str, uid: str, after: str) -> Response:
    """The page that asks whether to sign in as this user; 409 for programs that would change the user."""
    other = await _other(call, uid)
    if status == 409 and not wants_page(call.request):
        message = f"this browser is signed in as {other}: sign out, or send instead_of={other}"
        raise Problem(409, "signed_in_as_another", message)
    return page("sign-in-as.html", status, OF_A_FORM, token=token, name=uid, other=other, next=after)


async def _other(call: Call[NoBody], uid: str) -> str:
    """The user that this browser is signed in as, unless it is this one; empty if there is none."""
    cookie = call.request.cookies.get(COOKIE, "")
    current = await call.services.accounts.user_of(cookie, "session")
    return current if current not in (None, uid) else ""


async def _session(call: Call[NoBody], token: str, uid: str, after: str) -> Response:
    """A new session in place of the browser's last one; the link is used only when nothing else can fail."""
    await give_sample(call.services, uid)
    await call.services.request_databases.durable()
    accounts, settings = call.services.accounts, call.services.settings
    lasts = timedelta(days=settings.session_days)
    secret = await accounts.issue(uid, "session", lasts)
    if not await accounts.use_link(token):
        call.services.audit.failure("sign_in_failed", call.request)
        await accounts.forget(secret)
        return _form(call, OVER, after)
    with contextlib.suppress(StoreFailed):  # it is refused from now on, and deleted later
        await accounts.forget(call.request.cookies.get(COOKIE, ""))
    call.services.audit.request("signed_in", uid, call.request, session=id_of(key_of(secret)))
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
        call.services.audit.request("signed_out", call.uid, call.request, session=id_of(key_of(secret)))
        await call.services.accounts.forget(secret)
    answer = Response(None, 204)
    answer.delete_cookie(COOKIE, httponly=True, secure=call.services.settings.secure, samesite="lax")
    return answer


@api.op("GET", "/api/me", answers=Answers(Me))
async def me(call: Call[NoBody]) -> Json:
    """The user of this request."""
    return {"id": call.uid}


@api.op("GET", "/api/sessions", answers=Answers(Sessions))
async def sessions(call: Call[NoBody]) -> Json:
    """The user's tokens: sessions of browsers, tokens of programs, and links that nobody used yet."""
    return {"sessions": await _sessions(call)}


async def _sessions(call: Call[NoBody]) -> list[Json]:
    ours = id_of(key_of(secret_of(call.request)))
    found = await call.services.accounts.sessions(call.uid)
    return [
        {
            "id": session_id,
            "kind": token.kind,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "current": session_id == ours,
        }
        for session_id, token in found.items()
    ]


@api.op("DELETE", "/api/sessions/{session_id}", answers=Answers(status=204, errors=(404,)))
async def end_session(call: Call[NoBody]) -> Response:
    """Revoke one of the user's tokens; this server refuses it at once, others within seconds."""
    await _end_session(call)
    return Response(None, 204)


async def _end_session(call: Call[NoBody]) -> None:
    session_id = call.path("session_id")
    if not await call.services.accounts.end_session(call.uid, session_id):
        raise not_found("session_not_found", "there is no such session")
    call.services.audit.request("session_revoked", call.uid, call.request, session=session_id)


@api.op("GET", "/sessions", page=True)
async def sessions_page(call: Call[NoBody]) -> Response:
    """The page of the user's sessions and tokens, with a button that revokes each."""
    return page("sessions.html", 200, OF_A_FORM, uid=call.uid, here="/sessions", sessions=await _sessions(call))


@api.op("POST", "/sessions/{session_id}/revoke", answers=Answers(status=303, errors=(404,)), page=True)
async def revoke_on_page(call: Call[NoBody]) -> Response:
    """Revoke one of the user's tokens, by the button of the page."""
    await _end_session(call)
    return RedirectResponse("/sessions", 303)
