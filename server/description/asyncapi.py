"""What the WebSocket tells, described: AsyncAPI 3.0, from the model that the messages are made from."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from server.description.openapi import REF, VERSION, WORDS
from server.exports.progress import State
from server.routes.progress import EVERY, GOOD, MOST_SOCKETS, PATH, RESTARTING, SENT_WITHIN, SLOW
from server.routes.shapes import Failure
from server.web.identity import COOKIE

Json = dict[str, Any]

ABOUT = f"""\
The state at once, then the newest, at most {1 / EVERY:g} a second, then the last; no backlog, however slowly one reads.

Connected up to two seconds before the export is asked for, it is waited for. Text `ping` is answered with `pong`.

The server closes with {GOOD} after the last state; with {RESTARTING} when it ends itself: connect again, the next
server goes on with the export; with {SLOW} a client that takes longer than {SENT_WITHIN:g} s for a message.
A handshake is refused as any request, with problem+json: 401, 403 for pages of other sites, 404, 429 beyond
{MOST_SOCKETS} sockets, 503.
"""


def events() -> Json:
    """The description."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "reelc", "version": VERSION, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "servers": {
            "here": {
                "host": "127.0.0.1:8000",
                "protocol": "ws",
                "security": [_ref("securitySchemes", "bearer"), _ref("securitySchemes", "session")],
            }
        },
        "channels": {
            "export": {
                "address": PATH,
                "title": "How far an export is",
                "parameters": {"export_id": {"description": WORDS["export_id"]}},
                "messages": {name: _ref("messages", name) for name in ("progress", "ping", "pong")},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            "tell": _operation("send", "progress", "The state of the export."),
            "answer": _operation("send", "pong", "The answer to a ping."),
            "hear": _operation("receive", "ping", "Whether the server is there."),
        },
        "components": _components(),
    }


def _components() -> Json:
    _, schemas = models_json_schema([(State, "serialization"), (Failure, "serialization")], ref_template=REF)
    told: Json = schemas["$defs"]
    told["State"]["properties"]["error"] = {
        "anyOf": [{"$ref": REF.format(model="Failure")}, {"type": "null"}],
        "description": "What ended it, as HTTP would say it.",
    }
    progress = {"contentType": "application/json", "payload": {"$ref": REF.format(model="State")}}
    return {
        "schemas": told,
        "messages": {"progress": {"name": "progress", **progress}, "ping": _text("ping"), "pong": _text("pong")},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "session": {"type": "httpApiKey", "in": "cookie", "name": COOKIE},
        },
    }


def _text(word: str) -> Json:
    return {"name": word, "contentType": "text/plain", "payload": {"type": "string", "const": word}}


def _operation(action: str, message: str, summary: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/export"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/export/messages/{message}"}],
    }


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}
