"""HTML pages from `templates/`, and their files from `static/`. Every page is readable without scripts."""

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
from server.web.etags import names

STATIC = Path(__file__).parents[1] / "static"
SHIPPED = Path(__file__).parents[1] / "templates"
"""The templates of an installed package; in the source tree they are at its top."""

CACHED = "no-cache"
"""Lets browsers keep a file and revalidate it each time, which a 304 answers."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file of the pages."""

    body: bytes
    media_type: str
    etag: str


def page(name: str, status: int = 200, headers: dict[str, str] | None = None, /, **values: Any) -> Response:
    """The page of a template with these values, which are escaped."""
    return HTMLResponse(page_text(name, **values), status, headers)


def page_text(name: str, /, **values: Any) -> str:
    """The HTML of a template with these values, which are escaped."""
    return _templates().get_template(name).render(values)


def problem_page(problem: Problem) -> Response:
    """The page of an error."""
    return page("problem.html", problem.status, problem.headers, problem=problem.body())


def wants_page(request: Request) -> bool:
    """Whether the request accepts HTML, as those of browsers do."""
    return "text/html" in request.headers.get("accept", "")


def asset_answer(request: Request, name: str) -> Response:
    """A file of `static/` by its path there; 404 for any other name."""
    asset = assets().get(name)
    if asset is None:
        raise Problem(404, "not_found", "nothing is at this address")
    headers = {"etag": asset.etag, "cache-control": CACHED}
    if names(request, "if-none-match", asset.etag):
        return Response(None, 304, headers)
    return Response(asset.body, 200, headers, asset.media_type)


@cache
def assets() -> dict[str, Asset]:
    """Every file of `static/` by its path there."""
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
