"""Every setting explained: its value, where the value comes from, and what the setting means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_settings import EnvSettingsSource

from server.secret_files import SecretFiles
from server.settings import PREFIX, Settings
from server.settings_file import file_source, settings_file


def explained(settings: Settings, given: Mapping[str, Any]) -> str:
    """A paragraph for each setting, secrets as stars; `given` are those of the command line."""
    origins = origins_of(given)
    fields = Settings.model_json_schema()["properties"]
    return "\n".join(
        f"{name} = {json.dumps(value)}{_unit(fields[name])}\n    {origins[name]}\n    {meaning(fields[name])}\n"
        for name, value in settings.as_json().items()
    )


def origins_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Where the value of each setting comes from, in words; the first of several that have it counts."""
    environment = EnvSettingsSource(Settings)()
    secrets = SecretFiles(Settings)()
    file = file_source(Settings)()
    return {name: _origin(name, given, secrets, environment, file) for name in Settings.model_fields}


def _origin(name: str, given: Mapping[str, Any], secrets: Mapping[str, Any], *others: Mapping[str, Any]) -> str:
    environment, file = others
    if name in given:
        return "from the command line"
    if name in secrets:
        return f"from the file that {variable(name)}_FILE names"
    if name in environment:
        return f"from {variable(name)} in the environment"
    return f"from {settings_file()}" if name in file else "default"


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def meaning(field: Mapping[str, Any]) -> str:
    """The sentences that say what a setting means, on one line; `field` is its JSON Schema."""
    return " ".join(str(field["description"]).split())


def _unit(field: Mapping[str, Any]) -> str:
    return f" {field['unit']}" if "unit" in field else ""
