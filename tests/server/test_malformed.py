"""Malformed requests: bytes that are not HTTP, and requests that no route accepts."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.server.site import Site
from tests.server.test_http import refused

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", REQUEST + b"Bad Header: y\r\n\r\n", b"\x00" + REQUEST + b"\r\n"])
def test_what_is_no_request_is_told_as_every_error(site: Site, raw: bytes) -> None:
    parts = urlsplit(site.url)
    with socket.create_connection((parts.hostname, parts.port), 10) as wire:
        wire.sendall(raw)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"content-security-policy: default-src 'none'" in head.lower()
    assert json.loads(body)["error"] == "malformed_request"


PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nx\r\n'
FORMS = {
    "no boundary": ("multipart/form-data", PART + b"--b--\r\n"),
    "two files": ("multipart/form-data; boundary=b", PART + PART + b"--b--\r\n"),
    "a part without a name": ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
    "a broken line": ("multipart/form-data; boundary=b", b"--b\r\nContent Disposition\r\n\r\n"),
    "a charset of domains": ("multipart/form-data; boundary=b; charset=punycode", PART + b"--b--\r\n"),
    "a charset that decodes nothing": ("multipart/form-data; boundary=b; charset=undefined", PART + b"--b--\r\n"),
}


@pytest.mark.parametrize(("kind", "body"), FORMS.values(), ids=FORMS)
def test_every_refusal_of_a_form_is_told_as_every_error(user: httpx.Client, kind: str, body: bytes) -> None:
    refused(user.post("/api/raw-clips", content=body, headers={"Content-Type": kind}), 422, "invalid_request")


def test_every_refusal_of_the_router_is_told_as_every_error(user: httpx.Client) -> None:
    refused(user.get("/api/projects/"), 404, "not_found")
    refused(user.get("/static/../app.py"), 404, "not_found")
    refused(user.get("/static/%2e%2e/app.py"), 404, "not_found")
    answer = user.request("TRACE", "/api/projects")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_every_answer_has_the_headers_that_keep_it_safe(user: httpx.Client) -> None:
    for path in ("/", "/docs", "/openapi.json", "/static/reelc.css", "/healthz", "/nowhere", "/api/projects"):
        headers = user.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_assets_are_known_again(user: httpx.Client) -> None:
    first = user.get("/static/reelc.css")
    again = user.get("/static/reelc.css", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
