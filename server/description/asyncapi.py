"""The WebSocket's description in AsyncAPI 3.0, generated from the model that its messages are made from."""

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
The server sends the current state at once, then the newest state at most {1 / EVERY:g} times a second, then the last
state. Slow readers skip states: there is no backlog.

A client may connect up to two seconds before it requests the export. The text `ping` is answered with `pong`.

The server closes with code {GOOD} after the last state; with {RESTARTING} when the server shuts down: connect again,
the next server continues the export; with {SLOW} when the client takes longer than {SENT_WITHIN:g} s for a message.
A refused handshake is answered with problem+json: 401, 403 for pages of other sites, 404, 429 beyond
{MOST_SOCKETS} sockets, 503.
"""


def events() -> Json:
    """The AsyncAPI document of a server with the default settings."""
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
                "title": "Progress of an export",
                "parameters": {"export_id": {"description": WORDS["export_id"]}},
                "messages": {name: _ref("messages", name) for name in ("progress", "ping", "pong")},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            "tell": _operation("send", "progress", "Sends the state of the export."),
            "answer": _operation("send", "pong", "Answers a ping."),
            "hear": _operation("receive", "ping", "Checks that the server answers."),
        },
        "components": _components(),
    }


def _components() -> Json:
    _, schemas = models_json_schema([(State, "serialization"), (Failure, "serialization")], ref_template=REF)
    definitions: Json = schemas["$defs"]
    definitions["State"]["properties"]["error"] = {
        "anyOf": [{"$ref": REF.format(model="Failure")}, {"type": "null"}],
        "description": "The error that ended the export, with the members of an HTTP error.",
    }
    progress = {"contentType": "application/json", "payload": {"$ref": REF.format(model="State")}}
    return {
        "schemas": definitions,
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
