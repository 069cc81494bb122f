"""The API described: OpenAPI 3.1, from the registry and the models that check requests.

Nothing here is said twice: paths, methods, bodies and statuses are the registry's, schemas are pydantic's. What an
operation reads besides, it names, and `PARAMETERS` has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.description.examples import EXAMPLES
from server.problem import MEDIA_TYPE
from server.routes.shapes import Failure
from server.web.api import KEY_LENGTH, UNSAFE, Operation
from server.web.identity import COOKIE

Json = dict[str, Any]

VERSION = "0.1.0"
REF = "#/components/schemas/{model}"
JSON = "application/json"

ABOUT = """\
Edits are saved durably, and films are rendered from what is stored.

A save is answered when it is durable. Errors are `application/problem+json` (RFC 9457): `error` is the code that
programs read; `clip_id`, `pointer`, `hint` and `errors` are there where they apply.
What is another user's is not there.

How far an export is, is told by the WebSocket `/ws/export/{export_id}`, which `/asyncapi.json` describes.
"""

WORDS = {
    "project_id": "A project's id.",
    "clip_id": "A clip's id: it stays through all its versions.",
    "raw_clip_id": "Footage's id.",
    "export_id": "An export's id, which its client chose.",
    "working_video_id": "A film's id.",
}

TEXT: Json = {"type": "string"}
PARAMETERS: dict[str, Json] = {
    "If-Match": {
        "in": "header",
        "description": 'The version that the change is made to, as `"3"`; 412 if it is not the newest.',
        "schema": TEXT,
    },
    "Idempotency-Key": {
        "in": "header",
        "description": "The same request with the same key again is not done twice, and has the same answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH},
    },
    "Prefer": {
        "in": "header",
        "description": "`respond-async`: 202 at once, and not when the film is there.",
        "schema": {"type": "string", "enum": ["respond-async"]},
    },
    "Range": {
        "in": "header",
        "description": "`bytes=0-99`: 206 with those alone. What is no single range is not heeded.",
        "schema": TEXT,
    },
    "If-None-Match": {"in": "header", "description": "304 if this is still its ETag.", "schema": TEXT},
    "If-Range": {"in": "header", "description": "The range only if this is still its ETag.", "schema": TEXT},
    "token": {"in": "query", "required": True, "description": "The token of a sign-in link.", "schema": TEXT},
    "name": {"in": "query", "description": "What people call the footage, when it is the body.", "schema": TEXT},
    "stage": {"in": "query", "description": "A stage's number, from 0.", "schema": TEXT},
    "node": {"in": "query", "description": "A definition's name.", "schema": TEXT},
    "at": {"in": "query", "description": "Seconds from the film's start, 0 if not given.", "schema": TEXT},
    "of": {"name": "project_id", "in": "query", "description": "Only those of this project.", "schema": TEXT},
}

ALWAYS = {"X-Request-Id": "Names the request in the server's log."}
SAID = {
    201: {},
    202: {"Location": "Where the export is described.", "Preference-Applied": "What was preferred."},
    206: {"Content-Range": "Which bytes of how many.", "ETag": "Names these bytes."},
    303: {"Location": "Where to go on.", "Set-Cookie": "The session."},
    304: {"ETag": "Names these bytes."},
    401: {"WWW-Authenticate": "How to say who one is."},
    410: {"Deprecation": "Since when.", "Link": "What to use instead."},
    412: {"ETag": "The newest version."},
    416: {"Content-Range": "How many bytes there are."},
    429: {"Retry-After": "Seconds."},
    503: {"Retry-After": "Seconds."},
}
"""The headers that tell something, by status."""


def document(operations: Iterable[Operation]) -> Json:
    """The description of these operations, pages for people left out; the same for the same operations."""
    told = [op for op in operations if not op.page]
    models: list[type[BaseModel]] = [Failure]
    models += [model for op in told for model in (op.takes.body, op.answers.model) if model is not None]
    unique = list(dict.fromkeys(models))
    _, schemas = models_json_schema([(model, "validation") for model in unique], ref_template=REF)
    paths: dict[str, Json] = {}
    for op in told:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(op)
    return {
        "openapi": "3.1.0",
        "info": {"title": "reelc", "version": VERSION, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(op.tag for op in told)],
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "responses": {str(status): _error(status) for status in _errors(told)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _operation(op: Operation) -> Json:
    _, _, more = op.documentation.partition("\n")
    told: Json = {
        "operationId": f"{op.resource}_{op.handler.__name__}",
        "tags": [op.tag],
        "summary": op.summary,
        **({"description": more.strip()} if more.strip() else {}),
        "parameters": [*_path_parameters(op), *_named(op)],
        **_body(op),
        "responses": {str(status): _answer(op, status) for status in statuses(op)},
    }
    if op.public:
        told["security"] = []
    return told


def _errors(operations: Iterable[Operation]) -> list[int]:
    return sorted({status for op in operations for status in statuses(op) if status >= 400})


def _path_parameters(op: Operation) -> Iterator[Json]:
    for name in (part.strip("{}") for part in op.path.split("/") if part.startswith("{")):
        about = {"description": WORDS[name], "schema": {"type": "string", "minLength": 1}}
        yield {"name": name, "in": "path", "required": True, **about}


def _named(op: Operation) -> Iterator[Json]:
    for name in (*op.takes.query, *op.takes.headers):
        yield {"name": name, "required": False, **PARAMETERS[name]}


def _body(op: Operation) -> Json:
    if op.takes.body is not None:
        example = EXAMPLES.get(op.takes.body.__name__)
        content: Json = {"schema": _ref(op.takes.body), **({"example": example} if example is not None else {})}
        return {"requestBody": {"required": True, "content": {JSON: content}}}
    if op.takes.media:
        return {"requestBody": {"required": True, "content": op.takes.media}}
    return {}


def statuses(op: Operation) -> list[int]:
    """Every status that the operation may answer with."""
    found = {op.answers.status, *op.answers.also, *op.answers.errors, 429, 500, 503}
    found |= set() if op.public else {401}
    found |= {403} if op.method in UNSAFE else set()
    found |= {400, 413, 415, 422} if op.takes.body else set()
    found |= {400, 413} if op.method in UNSAFE and not op.takes.streams else set()
    found |= {422} if "Idempotency-Key" in op.takes.headers else set()
    return sorted(found)


def _answer(op: Operation, status: int) -> Json:
    if status >= 400:
        return {"$ref": f"#/components/responses/{status}"}
    content = _content(op, status)
    return {**_head(status), **({"content": content} if content else {})}


def _head(status: int) -> Json:
    headers = {name: {"description": about, "schema": TEXT} for name, about in (ALWAYS | SAID.get(status, {})).items()}
    return {"description": HTTPStatus(status).phrase, "headers": headers}


def _error(status: int) -> Json:
    example = EXAMPLES.get(str(status))
    content: Json = {"schema": _ref(Failure), **({"example": example} if example else {})}
    return {**_head(status), "content": {MEDIA_TYPE: content}}


def _content(op: Operation, status: int) -> Json:
    """What a good answer holds."""
    if status in (204, 303, 304):
        return {}
    if status == 202 and (op.answers.model is None or op.answers.status != 202):
        return {JSON: {"schema": {"type": "object", "required": ["status", "export_id"]}}}
    content: Json = {
        kind: {"schema": {"type": "string"} if kind.startswith("text/") else {}} for kind in op.answers.media
    }
    if op.answers.model is not None:
        example = EXAMPLES.get(op.answers.model.__name__)
        schema = (
            {"anyOf": [_ref(op.answers.model), {"type": "object"}]}
            if JSON in op.answers.media
            else _ref(op.answers.model)
        )
        content[JSON] = {"schema": schema, **({"example": example} if example is not None else {})}
    return content or {JSON: {"schema": {"type": "object"}}}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": REF.format(model=model.__name__)}
