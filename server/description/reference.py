"""The page of the API from its OpenAPI description: operations by group, every `$ref` of an answer resolved."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from server.web.pages import page_text

Json = dict[str, Any]

CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that an operation answers with, and the body, by media type."""

    status: str
    description: str
    content: Json


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Json]
    body: Json
    """What is sent, by media type; empty if nothing is."""
    required: bool
    answers: list[Answer]

    @property
    def example(self) -> str:
        """A JSON body to begin with; empty if the operation takes no JSON."""
        content = self.body.get("application/json")
        return "" if content is None else as_text(content.get("example", {}))


@dataclass(frozen=True, slots=True)
class Reference:
    """All that the page has."""

    title: str
    version: str
    description: str
    groups: list[tuple[str, list[Operation]]]
    schemas: Json


def reference_page(document: Json) -> str:
    """The HTML of the page, from an OpenAPI description."""
    calls = {"inline": inline, "prose": prose, "bounds": bounds, "name_of": name_of, "as_text": as_text}
    return page_text("docs.html", here="/docs", api=reference(document), **calls)


def reference(document: Json) -> Reference:
    """The page's contents, from an OpenAPI description."""
    groups: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            groups[about["tags"][0]].append(_operation(document, method, path, about))
    info = document["info"]
    return Reference(
        info["title"], info["version"], info["description"], [*groups.items()], document["components"]["schemas"]
    )


def _operation(document: Json, method: str, path: str, about: Json) -> Operation:
    body = about.get("requestBody", {})
    return Operation(
        id=about["operationId"],
        method=method.upper(),
        path=path,
        summary=about["summary"],
        description=about.get("description", ""),
        parameters=about.get("parameters", []),
        body=body.get("content", {}),
        required=body.get("required", False),
        answers=[_answer(document, status, each) for status, each in about["responses"].items()],
    )


def _answer(document: Json, status: str, about: Json) -> Answer:
    if "$ref" in about:
        about = document["components"]["responses"][name_of(about["$ref"])]
    return Answer(status, about["description"], about.get("content", {}))


def name_of(ref: str) -> str:
    """The last part of a `$ref`: the name of a schema or of a response."""
    return ref.rpartition("/")[2]


def as_text(value: Any) -> str:
    """JSON, indented."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def inline(text: str) -> Markup:
    """A line of a description as HTML, with code between backticks."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def prose(text: str) -> Markup:
    """A description as HTML, in paragraphs."""
    return Markup("").join(
        Markup("<p>{}</p>").format(inline(part.strip())) for part in text.split("\n\n") if part.strip()
    )


def bounds(schema: Json) -> str:
    """The bounds of a value, in words; empty if it has none."""
    words = {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "minLength": "at least {} characters",
        "maxLength": "at most {} characters",
        "minItems": "at least {} entries",
        "maxItems": "at most {} entries",
        "pattern": "matches {}",
    }
    return ", ".join(form.format(schema[name]) for name, form in words.items() if name in schema)
