"""The API's description in OpenAPI 3.1, generated from the registry and the models that check requests.

Paths, methods, bodies and statuses come from the registry, schemas from pydantic. An operation names the query
parameters and headers that it reads; `PARAMETERS` describes them.
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
from server.web.api import UNSAFE, Operation
from server.web.identity import COOKIE
from server.web.repeats import KEY_LENGTH

Json = dict[str, Any]

VERSION = "0.1.0"
REF = "#/components/schemas/{model}"
JSON = "application/json"

ABOUT = """\
The server stores edits durably and renders films from the stored edits.

A save is answered when it is durable. Errors are `application/problem+json` (RFC 9457): `error` is the code for
programs; `clip_id`, `pointer`, `hint` and `errors` are present where they apply.
Data of other users is answered with 404.

The WebSocket `/ws/export/{export_id}` reports the progress of an export; `/asyncapi.json` describes it.
"""

WORDS = {
    "project_id": "The project's id.",
    "clip_id": "The clip's id, the same in all its versions.",
    "raw_clip_id": "The upload's id.",
    "version": "The number of a version, from 1.",
    "export_id": "The export's id, chosen by the client.",
    "working_video_id": "The film's id.",
    "token": "The signed part of the link.",
    "session_id": "The id of a session or token, which is not the token itself.",
}

TEXT: Json = {"type": "string"}
FLAG: Json = {"type": "string", "enum": ["true", "false"]}
PARAMETERS: dict[str, Json] = {
    "If-Match": {
        "in": "header",
        "description": 'The version that the change is based on, as `"3"`, or a list; 412 if none is the newest.',
        "schema": TEXT,
    },
    "Idempotency-Key": {
        "in": "header",
        "description": "A repeated request with the same key is not executed again; it gets the first answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH},
    },
    "Prefer": {
        "in": "header",
        "description": "`respond-async`: answer 202 at once instead of waiting for the film.",
        "schema": {"type": "string", "enum": ["respond-async"]},
    },
    "Range": {
        "in": "header",
        "description": "`bytes=0-99`: 206 with these bytes alone. Several ranges and other units are ignored.",
        "schema": TEXT,
    },
    "If-None-Match": {"in": "header", "description": "304 if this is the current ETag.", "schema": TEXT},
    "If-Range": {"in": "header", "description": "Send the range only if this is the current ETag.", "schema": TEXT},
    "token": {"in": "query", "required": True, "description": "The token of a sign-in link.", "schema": TEXT},
    "name": {"in": "query", "description": "The file's name, when the file is the body.", "schema": TEXT},
    "stage": {"in": "query", "description": "The number of a stage, from 0.", "schema": TEXT},
    "node": {"in": "query", "description": "The name of a definition.", "schema": TEXT},
    "at": {"in": "query", "description": "Seconds from the film's start, 0 by default.", "schema": TEXT},
    "before": {
        "in": "query",
        "description": "Only versions below this one: `next` of the page before.",
        "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"},
    },
    "of": {"name": "project_id", "in": "query", "description": "Only exports of this project.", "schema": TEXT},
    "earlier": {"name": "before", "in": "query", "description": "Only exports before this one.", "schema": TEXT},
    "limit": {"in": "query", "description": "Exports on a page, at most 100, which is the default.", "schema": TEXT},
    "deleted": {"in": "query", "description": "`true`: deleted uploads that can be restored.", "schema": FLAG},
    "used": {"in": "query", "description": "`true`: delete it even if clips use it.", "schema": FLAG},
}

ALWAYS = {"X-Request-Id": "Identifies the request in the server's log."}
HEADERS = {
    201: {},
    202: {"Location": "The address of the export.", "Preference-Applied": "The preference that was applied."},
    206: {"Content-Range": "The range that was sent, and the size.", "ETag": "Identifies the content."},
    303: {"Location": "The next page.", "Set-Cookie": "The session."},
    304: {"ETag": "Identifies the content."},
    401: {"WWW-Authenticate": "The authentication scheme."},
    410: {"Deprecation": "`true`: the operation is deprecated.", "Link": "The operation to use instead."},
    412: {"ETag": "The newest version."},
    416: {"Content-Range": "The size in bytes."},
    429: {"Retry-After": "Seconds."},
    503: {"Retry-After": "Seconds."},
    507: {"Retry-After": "Seconds, where waiting can help."},
}
"""The headers of answers besides ALWAYS, by status."""


def document(operations: Iterable[Operation]) -> Json:
    """The OpenAPI document of these operations without the pages; deterministic."""
    described = [op for op in operations if not op.page]
    models: list[type[BaseModel]] = [Failure]
    models += [model for op in described for model in (op.takes.body, op.answers.model) if model is not None]
    unique = list(dict.fromkeys(models))
    _, schemas = models_json_schema([(model, "validation") for model in unique], ref_template=REF)
    paths: dict[str, Json] = {}
    for op in described:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(op)
    return {
        "openapi": "3.1.0",
        "info": {"title": "reelc", "version": VERSION, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(op.tag for op in described)],
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "responses": {str(status): _error(status) for status in _errors(described)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _operation(op: Operation) -> Json:
    _, _, more = op.documentation.partition("\n")
    described: Json = {
        "operationId": f"{op.resource}_{op.handler.__name__}",
        "tags": [op.tag],
        "summary": op.summary,
        **({"description": more.strip()} if more.strip() else {}),
        "parameters": [*_path_parameters(op), *_named(op)],
        **_body(op),
        "responses": {str(status): _answer(op, status) for status in statuses(op)},
    }
    if op.public:
        described["security"] = []
    return described


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
    """Every status that the operation may answer with, sorted."""
    found = {op.answers.status, *op.answers.also, *op.answers.errors, 429, 500, 503}
    found |= set() if op.public else {401}
    found |= {403, 408} if op.method in UNSAFE else set()
    found |= {400, 413, 415, 422} if op.takes.body else set()
    found |= {400, 413} if op.method in UNSAFE and not op.takes.streams else set()
    found |= {422} if "Idempotency-Key" in op.takes.headers else set()
    found |= {507} if "Idempotency-Key" in op.takes.headers and op.method != "DELETE" else set()
    return sorted(found)


def _answer(op: Operation, status: int) -> Json:
    if status >= 400:
        return {"$ref": f"#/components/responses/{status}"}
    content = _content(op, status)
    head = _head(status)
    if op.answers.etag:
        head["headers"]["ETag"] = {"description": "The version, for If-Match.", "schema": TEXT}
    return {**head, **({"content": content} if content else {})}


def _head(status: int) -> Json:
    headers = {
        name: {"description": about, "schema": TEXT} for name, about in (ALWAYS | HEADERS.get(status, {})).items()
    }
    return {"description": HTTPStatus(status).phrase, "headers": headers}


def _error(status: int) -> Json:
    example = EXAMPLES.get(str(status))
    content: Json = {"schema": _ref(Failure), **({"example": example} if example else {})}
    return {**_head(status), "content": {MEDIA_TYPE: content}}


def _content(op: Operation, status: int) -> Json:
    """The content of a successful answer, by media type."""
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
