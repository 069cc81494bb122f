"""The settings of the machines that make units of films."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class FarmSettings(BaseSettings):
    """Whether other machines make units, and the way to their scheduler."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    executor: Literal["local", "dask"] = "local"
    """What makes units of films: ffmpegs of this server, or the workers of a Dask scheduler."""
    scheduler: str = ""
    """Address of the Dask scheduler, tls://host:port. Without TLS it must be of this machine."""
    scheduler_ca: Path | None = None
    """File of the authority that signed the certificates of the scheduler, the server and the workers."""
    scheduler_cert: Path | None = None
    """File of this process's certificate for the scheduler."""
    scheduler_key: Path | None = None
    """File of the key of that certificate."""

    @model_validator(mode="after")
    def _dask_has_a_scheduler(self) -> FarmSettings:
        if self.executor == "dask" and not self.scheduler:
            raise ValueError("executor is dask: set scheduler")
        return self
