"""Pages for people: HTML from `templates/`, with what is beside it in `static/`. None of them needs a script."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.problem import Problem

STATIC = Path(__file__).parents[1] / "static"
SHIPPED = Path(__file__).parents[1] / "templates"
"""Where an installed package has the templates; in the source tree they stand at its top."""

CACHED = "no-cache"
"""Kept by browsers, and asked for again each time: an answer without a body is enough."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages use."""

    body: bytes
    media_type: str
    etag: str


def page(name: str, status: int = 200, headers: dict[str, str] | None = None, /, **said: Any) -> Response:
    """A template, filled; everything said is escaped."""
    return HTMLResponse(_templates().get_template(name).render(said), status, headers)


def problem_page(problem: Problem) -> Response:
    """An error, as people read it."""
    return page("problem.html", problem.status, problem.headers, problem=problem.body())


def wants_page(request: Request) -> bool:
    """Whether it is a browser that asks."""
    return "text/html" in request.headers.get("accept", "")


def asset_answer(request: Request, name: str) -> Response:
    """A file of `static/`, by its path there; 404, as no other name is known."""
    asset = assets().get(name)
    if asset is None:
        raise Problem(404, "not_found", "there is nothing here")
    headers = {"etag": asset.etag, "cache-control": CACHED}
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    return Response(asset.body, 200, headers, asset.media_type)


@cache
def assets() -> dict[str, Asset]:
    """Every file of `static/`, by its path there."""
    paths = [path for path in sorted(STATIC.rglob("*")) if path.is_file()]
    return {path.relative_to(STATIC).as_posix(): _asset(path) for path in paths}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "text/plain"
    return Asset(body, kind, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


@cache
def _templates() -> Environment:
    source = STATIC.parents[1] / "templates"
    folder = source if source.is_dir() else SHIPPED
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
