"""The settings of a server that shares its store with other servers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PositiveFloat, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

FEWEST_BEATS = 3
"""Beats that must fit into `lease_stale`: one that is late must not end a server's leases."""

SHORTEST_SECRET = 16

MOST, LONGEST = 10**15, 3_155_760_000
"""The largest number of a setting, which every database and limit of a process can hold, and the longest time, in
seconds: a hundred years, since dates end."""


def counted(unit: str, most: int = MOST) -> Any:
    """Names the unit of a setting, and its largest value."""
    return Field(le=most, json_schema_extra={"unit": unit})


Seconds = Annotated[PositiveFloat, counted("seconds", LONGEST)]


class PeerSettings(BaseSettings):
    """The part of the settings that says how servers over one store share the users."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    address_inside: str = Field(default="", pattern=r"^(https?://[^/\s]+)?$")
    """Address at which other servers over the same store reach this one: they forward the requests of its users to
    it. Without one they answer those 503."""
    shared_secret: SecretStr = SecretStr("")
    """Secret of at least 16 characters that all servers over the store have, by which they recognise forwarded
    requests. Without one nothing is forwarded."""
    lease_beat: Seconds = 1.5
    """Time between two beats of a server that has users, by which other servers see that it lives."""
    lease_stale: Seconds = 6
    """Time without a beat after which other servers take over a server's users; at least three beats."""

    @model_validator(mode="after")
    def _beats_fit(self) -> PeerSettings:
        if self.lease_stale < FEWEST_BEATS * self.lease_beat:
            raise ValueError(f"lease_stale must be at least {FEWEST_BEATS} times lease_beat")
        return self

    @model_validator(mode="after")
    def _secret_is_long(self) -> PeerSettings:
        length = len(self.shared_secret.get_secret_value())
        if (self.address_inside or length) and length < SHORTEST_SECRET:
            raise ValueError(f"set shared_secret, of at least {SHORTEST_SECRET} characters")
        return self
