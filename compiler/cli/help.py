"""Commands with help in plain text, with bold headings on a terminal.

Typer would draw the help with rich, which takes longer to load than everything else that `reelc --help` needs.
"""

from __future__ import annotations

import os
import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_HEADING = re.compile(r"^ *(?:Usage|Arguments|Options|Commands|Examples?|Start with|Exit codes):", re.MULTILINE)


def wanted_colour() -> bool | None:
    """Whether NO_COLOR or FORCE_COLOR decides about colours; None leaves it to the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


class Command(TyperCommand):
    """A command with plain help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters, `--help` included."""
        return _with_flags_off(super().get_params(ctx))

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return _with_bold_headings(super().get_help(ctx))


class Group(TyperGroup):
    """A group of commands with plain help; without a command it prints the help and is a usage error."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters, `--help` included."""
        return _with_flags_off(super().get_params(ctx))

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return _with_bold_headings(super().get_help(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments left for the command."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), color=ctx.color)
            ctx.exit(2)
        return super().parse_args(ctx, args)


def _with_bold_headings(text: str) -> str:
    return _HEADING.sub(lambda heading: typer.style(heading[0], bold=True), text)


def _with_flags_off(parameters: list[Any]) -> list[Any]:
    """The parameters, with False as the default of flags without one: to read None as a flag, typer loads pydantic."""
    for parameter in parameters:
        if parameter.default is None and parameter.type_descriptor.annotation is bool:
            parameter.default = False
    return parameters
