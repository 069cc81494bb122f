"""The bodies of requests: read, parsed with exact numbers, and validated."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from compiler.errors import Loc, ReelError
from compiler.model.wire import Doubled, Refused, decode, parse
from server.edits.bounds import check_bounds
from server.problem import Problem, invalid

B = TypeVar("B", bound=BaseModel)
Json = dict[str, Any]


LARGE_AT_ONCE, LARGE_EACH = 256, 8
"""Large bodies in memory, of all users and of each. Those of one user take a few MB; all are as many as connections of
one address, so that slow ones of some users leave turns to the others."""

LONG, LONG_EACH = 256 << 10, 2
"""Bytes of a body from which on it is long, and the long bodies of one user that are parsed at a time.

A parsed body takes ten times its memory, and every garbage collection looks through it while the event loop stands
still."""


def stated_length(request: Request, limit: int) -> int:
    """The bytes of a body by its Content-Length; `limit` where it states none."""
    if "transfer-encoding" in request.headers:
        return limit
    return int(request.headers.get("content-length", 0))


async def read(request: Request, limit: int) -> bytes:
    """The body; 413 `too_large` for more than `limit` bytes, before the first one if the request states its length."""
    body = bytearray()
    stated = stated_length(request, limit)
    if stated <= limit:
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                break
    if max(stated, len(body)) > limit:
        raise Problem(413, "too_large", f"the request body exceeds {limit} bytes")
    return bytes(body)


def read_body(model: type[B], raw: bytes, content_type: str) -> B:
    """The body, parsed with exact numbers and validated: 415 for another Content-Type, 400 for invalid JSON, 422."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "unsupported_media_type", "send JSON, with Content-Type: application/json")
    try:
        tree = parse(decode(raw, Loc()), Loc())
    except ReelError as error:
        detail = f": {error.detail}" if error.detail else ""
        raise Problem(400, "invalid_json", f"the body {_clause(error.message)}{detail}") from error
    check_bounds(tree)
    if isinstance(tree, Doubled):
        raise invalid(f"{tree.twice[0]!r} is given twice", pointer=f"/{tree.twice[0]}")
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        every = error.errors(include_url=False, include_context=False, include_input=False)
        found = [{"pointer": _pointer(each["loc"]), "message": each["msg"]} for each in every]
        raise invalid(f"{found[0]['pointer'] or 'the body'}: {found[0]['message']}", found) from error


def _clause(message: str) -> str:
    return message.removeprefix("the reel file ")


def _pointer(loc: tuple[str | int, ...]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in loc)


def plain(tree: object, pointer: str = "") -> Any:
    """A tree from `parse` as values that `json` can write; 422 for a number beyond doubles or a duplicate name."""
    match tree:
        case Fraction():
            return tree.numerator if tree.denominator == 1 else float(tree)
        case Refused():
            raise invalid(f"{pointer} {tree.message}", pointer=pointer)
        case Doubled():
            raise invalid(f"{pointer}/{tree.twice[0]} is given twice", pointer=f"{pointer}/{tree.twice[0]}")
        case dict():
            return {name: plain(value, pointer + _pointer((name,))) for name, value in cast(Json, tree).items()}
        case list():
            return [plain(value, f"{pointer}/{index}") for index, value in enumerate(tree)]
    return tree
