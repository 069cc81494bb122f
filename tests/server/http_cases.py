"""Requests as attackers and broken programs send them: bytes by name, for one user's project, clip and footage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

Case = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """The addresses of one user, and the user's token."""

    token: str
    project: str
    clip: str
    raw: str

    @property
    def clips(self) -> str:
        """The address of the project's clips."""
        return f"/api/clips/projects/{self.project}/clips"

    def request(self, method: str, path: str, *headers: str, body: bytes = b"", json: bool = True) -> bytes:
        """A request of the user, whole unless `headers` say otherwise; the server closes the connection after it."""
        kind = ["Content-Type: application/json"] if body and json else []
        length = [f"Content-Length: {len(body)}"] if body else []
        known = [f"Authorization: Bearer {self.token}", "Host: localhost", "Connection: close", *kind, *length]
        taken = {header.partition(":")[0].lower() for header in headers}
        lines = [*(line for line in known if line.partition(":")[0].lower() not in taken), *headers]
        return b"\r\n".join(line.encode("latin-1") for line in [f"{method} {path} HTTP/1.1", *lines, "", ""]) + body


LINES = {
    "no version": b"GET /",
    "version 0.9": b"GET / HTTP/0.9",
    "version 3": b"GET / HTTP/3.0",
    "version in words": b"GET / HTTP/one.one",
    "lower case": b"get / http/1.1",
    "two spaces": b"GET  /  HTTP/1.1",
    "a tab": b"GET\t/\tHTTP/1.1",
    "no method": b"/ HTTP/1.1",
    "a method of signs": b"G(T / HTTP/1.1",
    "a long method": b"G" * 9000 + b" / HTTP/1.1",
    "a long path": b"GET /" + b"a" * 70000 + b" HTTP/1.1",
    "an asterisk": b"OPTIONS * HTTP/1.1",
    "an address": b"GET http://localhost/api/projects HTTP/1.1",
    "an address elsewhere": b"GET http://example.com/ HTTP/1.1",
    "an authority": b"CONNECT localhost:443 HTTP/1.1",
    "TRACE": b"TRACE / HTTP/1.1",
    "a fragment": b"GET /#here HTTP/1.1",
    "bytes over 127": b"GET /\xff\xfe HTTP/1.1",
    "a null": b"GET /\x00 HTTP/1.1",
    "HTTP/2 preface": b"PRI * HTTP/2.0",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}

HEADERS = {
    "no Host": ("Accept: */*",),
    "two Hosts": ("Host: localhost", "Host: example.com"),
    "an empty Host": ("Host:",),
    "a Host of signs": ("Host: <script>",),
    "a Host with a name": ("Host: user@localhost",),
    "a Host with a path": ("Host: localhost/api",),
    "a Host with a great port": ("Host: localhost:99999",),
    "a Host with port words": ("Host: localhost:abc",),
    "a Host of IPv6": ("Host: [::1]:8000",),
    "a broken Host of IPv6": ("Host: [::1",),
    "no colon": ("Host: localhost", "Accept"),
    "a space before the colon": ("Host: localhost", "Accept : */*"),
    "a folded line": ("Host: localhost", "Accept: a", "\tb"),
    "a null": ("Host: localhost", "X: a\x00b"),
    "a carriage return": ("Host: localhost", "X: a\rb"),
    "an empty name": ("Host: localhost", ": value"),
    "bytes over 127": ("Host: localhost", "X: \xff\xfe"),
    "a long line": ("Host: localhost", "X: " + "a" * 70000),
    "a thousand lines": ("Host: localhost", *(f"X-{n}: {n}" for n in range(1000))),
    "an unknown encoding": ("Host: localhost", "Accept-Encoding: \x7f, gzip;q=abc"),
    "an odd Accept": ("Host: localhost", "Accept: ;;;/,q=*"),
    "an Upgrade to h2c": (
        "Host: localhost",
        "Upgrade: h2c",
        "Connection: Upgrade, HTTP2-Settings",
        "HTTP2-Settings: AA",
    ),
    "an odd Connection": ("Host: localhost", "Connection: close, close, , \x0b"),
    "a forged address": ("Host: localhost", "X-Forwarded-For: 1.2.3.4, <b>", "X-Forwarded-Proto: javascript"),
    "a forged request id": ("Host: localhost", "X-Request-Id: " + "\x1b[31m" * 40),
    "an Expect": ("Host: localhost", "Expect: 200-maybe"),
}

FRAMINGS = {
    "two lengths": ("Content-Length: 2", "Content-Length: 3"),
    "a negative length": ("Content-Length: -1",),
    "a signed length": ("Content-Length: +2",),
    "a length in hex": ("Content-Length: 0x2",),
    "a length with a comma": ("Content-Length: 2, 2",),
    "a length of blanks": ("Content-Length:  ",),
    "a great length": ("Content-Length: 99999999999999999999",),
    "a length in other digits": ("Content-Length: \xb2",),
    "length and chunks": ("Content-Length: 2", "Transfer-Encoding: chunked"),
    "chunks twice": ("Transfer-Encoding: chunked, chunked",),
    "chunks not last": ("Transfer-Encoding: chunked, gzip",),
    "an unknown coding": ("Transfer-Encoding: brotli",),
    "chunks in capitals": ("Transfer-Encoding: CHUNKED",),
    "chunks with a tab": ("Transfer-Encoding:\tchunked\x0b",),
}

CHUNKS = {
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "a negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "a size in words": b"two\r\n{}\r\n0\r\n\r\n",
    "a wrong end": b"2\r\n{}XX0\r\n\r\n",
    "a long extension": b"2;" + b"a" * 70000 + b"\r\n{}\r\n0\r\n\r\n",
    "a trailer": b"2\r\n{}\r\n0\r\nHost: other\r\n\r\n",
    "a long trailer": b"2\r\n{}\r\n0\r\nX: " + b"a" * 200000 + b"\r\n\r\n",
}

BODIES = {
    "nothing": b" ",
    "no JSON": b"{",
    "a list": b"[]",
    "a word": b'"crop_data"',
    "null": b"null",
    "true": b"true",
    "a number": b"1e999",
    "NaN": b'{"crop_data": NaN}',
    "infinity": b'{"rotation": -Infinity}',
    "a great number": b'{"rotation": ' + b"9" * 5000 + b"}",
    "a small number": b'{"rotation": 1e-99999}',
    "a great exponent": b'{"rotation": 1e99999}',
    "a lone surrogate": rb'{"name": "\ud800"}',
    "a null in a text": rb'{"name": "\u0000"}',
    "bytes that are no UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "a mark of byte order": b'\xef\xbb\xbf{"name": "a"}',
    "a key twice": b'{"rotation": 1, "rotation": 2}',
    "an unknown key": b'{"__proto__": {"x": 1}}',
    "many keys": json.dumps({f"k{n}": n for n in range(5000)}).encode(),
    "deep lists": b'{"crop_data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deep objects": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "a comment": b'{"name": "a" /* b */}',
    "a trailing comma": b'{"name": "a",}',
    "more after the end": b"{}{}",
    "numbers as texts": b'{"rotation": "1"}',
    "a crop of words": b'{"crop_data": "all"}',
    "a crop of nulls": b'{"crop_data": [null, null]}',
    "a crop without end": b'{"crop_data": [{"frame": 1e308, "x": 0, "y": 0, "width": 1, "height": 1}]}',
    "a crop of nothing": b'{"crop_data": [{"frame": 0, "x": 0, "y": 0, "width": 0, "height": 0}]}',
    "segments of words": b'{"segments_data": "all"}',
    "segments of another version": b'{"segments_data": {"version": 1e9}}',
    "a trim to the end of time": b'{"segments_data": {"version": 2, "trimRange": {"start": 0, "end": 1e300}}}',
    "a trim backwards": b'{"segments_data": {"version": 2, "trimRange": {"start": 2, "end": 1}}}',
    "a transition of words": b'{"transition_data": {"type": "../../etc/passwd", "duration": 1}}',
    "a transition without end": b'{"transition_data": {"type": "dissolve", "duration": 1e300}}',
    "a deleted project": b'{"project_id": "0", "raw_clip_id": "0"}',
    "another's footage": b'{"raw_clip_id": "../../../etc/passwd"}',
}

IDS = ("0", "-1", "1e9", "..", "%2e%2e", "%00", "%", "%zz", "%ff", "a" * 5000, "'--", "%0d%0aX:1", "1;2", "\xe9", "%2f")

CONDITIONS = (
    '"',
    "*",
    "*, *",
    '"a',
    'W/"1"',
    'W/"',
    '"1", "2"',
    ",",
    "1",
    '"' + "a" * 5000 + '"',
    '"\xff"',
    "-1",
    "0",
    ", ".join(['"1"'] * 500),
)

RANGES = (
    "bytes=",
    "bytes=-",
    "bytes=0-",
    "bytes=-0",
    "bytes=5-2",
    "bytes=-99999999999999999999",
    "bytes=99999999999999999999-",
    "bytes=0-0,1-1",
    "bytes=" + ",".join(f"{n}-{n}" for n in range(2000)),
    "lines=1-2",
    "bytes=a-b",
    "bytes 0-1",
    "=",
    "\xff",
)

KEYS = ("", " ", "a" * 300, "\xff", "a b", '"a"', "<b>", "a,b")

AUTHORIZATIONS = (
    "",
    "Bearer",
    "Bearer ",
    "Bearer  a",
    "Basic YTpi",
    "Basic !!!",
    "bearer x",
    "Digest a=b",
    "Bearer " + "a" * 9000,
    "Bearer \xff",
)

COOKIES = (
    "=",
    "a",
    "session",
    "session=;",
    "session=" + "a" * 9000,
    'session="',
    "__Host-session=\xff",
    ";" * 3000,
    "a=b; " * 1000,
)

QUERIES = (
    "at=",
    "at=-1",
    "at=1e999",
    "at=NaN",
    "at=%ff",
    "at=1&at=2",
    "at=99999999999999999999",
    "form=../x",
    "&&&=",
    "at[]=1",
    "%",
    "a" * 9000,
)

SOCKETS = {
    "no key": ("Sec-WebSocket-Version: 13",),
    "a short key": ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AA"),
    "an old version": ("Sec-WebSocket-Version: 1", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    "no version": ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",),
    "two keys": ("Sec-WebSocket-Version: 13", *["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="] * 2),
    "an odd extension": (
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
    ),
}


def cases(target: Target) -> Iterator[Case]:
    """Every request, with its name."""
    end = f"\r\nHost: localhost\r\nAuthorization: Bearer {target.token}\r\nConnection: close\r\n\r\n".encode()
    yield from ((f"line: {name}", line + end) for name, line in LINES.items())
    for name, headers in HEADERS.items():
        yield (
            f"header: {name}",
            b"\r\n".join(
                each.encode("latin-1") for each in ["GET /healthz HTTP/1.1", *headers, "Connection: close", "", ""]
            ),
        )
    for name, lines in FRAMINGS.items():
        yield f"framing: {name}", target.request("PUT", f"{target.clips}/{target.clip}", *lines, body=b"{}")
    for name, body in CHUNKS.items():
        head = target.request("POST", "/api/projects", "Transfer-Encoding: chunked", "Content-Type: application/json")
        yield f"chunk: {name}", head + body
    for name, body in BODIES.items():
        yield f"save: {name}", target.request("PUT", f"{target.clips}/{target.clip}", body=body)
        yield f"project: {name}", target.request("POST", "/api/projects", body=body)
    yield from _addresses(target)
    yield from _headers(target)


def _addresses(target: Target) -> Iterator[Case]:
    for number in IDS:
        for path in (f"/api/projects/{number}", f"{target.clips}/{number}", f"/api/raw-clips/{number}/media"):
            yield f"address: {path[:60]}", target.request("GET", path)
    for query in QUERIES:
        yield f"query: {query[:40]}", target.request("GET", f"/projects/{target.project}/explain/at.json?{query}")


def _headers(target: Target) -> Iterator[Case]:
    clip = f"{target.clips}/{target.clip}"
    for value in CONDITIONS:
        yield f"If-Match: {value[:40]}", target.request("PUT", clip, f"If-Match: {value}", body=b'{"rotation": 1}')
        yield f"If-None-Match: {value[:40]}", target.request("GET", "/static/reelc.css", f"If-None-Match: {value}")
    for value in RANGES:
        yield f"Range: {value[:40]}", target.request("GET", f"/api/raw-clips/{target.raw}/media", f"Range: {value}")
    for value in KEYS:
        header = f"Idempotency-Key: {value}"
        yield (
            f"{header[:60]}",
            target.request("POST", "/api/projects", header, body=b'{"name": "a", "aspect_ratio": "9:16"}'),
        )
    for value in AUTHORIZATIONS:
        yield f"Authorization: {value[:40]}", target.request("GET", "/api/projects", f"Authorization: {value}")
    for value in COOKIES:
        yield f"Cookie: {value[:40]}", target.request("GET", "/api/projects", "Authorization: ", f"Cookie: {value}")
    for name, lines in SOCKETS.items():
        upgrade = ("Connection: Upgrade", "Upgrade: websocket")
        yield f"socket: {name}", target.request("GET", "/ws/export/none", *upgrade, *lines)
