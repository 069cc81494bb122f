"""Secret settings in files: `REELC_METRICS_TOKEN_FILE` names the file of `metrics_token`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource


@dataclass(frozen=True, slots=True)
class Unread:
    """The value of a setting whose file cannot be used."""

    why: str


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is a secret."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


class SecretFiles(PydanticBaseSettingsSource):
    """The secrets in files that variables such as `REELC_METRICS_TOKEN_FILE` name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The content of the secret's file, without white space around it; None if no variable names one."""
        name = f"{self.config['env_prefix']}{field_name.upper()}"
        path = os.environ.get(f"{name}_FILE")
        if path is None or not is_secret(field):
            return None, field_name, False
        if name in os.environ:
            return Unread(f"set {name} or {name}_FILE, not both"), field_name, False
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            return Unread(f"the file that {name}_FILE names cannot be read: {error}"), field_name, False
        return text or Unread(f"the file that {name}_FILE names is empty"), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every secret that has a file."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}
