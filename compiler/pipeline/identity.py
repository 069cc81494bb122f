"""Identities: the hash of everything that decides the bytes that a run of ffmpeg makes, and of nothing else."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from compiler.emit.argv import Command, words
from compiler.emit.filters import spell
from compiler.emit.script import script
from compiler.emit.straightened import feeds
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.graph import Def, Graph, rename
from compiler.ir.ops import Value

Commanding = Callable[[Any, Build], Command]
"""The command of a graph for a build; the graph may be None where the command takes none."""

Content = Callable[[str], str]
"""The content of the file at a path, as text that is the same for the same bytes."""

COMPILER = Path(__file__).parents[1]
MAKING = (
    *("emit/**/*.py", "passes/**/*.py"),
    *("supervise/straighten/*.py", "supervise/images/*.py", "supervise/media/*.py"),
)
"""The files of the compiler that decide what a graph becomes, and what straightened inputs hold."""


def identity(graph: Graph | None, command: Commanding, build: Build, content: Content, *others: str) -> str:
    """The identity of what a command makes of a graph: of its words, its script, its straightened inputs and the PyAV
    that decodes them, its media by their content, the ffmpeg program, the code that made them, and of further texts.

    Names of clips, and paths, decide no byte: values are numbered, and files stand for their contents.
    """
    plain = canonical(graph, content) if graph else None
    called = words(command(plain, replace(build, path=program(build, content))))
    fed = feeds(plain)
    text = script(plain, spell(plain)) if plain else ""
    machine = f"{platform.machine()} {build.version}"
    decoder = decoding() if fed else ""
    return digest(maker(), machine, json.dumps(called), text, json.dumps(fed, sort_keys=True), decoder, *others)


def program(build: Build, content: Content) -> str:
    """The content of an ffmpeg program: of its file, and of the libraries that it loads."""
    return digest(*map(content, build.files)) if build.libraries else content(build.path)


def canonical(graph: Graph, content: Content) -> Graph:
    """The graph with its values numbered, and the contents of its files in place of their paths."""
    names = {define.name: Value(f"v{number}") for number, define in enumerate(graph)}
    defs = [Def(names[each.name], _contained(rename(each.op, names), content), each.loc) for each in graph]
    return Graph(
        tuple(defs), names.get(graph.video) if graph.video else None, names.get(graph.audio) if graph.audio else None
    )


def _contained(op: ops.Op, content: Content) -> ops.Op:
    if not isinstance(op, ops.Source):
        return op
    return replace(op, media=replace(op.media, path=content(op.media.path)))


def digest(*texts: str) -> str:
    """One hash of several texts."""
    found = hashlib.sha256()
    for text in texts:
        data = text.encode()
        found.update(b"%d:" % len(data) + data)
    return found.hexdigest()


@cache
def decoding() -> str:
    """The version of PyAV, whose libraries decode straightened inputs."""
    return version("av")


@cache
def maker() -> str:
    """The version of the code that makes scripts, commands and straightened inputs: a hash of its files."""
    return digest(*(text for file in maker_files() for text in (file.name, file.read_text(encoding="utf-8"))))


def maker_files() -> list[Path]:
    """The files of that code."""
    return sorted(file for pattern in MAKING for file in COMPILER.glob(pattern))
