"""What can be set, from the environment (`REELC_…`), a TOML file and the command line, later ones first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

FILE_VARIABLE = "REELC_CONFIG"
"""The environment variable that names the settings file."""

DEFAULT_FILE = "reelc.toml"


class Settings(BaseSettings):
    """Every setting of the server, checked; defaults are a server on this machine that needs nothing else."""

    model_config = SettingsConfigDict(env_prefix="REELC_", extra="forbid", frozen=True, validate_default=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    """0 takes a free one."""
    public_url: str = Field(default="", pattern=r"^(https?://[^/\s]+)?$")
    """The address that browsers use, if it is not that of host and port: it decides which origins are ours."""
    data: Path = Path("reelc-data")
    """The folder of databases and temporary files, and of the local object store."""
    store: Literal["folder", "s3"] = "folder"
    s3_endpoint: str = ""
    """Empty for AWS itself."""
    s3_bucket: str = ""
    s3_region: str = "auto"
    s3_prefix: str = Field(default="", pattern=r"^([a-z0-9._-]+/)*$")
    """Put before every key, for several servers' data in one bucket."""
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    upload_limit: PositiveInt = 4 << 30
    """Bytes of one raw clip."""
    body_limit: PositiveInt = 8 << 20
    """Bytes of any other request."""
    user_rate: PositiveFloat = 100
    """Requests a second that one user may send for long."""
    user_burst: PositiveInt = 2000
    """Requests that one user may send at once, after a rest."""
    address_rate: PositiveFloat = 400
    """Requests a second from one address, whoever sends them."""
    address_burst: PositiveInt = 8000
    durable_within: PositiveFloat = 10
    """Seconds a save may wait to be durable before it is answered with 503."""
    refuse_after: PositiveFloat = 30
    """Seconds a user's saves may be undurable before new ones are refused."""
    idle_after: PositiveFloat = 900
    """Seconds without a request after which a user's database is closed."""
    shutdown_within: PositiveFloat = 25
    """Seconds that running requests and saves get to end after SIGTERM."""
    session_days: PositiveInt = 30
    versions_kept: int = Field(default=50, ge=1)
    """Of each clip, besides those that a film was rendered from."""
    films_kept: PositiveInt = 10
    """Of each project, besides the younger ones."""
    films_kept_for: PositiveFloat = 604_800
    """Seconds for which every film is kept, however many are newer."""
    cache_limit: PositiveInt = 20 << 30
    """Bytes of footage that may lie here for rendering."""
    export_slots: PositiveInt = 1
    """Films that are rendered side by side."""
    exports_per_user: PositiveInt = 3
    """Exports of one user that may wait or run; more are refused."""
    exports_at_once: PositiveInt = 32
    """Exports of everybody that may wait or run."""
    views_per_user: PositiveInt = 32
    """Strips, peaks and proxies of one user that may wait or be made; more are refused."""
    views_at_once: PositiveInt = 256
    """The same, of everybody."""
    export_within: PositiveFloat = 7200
    """Seconds that rendering one film may take."""
    stall_after: PositiveFloat = 60
    """Seconds without a new frame after which a render is given up."""
    sweep_after: PositiveFloat = 86_400
    """Seconds after which an object that no row names is deleted."""
    sample: Path | None = None
    """A reel file that new users find as their first project; there is none where it or its footage is not."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"

    @model_validator(mode="after")
    def _s3_is_whole(self) -> Settings:
        if self.store == "s3" and not (self.s3_bucket and self.s3_access_key and self.s3_secret_key):
            raise ValueError("store is s3: set s3_bucket, s3_access_key and s3_secret_key")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line, then the environment, then the file; no `.env`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, settings_file())

    @property
    def url(self) -> str:
        """The address to give to people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https: cookies are then never sent otherwise."""
        return urlsplit(self.url).scheme == "https"

    @property
    def local(self) -> Path:
        """The folder of what may be lost: databases that can be restored, and temporary files."""
        return self.data / "local"

    @property
    def temporary(self) -> Path:
        """The folder that is emptied at the start."""
        return self.local / "temporary"

    def as_json(self) -> dict[str, Any]:
        """Every setting by name, JSON-ready, secrets as stars."""
        return self.model_dump(mode="json")


def settings_file() -> Path:
    """The settings file: what REELC_CONFIG names, else reelc.toml where one is; it need not exist."""
    return Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)
