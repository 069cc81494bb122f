"""The settings file: `reelc.toml` in the folder where `reelc` is started, or the one that `REELC_CONFIG` names."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, TomlConfigSettingsSource

from server.secret_files import Unread

FILE_VARIABLE = "REELC_CONFIG"
"""The environment variable that names the settings file."""

DEFAULT_FILE = "reelc.toml"


def settings_file() -> Path:
    """The path of the settings file; only one that `REELC_CONFIG` names has to exist."""
    return Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def file_source(settings_cls: type[BaseSettings]) -> PydanticBaseSettingsSource:
    """The settings of the file, none where there is no default file; `Unread` in place of those that cannot be read."""
    path = settings_file()
    try:
        if os.environ.get(FILE_VARIABLE) or path.exists():
            path.open("rb").close()  # a file that cannot be opened would be one without settings
        return TomlConfigSettingsSource(settings_cls, path)
    except OSError as error:
        why = error.strerror or str(error)
    except ValueError as error:
        why = str(error)
    return InitSettingsSource(
        settings_cls, {"settings_file": Unread(f"the settings file {path} cannot be read: {why}")}
    )
