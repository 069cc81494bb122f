"""Connections of clients that are silent, slow or many, and requests whose framing is doubtful."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.sync.client import connect

from server.web.pages import assets
from tests.server.site import Site, add_user, serving
from tests.server.test_http import refused
from tests.server.waiting import until

MOST = 6
"""Connections that one address may hold here."""

HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def no_slow_heads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that waits a second for a request, and allows an address few connections."""
    data = tmp_path_factory.mktemp("heads") / "data"
    with serving(data, head_within="1", connections_per_address=str(MOST)) as site:
        yield site


@pytest.fixture(scope="module")
def no_slow_bodies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that does not wait for a body, nor for a reader."""
    with serving(tmp_path_factory.mktemp("bodies") / "data", body_within="0.2", send_within="0.2") as site:
        yield site


def answered(sent: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer after which the server closes the connection."""
    answer = bytearray()
    while piece := sent.recv(65536):
        answer += piece
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), headers, body


def greeted(site: Site, request: bytes, status: bytes) -> socket.socket:
    """A connection whose first request has this answer; another one if this machine is slower than the server waits."""

    def first() -> socket.socket | None:
        sent = site.wire()
        sent.sendall(request)
        answer = sent.recv(65536)
        assert answer.startswith(b"HTTP/1.1 " + status) or not answer
        return sent if answer else None

    return until(first)


def ended(sent: socket.socket) -> bool:
    """Whether the server closes the connection without an answer."""
    try:
        return sent.recv(1) == b""
    except ConnectionResetError:
        return True


def fails(sent: socket.socket, piece: bytes) -> bool:
    """Whether the server has closed the connection, so that nothing can be sent any more."""
    try:
        sent.sendall(piece)
    except OSError:
        return True
    return False


@pytest.mark.further
@pytest.mark.parametrize("begun", [b"", b"GE", HEAD], ids=["nothing", "a word", "half a head"])
def test_a_connection_without_a_whole_head_is_closed(no_slow_heads: Site, begun: bytes) -> None:
    with no_slow_heads.wire() as sent:
        sent.sendall(begun)
        assert ended(sent)


def test_a_head_that_comes_slowly_is_not_waited_for(no_slow_heads: Site) -> None:
    """Each byte comes in time, the head does not; the first request of the connection was answered."""
    with greeted(no_slow_heads, HEAD + b"\r\n", b"200 ") as sent:
        until(lambda: fails(sent, b"x"))


@pytest.mark.parametrize("path", ["/api/projects", "/api/raw-clips", "/sign-in"])
def test_a_body_that_does_not_come_is_answered_408(no_slow_bodies: Site, path: str) -> None:
    token = add_user(no_slow_bodies.data, "ann")
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: 1000\r\n"
    with no_slow_bodies.wire() as sent:
        sent.sendall(f"{head}Content-Type: {'video/mp4' if 'raw' in path else 'application/json'}\r\n\r\n{{".encode())
        status, headers, body = answered(sent)
    assert (status, json.loads(body)["error"], headers["connection"]) == (408, "too_slow", "close")


def test_a_body_whose_stated_length_is_too_large_is_not_waited_for(no_slow_bodies: Site) -> None:
    token = add_user(no_slow_bodies.data, "ann")
    head = f"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    with no_slow_bodies.wire() as sent:
        sent.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {10**12}\r\n\r\n".encode())
        status, _, body = answered(sent)
    assert (status, json.loads(body)["error"]) == (413, "too_large")


def test_an_answered_request_whose_body_never_ends_is_closed(no_slow_heads: Site) -> None:
    request = b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{"
    with greeted(no_slow_heads, request, b"404 ") as sent:
        until(lambda: fails(sent, b"x"))


def test_a_reader_that_does_not_read_is_disconnected(no_slow_bodies: Site) -> None:
    longest = max(assets(), key=lambda name: len(assets()[name].body))
    with no_slow_bodies.wire() as sent:
        # more than all buffers between here and there hold
        sent.sendall(f"GET /static/{longest} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 20)
        until(lambda: fails(sent, b"\r\n"))


def test_one_address_with_all_its_connections_shuts_nobody_out(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "data", connections_per_address=str(MOST), head_within="3600") as site,
        ExitStack() as stack,
    ):
        held = [stack.enter_context(site.wire("127.0.0.2")) for _ in range(MOST)]
        for _ in range(3):
            with site.wire("127.0.0.2") as one_more:
                status, headers, body = answered(one_more)
            assert (status, json.loads(body)["error"]) == (429, "too_many_connections")
            assert int(headers["retry-after"]) > 0
            assert headers["content-type"] == "application/problem+json"
        with site.client() as other:
            assert other.get("/healthz").status_code == 200
        held[0].sendall(HEAD + b"Connection: close\r\n\r\n")
        assert answered(held[0])[0] == 200
        with site.wire("127.0.0.2") as again:  # one has ended, so that there is room for one
            again.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert answered(again)[0] == 200


def test_sockets_count_as_connections_until_they_end(no_slow_heads: Site) -> None:
    address = no_slow_heads.url.replace("http", "ws") + "/ws/export/x"
    for _ in range(MOST + 2):  # all refused with 401, which ends them
        with pytest.raises(Exception, match="401"):
            connect(address, proxy=None)
    with no_slow_heads.client() as other:
        assert other.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "lines",
    [
        b"Host: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 30\r\n",
    ],
)
def test_a_body_of_two_lengths_is_refused_and_the_connection_closed(site: Site, lines: bytes) -> None:
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with site.wire() as sent:
        sent.sendall(b"POST /sign-in HTTP/1.1\r\n" + lines + b"\r\n0\r\n\r\n" + smuggled)
        status, headers, body = answered(sent)
    problem = json.loads(body)  # one answer, and nothing after it
    assert (status, problem["error"], headers["connection"]) == (400, "malformed_request", "close")


HANDSHAKE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAA")


@pytest.mark.parametrize(
    "more",
    [["Content-Length: 2"], ["Transfer-Encoding: chunked"], [f"X-{n}: n" for n in range(200)]],
    ids=["a body", "chunks", "many headers"],
)
def test_a_malformed_handshake_is_answered_and_the_connection_closed(site: Site, more: Sequence[str]) -> None:
    """Nobody would end such a connection, which takes no token."""
    lines = ["GET /ws/export/none HTTP/1.1", "Host: localhost", *HANDSHAKE, *more, "", ""]
    with site.wire() as sent:
        sent.sendall("\r\n".join(lines).encode())
        status, headers, body = answered(sent)
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["error"] == "malformed_request"


@pytest.mark.parametrize(
    "host",
    [b"", b"a b", b"[::1", b"localhost:x", b"localhost:99999", b"a/b", b"user@localhost", b"[::1]:80:80", b"\xff"],
)
@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_malformed_host_is_refused(site: Site, host: bytes, method: bytes) -> None:
    with site.wire() as sent:
        more = b"Origin: http://localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        sent.sendall(method + b" /sign-in HTTP/1.1\r\nHost: " + host + b"\r\n" + more)
        status, _, body = answered(sent)
    assert (status, json.loads(body)["error"]) == (400, "malformed_request")


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a public address and a token for its metrics."""
    data = tmp_path_factory.mktemp("public") / "data"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with serving(data, port=port, public_url="https://example.com", metrics_token="scrape") as site:
        site.url = f"http://127.0.0.1:{port}"
        yield site


def test_the_description_of_the_socket_names_the_public_host(public: Site) -> None:
    with public.client() as anybody:
        here = anybody.get("/asyncapi.json", headers={"Host": "localhost"}).json()["servers"]["here"]
    assert (here["host"], here["protocol"]) == ("example.com", "wss")


def test_requests_to_other_names_than_the_public_one_are_refused(public: Site) -> None:
    with public.client() as anybody:
        assert anybody.get("/docs", headers={"Host": "example.com"}).status_code == 200
        assert anybody.get("/docs", headers={"Host": "EXAMPLE.com"}).status_code == 200
        for host in ("example.org", "example.com:8000", "example.com.evil", "10.0.0.1"):
            refused(anybody.get("/docs", headers={"Host": host}), 421, "foreign_host")
            for path in ("/healthz", "/metrics"):  # monitors ask by number
                headers = {"Host": host, "Authorization": "Bearer scrape"}
                assert anybody.get(path, headers=headers).status_code == 200
            refused(anybody.get("/metrics", headers={"Host": host}), 401, "unauthorized")
        assert anybody.get("/docs", headers={"Host": "localhost:80"}).status_code == 200


def test_browsers_are_told_to_use_https_where_the_public_address_does(public: Site, site: Site) -> None:
    with public.client() as anybody:
        assert "max-age=" in anybody.get("/healthz").headers["strict-transport-security"]
    with site.client() as anybody:
        headers = anybody.get("/healthz").headers
    assert "strict-transport-security" not in headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_metrics_are_for_those_with_the_token(public: Site) -> None:
    with public.client() as scraper:
        for token in ("", "Bearer wrong", "Basic scrape"):
            refused(scraper.get("/metrics", headers={"Authorization": token} if token else {}), 401, "unauthorized")
        assert scraper.get("/metrics", headers={"Authorization": "Bearer scrape"}).status_code == 200


def test_metrics_without_a_token_stay_on_this_machine(site: Site) -> None:
    with site.client() as anybody:
        assert anybody.get("/metrics").status_code == 200
        # the local proxy states whom it asks for
        for given in ({"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}, {"Host": "example.com"}):
            refused(anybody.get("/metrics", headers=given), 401, "unauthorized")


def test_methods_that_clients_invent_are_counted_as_one(site: Site) -> None:
    with site.client() as anybody:
        for number in range(20):
            anybody.request(f"INVENTED{number}", "/healthz")
        counted = anybody.get("/metrics").text
    assert "INVENTED" not in counted
    assert 'method="other"' in counted
