"""Pages with generated tables: they equal a fresh generation, are complete, and their examples hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import server.cli  # noqa: F401  adds the server's commands to those of the compiler
from compiler.cli import app
from compiler.model import read_reel
from compiler.model.schema_forms import annotated
from compiler.pipeline import compile_reel
from server.description.field_tables import TABLE, renewed
from server.settings import Settings
from tests.golden.media import MEDIA, NINE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = ("reel-file.md", "settings.md", "semantics.md")
ALL_PAGES = sorted(path for folder in (ROOT, ROOT / "bench", DOCS, DOCS / "adr") for path in folder.glob("*.md"))
COMMAND: Any = typer.main.get_command(app)
REEL_FILE = (DOCS / "reel-file.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [
    json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", REEL_FILE, re.MULTILINE | re.DOTALL)
]


def anchors(page: str) -> set[str]:
    """The possible targets of a link into the page: its headings, as anchors."""
    headings: list[str] = re.findall(r"^##* (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_would_be_made_now(name: str) -> None:
    """`make docs` writes this page."""
    text = (DOCS / name).read_text(encoding="utf-8")
    assert text == renewed(text)


def test_every_object_of_the_reel_file_has_a_table() -> None:
    tables = [words for kind, words in TABLE.findall(REEL_FILE) if kind == "fields"]
    assert sorted(tables) == sorted(["ReelForm", *annotated()["$defs"]])


@pytest.mark.parametrize("path", ALL_PAGES, ids=lambda path: path.name)
def test_every_link_of_a_page_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", path.read_text(encoding="utf-8"))
    for linked, anchor in links:
        target = path.parent / linked if linked else path
        assert target.exists(), linked
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{linked}#{anchor}"


def commands(path: Path) -> Iterator[list[str]]:
    """The commands of reelc in the code of a page, as words."""
    text = path.read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    spans = "\n".join(re.findall(r"`(reelc [^`]+)`", text))
    for line in f"{blocks}\n{spans}".replace("\\\n", " ").splitlines():
        for command in re.findall(r"(?:^ *|\$\(|; do |&& |/)reelc ([a-z][^|;&#)]*)", line):
            yield command.split("   ")[0].split()


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command or group that words name, each of which exists, and the words after it."""
    command, rest = COMMAND, [*words]
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        assert rest[0] in command.commands, words
        command = command.commands[rest.pop(0)]
    return command, rest


def options_of(command: Any) -> set[str]:
    """The options that a command takes."""
    return {option for parameter in command.params for option in parameter.opts} | {"--help"}


@pytest.mark.parametrize("path", ALL_PAGES, ids=lambda path: path.name)
def test_every_command_of_a_page_exists_with_its_options(path: Path) -> None:
    for words in commands(path):
        command, rest = command_of(words)
        given = re.findall(r"(?<![^ \[])--?[a-z][a-z-]*", " ".join(rest))
        assert {*given} <= options_of(command), words


def test_commands_are_really_read() -> None:
    """Also those of blocks with other programs, and with options in further lines."""
    seen = [words for path in ALL_PAGES for words in commands(path)]
    assert len(seen) > 100
    assert ["user", "add", "ann"] in seen
    assert ["compile", "examples/bunny.json", "--dry-run"] in seen


def test_every_decision_has_a_number_of_its_own() -> None:
    files = sorted((DOCS / "adr").iterdir())
    headed = [re.match(r"# (?:ADR )?(\d+)[.:] ", file.read_text(encoding="utf-8")) for file in files]
    numbers = [int(head[1]) if head else None for head in headed]
    assert numbers == [int(file.name[:4]) for file in files]
    assert len({*numbers}) == len(numbers)


def test_every_setting_stands_in_one_table() -> None:
    tables = TABLE.findall((DOCS / "settings.md").read_text(encoding="utf-8"))
    assert sorted(name for _, words in tables for name in words.split()) == sorted(Settings.model_fields)


def test_every_setting_has_a_meaning() -> None:
    fields = Settings.model_fields.items()
    assert [name for name, field in fields if not (field.description or "").endswith(".")] == []


def test_the_page_has_links() -> None:
    assert len(re.findall(r"errors\.md#rc", REEL_FILE)) > 50


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) > 15


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ",".join(example))
def test_an_example_compiles(example: dict[str, Any]) -> None:
    """An example without a version is a clip, or some fields of one."""
    whole = (
        example
        if "reel" in example
        else {"reel": 1, "clips": [{"media": "game.mp4"}, {"media": "game.mp4", **example}]}
    )
    assert compile_reel(read_reel(json.dumps(whole)), MEDIA, NINE).plan.frames > 0
