"""The models of explaining, inspecting and tracing a reel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from server.routes.shapes import Answer, Id
from server.web.api import Body


class Explain(Body):
    """Which project to explain, and in which form; without one, in all that matter."""

    project_id: Id
    format: Literal["text", "json", "dot", "svg", "script", "command"] | None = None


class Stage(Answer):
    """A pass over the graph that changed it, and its law."""

    name: str
    law: str


class Explained(Answer):
    """What would be rendered."""

    success: bool
    project_id: str
    graph: Annotated[str, Field(description="The graph in its textual form.")]
    script: Annotated[str, Field(description="ffmpeg's filtergraph.")]
    command: Annotated[str, Field(description="ffmpeg's command, quoted for a shell.")]
    plan: Annotated[dict[str, Any], Field(description="As plan.json of `reelc compile -o`.")]
    stages: list[Stage]
    warnings: list[str]


class Inspected(Answer):
    """One stage of a graph, and a definition of it."""

    project_id: str
    stages: Annotated[list[dict[str, Any]], Field(description="Each with its law, and what it changed.")]
    stage: int
    lines: Annotated[list[dict[str, Any]], Field(description="The graph, definition by definition, gone ones marked.")]
    script: Annotated[list[dict[str, Any]], Field(description="The script in parts, each with its definition's name.")]
    command: str
    plan: dict[str, Any]
    node: Annotated[dict[str, Any] | None, Field(description="What the definition is, and what became of it.")]


class Traced(Answer):
    """What is seen at a record time."""

    trace: int
    at: str
    frame: int
    seen: list[dict[str, Any]]
