"""ETags in the conditions of requests: lists of them, weak ones, and `*` (RFC 9110)."""

from __future__ import annotations

import re

from starlette.requests import Request

_TAG = re.compile(r'(W/)?("[^"]*"|[^\s,"]+)')


def names(request: Request, header: str, etag: str) -> bool:
    """Whether a condition of the request, If-Match or If-None-Match, names this ETag or everything.

    Weak ETags count for If-None-Match alone. Quotes may be missing: earlier servers accepted that.
    """
    given = ",".join(request.headers.getlist(header))
    weakly = header == "if-none-match"
    named = {tag.strip('"') for weak, tag in _TAG.findall(given) if weakly or not weak}
    return given.strip() == "*" or etag.strip('"') in named
