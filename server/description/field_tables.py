"""The tables of docs/reel-file.md and docs/settings.md.

`python -m server.description.field_tables PAGE…` makes them anew.

The pages are written by hand. Only their tables are made, each between `<!-- fields: ClipForm -->` or
`<!-- settings: host port -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from compiler.codes import CODES
from compiler.model.schema_forms import annotated
from server.setting_sources import meaning, variable
from server.settings import Settings

Json = dict[str, Any]

TABLE = re.compile(r"<!-- (fields|settings): ([\w ]+) -->\n.*?<!-- end -->", re.DOTALL)
PATH_OR_SECRET = {"path": "path", "password": "secret text"}
TYPES = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false", "null": ""}


def renewed(page: str) -> str:
    """The page's text with every table made anew."""
    return TABLE.sub(_table, page)


def _table(found: re.Match[str]) -> str:
    kind, words = found.groups()
    rows = fields_table(words) if kind == "fields" else settings_table(words.split())
    return "\n".join([f"<!-- {kind}: {words} -->", "", *rows, "", "<!-- end -->"])


def fields_table(form: str) -> list[str]:
    """The fields of one object of the reel file, a row each."""
    whole = annotated()
    about = whole if form == "ReelForm" else whole["$defs"][form]
    required = about.get("required", ())
    rows = (_field_row(name, field, name in required) for name, field in about["properties"].items())
    return [*_head("field", "meaning", "type", "bounds", "default", "example", "errors"), *rows]


def _field_row(name: str, field: Json, required: bool) -> str:
    default = "required" if required else field["x-default"] or _code(field["default"])
    errors = ", ".join(f"[{code}](errors.md#{code.lower()}-{CODES[code].name})" for code in field["x-errors"])
    kind = ", ".join(filter(None, (type_of(field), field["x-unit"])))
    bounds = field["x-bounds"] or ", ".join(_code(word) for word in field.get("enum", ()) if word is not None)
    return _row(f"`{name}`", field["x-meaning"], kind, bounds, default, f"`{field['x-example']}`", errors)


def settings_table(names: Iterable[str]) -> list[str]:
    """These settings of the server, a row each."""
    about = Settings.model_json_schema()["properties"]
    return [
        *_head("setting", "environment", "meaning", "type", "bounds", "default"),
        *(_setting_row(name, about[name]) for name in names),
    ]


def _setting_row(name: str, setting: Json) -> str:
    kind = PATH_OR_SECRET.get(_format(setting)) or ", ".join(filter(None, (type_of(setting), setting.get("unit"))))
    default = "none" if setting["default"] in ("", None) else _code(setting["default"]) + _size(setting)
    return _row(f"`{name}`", f"`{variable(name)}`", meaning(setting), kind, _bounds(setting), default)


def _format(setting: Json) -> str:
    return str(setting.get("anyOf", [setting])[0].get("format", ""))


def _bounds(setting: Json) -> str:
    if "enum" in setting:
        return ", ".join(map(_code, setting["enum"]))
    if "pattern" in setting:
        return f"`{setting['pattern']}`"
    if "exclusiveMinimum" in setting:
        return f"above {setting['exclusiveMinimum']}"
    return f"from {setting['minimum']} to {setting['maximum']}" if "maximum" in setting else ""


def _size(setting: Json) -> str:
    """A number of bytes as people say it."""
    if setting.get("unit") != "bytes":
        return ""
    units = ((30, "GiB"), (20, "MiB"), (10, "KiB"))
    return next(f" ({setting['default'] >> bits} {unit})" for bits, unit in units if setting["default"] >> bits)


def type_of(field: Json) -> str:
    """The field's type in words; an object is a link to its section."""
    if "anyOf" in field:
        return " or ".join(filter(None, map(type_of, field["anyOf"])))
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2].removesuffix("Form").lower()
        return f"[{name}](#{name})"
    if field.get("type") == "array":
        return f"list of {type_of(field['items'])}"
    return TYPES[field["type"]]


def _code(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _head(*titles: str) -> Iterable[str]:
    return _row(*titles), _row(*("---" for _ in titles))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def main(paths: Iterable[str]) -> None:
    """Write these pages with their tables made anew."""
    for path in map(Path, paths):
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
