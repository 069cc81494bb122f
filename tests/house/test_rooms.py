"""The rooms of server/ and of the studio: every module is in one, docs/server.md lists it, imports go downwards.

`make layers` keeps the imports of server/; the studio's modules are JavaScript, so their imports are read here.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "server"
STUDIO = SERVER / "static" / "studio"
DOC = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")

LAYERS = ("pages", "timeline", "panels", "playback", "remote", "edit", "parts", "vendor")
"""The studio's rooms, each of which may import only those behind it; `pages` are the modules that templates name."""

IMPORT = re.compile(r'^(?:import|export)\b[^"\n]*"(?P<path>\.[^"\n]+\.js)"', re.MULTILINE)


def table(heading: str) -> dict[str, set[str]]:
    """The rows of the table under a heading of docs/server.md: of each folder, the modules its row names."""
    section = DOC.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([\w./]+)` \| ([^|]+) \|", section, re.MULTILINE)
    return {folder: set(re.findall(r"`(\w+)`", modules)) for folder, modules in rows}


def folders(top: Path, suffix: str, label: str) -> dict[str, set[str]]:
    """The modules of a tree by their folder, as the tables name them."""
    found: dict[str, set[str]] = {}
    for path in top.rglob(f"*{suffix}"):
        if "static" in path.relative_to(top).parts or path.name == "__init__.py":
            continue
        folder = path.parent.relative_to(top).as_posix()
        found.setdefault(label if folder == "." else f"{folder}/", set()).add(path.stem)
    return found


def room_of(module: Path) -> str:
    """The room of a module of the studio, or of a vendored one."""
    if SERVER / "static" / "vendor" in module.parents:
        return "vendor"
    return module.parent.name if module.parent != STUDIO else "pages"


def imports() -> list[tuple[Path, Path]]:
    """Every import between modules of the studio, as importer and imported."""
    found = []
    for path in sorted(STUDIO.rglob("*.js")):
        for match in IMPORT.finditer(path.read_text(encoding="utf-8")):
            found.append((path, Path(os.path.normpath(path.parent / match["path"]))))
    return found


def test_the_table_of_the_server_lists_every_module_in_its_folder() -> None:
    assert table("Where things are") == folders(SERVER, ".py", "server/")


def test_the_table_of_the_studio_lists_every_module_in_its_folder() -> None:
    assert table("The studio") == folders(STUDIO, ".js", "studio/")


def test_every_import_of_the_studio_names_a_file() -> None:
    assert [f"{a.name}: {b}" for a, b in imports() if not b.is_file()] == []
    assert len(imports()) > 100


@pytest.mark.parametrize("room", LAYERS)
def test_a_room_of_the_studio_imports_only_rooms_below_it(room: str) -> None:
    allowed = LAYERS[LAYERS.index(room) :]
    upward = [f"{a.name} imports {b.name}" for a, b in imports() if room_of(a) == room and room_of(b) not in allowed]
    assert upward == []


def test_every_folder_of_the_studio_is_a_room() -> None:
    assert {room_of(path) for path in STUDIO.rglob("*.js")} == set(LAYERS) - {"vendor"}


def drawn(house: str, end: str) -> list[set[str]]:
    """The layers of a house as docs/architecture.md draws them, from the top."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.split(rf"^{house}/.*\n", page, flags=re.MULTILINE)[1].split(end)[0].splitlines()
    return [set(re.findall(r"\w+", re.split(r"\s{2,}", row.strip())[0])) for row in rows]


def test_the_drawing_of_both_houses_is_what_make_layers_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {each["name"]: each for each in project["tool"]["importlinter"]["contracts"]}
    (rooms,) = (each["layers"] for name, each in contracts.items() if name.startswith("rooms"))
    server, *layers = contracts["layers"]["layers"]
    assert server == "server"
    assert drawn("server", "──") == [set(layer.split(" | ")) for layer in rooms]
    assert drawn("compiler", "```") == [set(layer.replace("compiler.", "").split(" | ")) for layer in layers]


def test_the_page_has_every_folder_of_supervise() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("The folders of `compiler/supervise/`", 1)[1].split("`make layers`", 1)[0]
    found = {path.parent.name for path in (ROOT / "compiler" / "supervise").glob("*/*.py")}
    assert set(re.findall(r"^\| `(\w+)/` \|", table, re.MULTILINE)) == found


def test_the_drawing_of_the_studio_has_its_rooms() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line[59:] for line in page.split("\nserver/  ", 1)[1].splitlines() if len(line) > 59]
    assert [room for row in rows for room in re.findall(r"^  (\w+)/ ", row)] == list(LAYERS[1:-1])
