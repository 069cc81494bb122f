"""The attacks of `bench.attack`: each sends, as fast as it may, until its process is killed."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

FROM = "127.0.0.2"
"""The attacker's address: limits for an address are not to be met by the other user."""

BOX = {"x": 10, "y": 0, "width": 100, "height": 170}
RENDER = "/api/export/framing/render"


@dataclass(slots=True)
class User:
    """A user: the server's address, a token and what the user has, and the count of what an attack sent."""

    url: str
    token: str
    project: str
    clip: str
    raw: str
    film: bytes
    sent: int = 0
    errors: int = 0

    def client(self, *, known: bool = True) -> httpx.AsyncClient:
        """A client with the user's token, or without."""
        headers = {"Authorization": f"Bearer {self.token}"} if known else {}
        transport = httpx.AsyncHTTPTransport(local_address=FROM, limits=httpx.Limits(max_connections=1000))
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60, transport=transport)

    async def ask(self, client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response | None:
        """One request; its answer, None if the connection broke."""
        self.sent += 1
        try:
            answer = await client.request(method, path, **more)
        except httpx.HTTPError:
            return None
        self.errors += answer.status_code == 500
        return answer

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare connection."""
        self.sent += 1
        parts = urlsplit(self.url)
        return await asyncio.open_connection(str(parts.hostname), parts.port, local_addr=(FROM, 0))


Attack = Callable[[User], Awaitable[None]]
ATTACKS: dict[str, Attack] = {}


def storm(name: str, method: str, path: str, *, known: bool = True, at_once: int = 20, **more: Any) -> None:
    """An attack that repeats one request; `{project}`, `{clip}`, `{raw}` and `{n}` stand for what the user has."""

    async def attack(foe: User) -> None:
        numbers = itertools.count()

        async def repeat(client: httpx.AsyncClient) -> None:
            while True:
                number = next(numbers)
                named = {"project": foe.project, "clip": foe.clip, "raw": foe.raw, "n": number}
                given = {key: _filled(value(number) if callable(value) else value, foe) for key, value in more.items()}
                answer = await foe.ask(client, method, path.format_map(named), **given)
                if answer is None or answer.status_code == 429:
                    await asyncio.sleep(0.05)

        async with foe.client(known=known) as client:
            await asyncio.gather(*(repeat(client) for _ in range(at_once)))

    ATTACKS[name] = attack


def of_a_large_clip(name: str, method: str, path: str, **more: Any) -> None:
    """An attack that repeats one request, of a clip as large as an edit may be."""
    storm(name, method, path, at_once=8, **more)
    repeated = ATTACKS[name]

    async def attack(foe: User) -> None:
        numbers = [{name: value + n / 3 for name, value in BOX.items()} for n in range(3)]
        keys = [{"frame": frame, **numbers[frame % 3]} for frame in range(10_000)]
        async with foe.client() as client:
            answer = await foe.ask(client, "PUT", foe.clip, json={"crop_data": keys, **_spans(10_000, 0.9, 0.0001)})
        if answer is None or answer.status_code != 200:
            raise RuntimeError("the clip is not saved")
        await repeated(foe)

    ATTACKS[name] = attack


def held(name: str, head: str, *, count: int = 300, drip: bytes = b"", piece: bytes = b"") -> None:
    """An attack by connections that send the same and then wait: silent, or a drip at a time, and never reading."""

    async def attack(foe: User) -> None:
        async def hold() -> None:
            while True:
                try:
                    _, writer = await foe.connect()
                    writer.write(head.format(token=foe.token, raw=foe.raw).encode() + piece)
                    while not writer.is_closing():
                        await asyncio.sleep(0.5)
                        writer.write(drip)
                        await writer.drain()
                except OSError:
                    await asyncio.sleep(0.1)

        await asyncio.gather(*(hold() for _ in range(count)))

    ATTACKS[name] = attack


def _filled(value: Any, foe: User) -> Any:
    """The value with the attacker's own project and clip in it."""
    if not isinstance(value, dict):
        return value
    own = {"project_id": foe.project, "clip_id": foe.clip.rpartition("/")[2]}
    known: dict[str, Any] = {key: own.get(key, each) for key, each in value.items()}
    return {key: [_filled(one, foe) for one in each] if key == "clips" else each for key, each in known.items()}


def _json(value: object) -> Callable[[int], bytes]:
    text = json.dumps(value).encode()
    return lambda n: text


def _keys(count: int, *, wrong: bool = False) -> dict[str, Any]:
    return {"crop_data": [{"frame": "x" if wrong else frame, **BOX} for frame in range(count)]}


def _spans(count: int, speed: object, each: float = 0.001) -> dict[str, Any]:
    spans = [{"start": n * each, "end": (n + 1) * each, "speed": speed} for n in range(count)]
    return {"segments_data": {"version": 2, "trimRange": {"start": 0, "end": 2}, "spans": spans}}


def _reel(clips: int, **fields: Any) -> Callable[[int], dict[str, Any]]:
    return lambda n: {"clips": [{"clip_id": None, "rotation": n % 7, **fields} for _ in range(clips)]}


JSON, VIDEO = {"Content-Type": "application/json"}, {"Content-Type": "video/mp4"}
RANGES = {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(900))}
LINE = "GET {path} HTTP/1.1\r\nHost: localhost\r\n"
BODY = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n"
HEALTH, STYLE, SPEC = (LINE.format(path=path) for path in ("/healthz", "/static/studio.css", "/openapi.json"))
SIGN_IN = BODY.format(path="/sign-in")
CHUNKED = SIGN_IN.replace("Content-Length: 200000", "Transfer-Encoding: chunked")
KNOWN = "Authorization: Bearer {token}\r\n"
PROJECTS = BODY.format(path="/api/projects") + KNOWN
UPLOAD = PROJECTS.replace("/api/projects", "/api/raw-clips").replace("application/json", "video/mp4")

# connections that are held, without a token
held("silent connections", "")
held("half a word", "GE")
held("half a head", HEALTH)
held("a byte at a time", HEALTH + "X: ", drip=b"a")
held("many headers, slowly", HEALTH, drip=b"X: y\r\n" * 50)
held("bodies that do not come", SIGN_IN + "\r\n")
held("bodies, a byte at a time", SIGN_IN + "\r\n", drip=b"a")
held(
    "chunks, a byte at a time",
    SIGN_IN.replace("Content-Length: 200000", "Transfer-Encoding: chunked") + "\r\n",
    drip=b"1\r\na\r\n",
)
held("readers that do not read", "", piece=(STYLE + "\r\n").encode() * 50)
held("readers of the description", "", piece=(SPEC + "\r\n").encode() * 20, count=100)
held("half an upgrade", HEALTH.replace("/healthz", "/ws/export/x") + "Upgrade: websocket\r\nConnection: Upgrade\r\n")
held("requests in one breath", "", piece=(HEALTH + "\r\n").encode() * 2000, count=50)

# requests without a token
storm("monitors", "GET", "/healthz", known=False)
storm("readiness", "GET", "/readyz", known=False)
storm("metrics", "GET", "/metrics", known=False)
storm("methods", "X", "/api/projects", known=False, headers=lambda n: {"X-N": str(n)})
storm("paths", "GET", "/nowhere/{n}", known=False)
storm("long paths", "GET", "/" + "a" * 8000 + "{n}", known=False)
storm("queries", "GET", "/?{n}", known=False)
storm("wrong tokens", "GET", "/api/projects", known=False, headers=lambda n: {"Authorization": f"Bearer {n}"})
storm("wrong links", "GET", "/sign-in?token={n}", known=False)
storm("wrong sign-ins", "POST", "/sign-in", known=False, data=lambda n: {"token": str(n)})
storm("headers", "GET", "/healthz", known=False, headers=lambda n: {f"X-{k}": "a" * 500 for k in range(50)})
storm("the description", "GET", "/openapi.json", known=False)
storm("the pages", "GET", "/docs", known=False)
storm("sockets without a token", "GET", "/ws/export/{n}", known=False)

# bodies of a user
held("a user's bodies that do not come", PROJECTS + "\r\n")
held("uploads that do not come", UPLOAD + "\r\n", count=60)
held("uploads, slowly", UPLOAD + "\r\n", count=60, drip=b"a" * 1000)
storm("120,000 keyframes", "PUT", "{clip}", content=_json(_keys(60_000)), headers=JSON, at_once=4)
storm("10,000 keyframes", "PUT", "{clip}", content=_json(_keys(10_000)), headers=JSON, at_once=4)
storm("wrong keyframes", "PUT", "{clip}", content=_json(_keys(50_000, wrong=True)), headers=JSON, at_once=4)
storm("deep lists", "PUT", "{clip}", content=lambda n: b'{"crop_data": ' + b"[" * 100_000, headers=JSON)
storm("many names", "PUT", "{clip}", content=_json({f"k{n}": n for n in range(100_000)}), headers=JSON, at_once=4)
storm("long numbers", "PUT", "{clip}", content=lambda n: b'{"rotation": ' + b"9" * 1_000_000 + b"}", headers=JSON)
storm("great exponents", "PUT", "{clip}", content=lambda n: b'{"rotation": 1e' + b"9" * 9 + b"}", headers=JSON)
storm("many spans", "PUT", "{clip}", json=lambda n: _spans(4000, 0.5 + n % 2, 0.0005), at_once=4)
storm("10 MB of names", "POST", "/api/projects", json=lambda n: {"name": "a" * 10_000_000}, at_once=4)

# compiles
RAMP = {"from": 0.5, "to": 2, "ease": "smooth"}
storm("ramps", "POST", "/api/projects/{project}/draft", json=_reel(1, **_spans(1000, RAMP)), at_once=8)
storm("hours of freezes", "POST", "/api/projects/{project}/draft", json=_reel(1, **_spans(30, 0.1)), at_once=8)
storm("explained", "POST", "/api/export/framing/explain", json={"project_id": None}, at_once=8)
storm("explained pages", "GET", "/projects/{project}/explain.json", at_once=8)
storm("explained frames", "GET", "/projects/{project}/explain/at.json?at=0.1", at_once=8)
storm("drafts", "POST", "/api/projects/{project}/draft", json=_reel(1), at_once=20)

# work and rows of a user
storm("saves", "PUT", "{clip}", json=lambda n: {"rotation": n % 15 + 0.001 * (n % 999)})
storm("projects", "POST", "/api/projects", json=lambda n: {"name": f"p{n}"})
storm("clips", "POST", "/api/clips/projects/{project}/clips", json=lambda n: {"raw_clip_id": "none"})
storm("lists", "GET", "/api/clips/projects/{project}/clips")
storm("versions", "GET", "{clip}/versions")
storm("settings", "PATCH", "/api/projects/{project}", json=lambda n: {"name": f"p{n}"})
storm("uploads of nothing", "POST", "/api/raw-clips", content=b"", headers=VIDEO)
storm(
    "uploads of noise",
    "POST",
    "/api/raw-clips",
    content=lambda n: random.randbytes(100_000),
    headers={"Content-Type": "video/mp4"},
)
storm("exports", "POST", RENDER, json=lambda n: {"export_id": f"x{n}", "project_id": None})
storm("exports of nothing", "POST", RENDER, json=lambda n: {"export_id": f"y{n}", "project_id": "none"})
storm("cancels", "DELETE", "/api/export/x{n}")
storm("strips", "GET", "/api/raw-clips/{raw}/filmstrip")
storm("proxies", "POST", "/api/raw-clips/{raw}/proxy")
storm("ranges", "GET", "/api/raw-clips/{raw}/media", headers=lambda n: {"Range": f"bytes={n % 1000}-{n % 1000 + 1}"})
storm(
    "many ranges",
    "GET",
    "/api/raw-clips/{raw}/media",
    headers={"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(900))},
)
storm("keys of requests", "POST", "/api/projects", json={"name": "k"}, headers=lambda n: {"Idempotency-Key": f"k{n}"})


of_a_large_clip("large clips read", "GET", "{clip}")
of_a_large_clip("large clips listed", "GET", "/api/clips/projects/{project}/clips")
of_a_large_clip("large clips renamed", "PUT", "{clip}", json=lambda n: {"name": f"n{n}"})
of_a_large_clip(
    "large clips renamed with keys",
    "PUT",
    "{clip}",
    json=lambda n: {"name": f"n{n}"},
    headers=lambda n: {"Idempotency-Key": f"k{n}"},
)
of_a_large_clip("large clips drafted", "POST", "/api/projects/{project}/draft", json={})


async def _whole_uploads(foe: User) -> None:
    """Sixty uploads at once, of a film that is read."""
    async with foe.client() as client:

        async def repeat() -> None:
            while True:
                await foe.ask(client, "POST", "/api/raw-clips", content=foe.film, headers=VIDEO)

        await asyncio.gather(*(repeat() for _ in range(60)))


async def _great_exports(foe: User) -> None:
    """Exports as large as the settings of a project may ask for."""
    canvas = {"width": 8192, "height": 8192, "fps": 240}
    async with foe.client() as client:
        await foe.ask(client, "PATCH", f"/api/projects/{foe.project}", json={"settings": {"canvas": canvas}})
        for number in itertools.count():
            body = {"export_id": f"great-{number}", "project_id": foe.project}
            await foe.ask(client, "POST", RENDER, json=body)
            await asyncio.sleep(0.05)


ATTACKS["sixty uploads"] = _whole_uploads
ATTACKS["great exports"] = _great_exports
