"""Authentication and origin checks: bearer tokens, the session cookie, the server's own origins."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from server.accounts import Accounts
from server.failures import UNSTORED, unstored
from server.problem import Problem
from server.settings import Settings
from server.web.audit import Audit

COOKIE = "reelc_session"


async def identify(connection: HTTPConnection, accounts: Accounts, audit: Audit) -> str:
    """The id of the request's user; 401 without a valid token or session, 503 when the look-up fails."""
    bearer = bearer_of(connection)
    cookie = connection.cookies.get(COOKIE, "")
    try:
        uid = await accounts.user_of(bearer, "bearer") if bearer else await accounts.user_of(cookie, "session")
    except UNSTORED as error:
        raise unstored(error) from error
    if uid is None:
        if bearer or cookie:
            audit.failure("token_refused", connection)
        raise unauthorised()
    return uid


def bearer_of(connection: HTTPConnection) -> str:
    """The bearer token of the request; empty if there is none."""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def secret_of(connection: HTTPConnection) -> str:
    """The token that identifies the request's user: the bearer token, else the session cookie."""
    return bearer_of(connection) or connection.cookies.get(COOKIE, "")


def unauthorised() -> Problem:
    """401 for a request without a token, or with an invalid one."""
    headers = {"WWW-Authenticate": 'Bearer realm="reelc"'}
    return Problem(401, "unauthorized", "sign in, or send Authorization: Bearer with a token", headers=headers)


def refuse_foreign_origin(connection: HTTPConnection, settings: Settings) -> None:
    """403 when a page of another site sends the request; requests without an Origin come from programs."""
    origin = connection.headers.get("origin")
    if origin is None:
        if connection.headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
            return
    elif origin in origins(connection, settings):
        return
    raise Problem(403, "foreign_origin", "requests from pages of other sites are refused")


def origins(connection: HTTPConnection, settings: Settings) -> set[str]:
    """The server's own origins: the public address; without one, this machine's names at the requested port."""
    if settings.public_url:
        return {settings.public_url.rstrip("/")}
    asked = urlsplit(f"//{connection.headers.get('host', '')}")
    names = {"127.0.0.1", "localhost", "[::1]", settings.host}
    return {f"http://{name}:{asked.port}" if asked.port else f"http://{name}" for name in names}
