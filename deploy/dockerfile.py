"""Reads deploy/Dockerfile: its instructions, in stages."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).with_name("Dockerfile")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: the image that it begins with, its name, its instructions with their words."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        """The words of the last such instruction."""
        return [words for each, words in self.steps if each == instruction][-1]

    def environment(self) -> dict[str, str]:
        """The variables of all its ENV."""
        pairs = [pair for each, words in self.steps if each == "ENV" for pair in shlex.split(words)]
        return dict(pair.split("=", 1) for pair in pairs)

    def command(self, instruction: str) -> list[str]:
        """The command of its ENTRYPOINT, CMD or HEALTHCHECK."""
        words: list[str] = json.loads(self.last(instruction).rpartition("CMD ")[2])
        return words


def stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile, in their order."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    found: list[Stage] = []
    for line in filter(None, joined.splitlines()):
        instruction, words = line.split(None, 1)
        if instruction == "FROM":
            base, *name = words.split(" AS ")
            found.append(Stage(base, name[0] if name else ""))
        else:
            found[-1].steps.append((instruction, words))
    return found
