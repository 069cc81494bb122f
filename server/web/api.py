"""The registry of operations, which checks requests and from which the API's description is generated.

An operation's handler takes a `Call` and returns a JSON-ready body or a Response. The registry reads and checks the
body, identifies the user, and answers every error with problem+json.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from server.long_json import dumped, is_short, loaded
from server.problem import invalid
from server.storage.database import Reader, Transaction
from server.storage.held import RequestDatabase
from server.threads import computed
from server.web.repeats import Repeatable, Streamed
from server.web.services import Services
from server.web.texts import CLOSING, Text, TextResponse, joined, opening

B = TypeVar("B", bound="Body")
T = TypeVar("T")
P = ParamSpec("P")
Json = dict[str, Any]

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SMALL = 16 << 10
"""Bytes of a body that is read at once: that takes less time than starting a thread for it is worth."""


class Body(BaseModel):
    """The base of request bodies; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoBody(Body):
    """The body of an operation that takes none."""


@dataclass(frozen=True, slots=True)
class Call(Generic[B]):
    """One request with its user and its checked body."""

    request: Request
    services: Services
    uid: str
    body: B
    raw: bytes = b""

    def path(self, name: str) -> str:
        """A parameter of the path, by its name in the operation's pattern."""
        return str(self.request.path_params[name])

    def header(self, name: str) -> str | None:
        """A header of the request; None if it is absent."""
        return self.request.headers.get(name)

    def flag(self, name: str) -> bool:
        """A query parameter that is `true` or `false`, which is the default; 422 for anything else."""
        given = self.request.query_params.get(name, "false")
        if given not in ("true", "false"):
            raise invalid(f"{name} must be true or false")
        return given == "true"

    @asynccontextmanager
    async def held(self) -> AsyncIterator[RequestDatabase]:
        """The user's database."""
        async with self.services.request_databases.of(self.uid) as held:
            yield held

    async def compute(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """The result of arithmetic on the body: in a thread if the body is large, because it would hold the loop."""
        return await self.sized(len(self.raw), work, *given, **named)

    async def sized(self, size: int, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """The result of arithmetic on so many bytes: in a thread if they are many."""
        if size <= SMALL:
            return work(*given, **named)
        return await self.in_thread(work, *given, **named)

    async def in_thread(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """The result of arithmetic that would hold the loop, computed in a thread when it is the user's turn."""
        async with self.services.arithmetic.of(self.uid):
            return await computed(work, *given, **named)

    async def text(self, body: object) -> Text:
        """The JSON of an answer, made in a thread if it is long; 429 as of `listed`."""
        text = Text(self.services.long_answers, self.uid)
        text.add(dumped(body) if is_short(body) else await self.in_thread(dumped, body))
        return text

    async def listed(
        self,
        name: str,
        pages: AsyncIterator[tuple[int, Sequence[T]]],
        as_json: Callable[[T], Mapping[str, Any]],
        beside: Mapping[str, Any] = MappingProxyType({}),
    ) -> Text:
        """The JSON of a list after the members `beside` it, made page by page, each in a thread if it is large.

        A page is its bytes, about, and its rows, which `as_json` turns into JSON. 429 `too_many_requests` if long
        answers that the user did not read yet take too much memory.
        """
        text, comma = Text(self.services.long_answers, self.uid), b""
        text.add(opening(beside, name))
        async for size, rows in pages:
            if rows:
                small = size <= SMALL
                text.add(comma + (joined(rows, as_json) if small else await self.in_thread(joined, rows, as_json)))
                comma = b","
        text.add(CLOSING)
        return text

    async def ask(self, question: Callable[[Reader], Awaitable[T]]) -> T:
        """The answer to a question, from one snapshot of the user's database."""
        async with self.held() as held:
            return await held.read(question)

    async def write(
        self,
        work: Callable[[Transaction], Awaitable[Json]],
        status: int = 200,
        streamed: Streamed | None = None,
        etag: Callable[[Json], str] | None = None,
        when_full: Callable[[Transaction], Awaitable[Json]] | None = None,
        expanded: Callable[[Reader, Json], Awaitable[Text]] | None = None,
    ) -> Response:
        """Run a unit of work and answer with its result, whose ETag `etag` computes.

        With an Idempotency-Key the same unit stores the answer, and a repeated request gets the stored answer. A
        handler that reads the body itself describes it as `streamed`. `when_full` is run instead of the work when the
        database is full. `expanded` makes the answer from the stored one, which is then small. The text is made within
        the unit, so that of the values of a user's large answers those of one are in memory.
        """
        async with self.held() as held:
            if self.request.method != "DELETE":
                work = held.bounded(work, when_full)
            key, address = self.header("idempotency-key"), f"{self.request.method} {self.request.url.path}"
            asked, now = Repeatable(key or "", address, self.raw, streamed), self.services.now()

            async def unit_of(unit: Transaction) -> Response:
                before = None if key is None else await asked.before(unit)
                if before is None:
                    answered, body = status, await work(unit)
                else:
                    answered, body = before["status"], await self.sized(len(before["body"]), loaded, before["body"])
                stored = await self.text(body)
                if before is None and key is not None:
                    await asked.keep(unit, stored.joined(), status, now)
                text = await expanded(unit, body) if expanded else stored
                return TextResponse(text, answered, {"ETag": etag(body)} if etag else None)

            return await held.write(unit_of)


Handler = Callable[[Call[Any]], Awaitable[Response | Json]]


@dataclass(frozen=True, slots=True)
class Takes:
    """The parts of a request that an operation reads besides its path."""

    body: type[Body] | None = None
    query: tuple[str, ...] = ()
    """Query parameters, by their names in `description/openapi.py`; so are the headers."""
    headers: tuple[str, ...] = ()
    media: Json = field(default_factory=dict)
    """The media types of a body that the handler reads itself, each with its schema."""
    streams: bool = False
    """Whether the handler reads the body itself."""
    large: bool = False
    """Whether the body may be as large as an edit: `edit_limit` in place of `body_limit`."""
    saves: bool = True
    """Whether the body is saved: what is only looked at may take long, and has turns of its own."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of an operation: `model` and `status` are those of success."""

    model: type[BaseModel] | None = None
    status: int = 200
    also: tuple[int, ...] = ()
    """Other statuses of success."""
    errors: tuple[int, ...] = ()
    media: tuple[str, ...] = ()
    """The media types of success, besides JSON if there is a model."""
    etag: bool = False
    """Whether success has the ETag of a version, which If-Match expects."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, for serving and for the API's description."""

    method: str
    path: str
    handler: Handler
    tag: str
    resource: str
    """The first part of its id in the description; the second is the name of its handler."""
    takes: Takes
    answers: Answers
    public: bool
    page: bool
    """Whether it is a page for people: browsers get its errors as pages, and the API's description omits it."""

    @property
    def documentation(self) -> str:
        """The docstring of its handler."""
        return inspect.cleandoc(self.handler.__doc__ or "")

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return self.documentation.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of one resource, in the order of matching."""

    tag: str
    resource: str = ""
    """The first part of the operations' ids, by default the tag: an id stays when its module is renamed."""
    all: list[Operation] = field(default_factory=list)

    def op(
        self,
        method: str,
        path: str,
        takes: Takes = Takes(),
        answers: Answers = Answers(),
        *,
        public: bool = False,
        page: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler as an operation."""

        def register(handler: Handler) -> Handler:
            resource = self.resource or self.tag.replace(" ", "_")
            operation = Operation(method, path, handler, self.tag, resource, takes, answers, public, page)
            self.all.append(operation)
            return handler

        return register
