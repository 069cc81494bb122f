"""The server as a process: its socket, its signals, its logs."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import ip_address

import uvicorn

from compiler.supervise.children.cgroup import group
from compiler.supervise.children.level import VARIABLE, confinement
from server.accounts import Accounts
from server.app import make_app
from server.logs import logger, set_up
from server.privacy import close_files, close_memory, close_new_files, forget_secrets
from server.settings import Settings
from server.storage.lock import check_writable, locked, name_address
from server.storage.objects import ObjectStore
from server.storage.proof import prove
from server.web.connections import Connections, protocols
from server.web.services import make_services

UNLIMITED = 1 << 20
"""Files where the system states no limit."""

COLLECTED_AFTER = 700, 10, 10
"""Python's own thresholds of the garbage collector."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Parameters of `mallopt` in glibc's malloc.h."""
LARGE_BLOCK, ARENAS = 128 << 10, 2
"""Bytes from which a block of memory is mapped by itself, as glibc does at its start; heaps that threads share."""

Greeting = Callable[[Accounts], Awaitable[None]]


def serve(settings: Settings, greet: Callable[[Settings], Greeting]) -> None:
    """Serve until a signal ends the process; `greet` gets the final settings, with the port that the system chose.

    RC615 if the settings require more of the sandbox than this machine can do; RC616 if renders cannot have a
    cgroup where the settings name one; RC701 if another server uses the data folder; RC702 or RC703 if the object store
    cannot be used; RC704 if the data folder cannot be written; OSError when the address is in use.
    """
    os.environ[VARIABLE] = settings.sandbox  # where every start of a child reads it
    confinement()
    with group(settings.render_cgroup, settings.render_memory):  # whether renders can have one
        pass
    collect()
    close_memory()
    return_memory()
    close_new_files()
    set_up(settings.log_level, settings.log_format)
    with locked(settings.data), contextlib.closing(listen(settings)) as bound:
        check_writable(settings.local)
        close_files(settings)
        if settings.port == 0:
            settings = settings.model_copy(update={"port": bound.getsockname()[1]})
        name_address(settings.data, settings.url)
        asyncio.run(_serve(settings, bound, greet(settings)))


def listen(settings: Settings) -> socket.socket:
    """The listening socket; OSError when the address is in use."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    # asyncio turns Nagle's algorithm off only for sockets made with IPPROTO_TCP, which create_server's are not
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, bound.detach())


async def _serve(settings: Settings, bound: socket.socket, greet: Greeting) -> None:
    warn_of_plain_http(settings)
    services, files = make_services(settings), most_files()
    await _prove(services.store)
    forget_secrets()
    config = uvicorn.Config(
        make_app(services),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # uvicorn trusts every program of this machine; proxies.py trusts those of the settings
        lifespan="on",
        # without a limit, one open WebSocket keeps the process running for ever
        timeout_graceful_shutdown=int(settings.shutdown_within),
        ws_max_size=1 << 16,
        h11_max_incomplete_event_size=1 << 16,
        **protocols(Connections(settings, files, services.peers.trusts)),
    )
    await greet(services.accounts)
    await _Server(config, services.stop).serve([bound])


def warn_of_plain_http(settings: Settings) -> None:
    """Log a warning if other machines reach the server without TLS."""
    if not settings.secure and not _is_loopback(settings.host):
        message = "plain http: anybody on the way reads tokens and footage"
        hint = "put a proxy with TLS in front, listen on 127.0.0.1, and set public_url to its https address"
        logger.warning(message, extra={"host": settings.host, "hint": hint})


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def collect() -> None:
    """Have Python look for cycles as usual, which a command does not, but not among what has been imported."""
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def return_memory() -> None:
    """Have memory that is freed returned to the system.

    Left to itself, glibc raises the size from which blocks are mapped with each one that is freed, and has a heap for
    each thread, of which only the free end is returned: after some requests of a megabyte, the server would keep
    hundreds. Other C libraries have no `mallopt`.
    """
    with contextlib.suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)
        mallopt(M_TRIM_THRESHOLD, LARGE_BLOCK)
        mallopt(M_ARENA_MAX, ARENAS)


def most_files() -> int:
    """Raise the number of files that this process may open as far as the system allows, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems refuse "unlimited"
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else UNLIMITED


async def _prove(store: ObjectStore) -> None:
    """Close the store if it must not be used."""
    try:
        await prove(store)
    except BaseException:
        await store.close()
        raise


class _Server(uvicorn.Server):
    """Exits with code 0 after a signal, where uvicorn would raise the signal again."""

    def __init__(self, config: uvicorn.Config, stop: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._stop = stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop renders first: requests and sockets that wait for them end then, so that the shutdown is quick."""
        await self._stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle SIGTERM and Ctrl-C as requests to end; a second Ctrl-C does not wait for running requests."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, was in before.items():
                signal.signal(number, was)
