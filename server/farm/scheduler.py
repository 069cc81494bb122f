"""The way to a Dask scheduler: its address, and TLS with certificates of both sides."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from compiler.errors import Loc, ReelError
from server.farm_settings import FarmSettings

if TYPE_CHECKING:
    from distributed import Security

EXTRA = "pip install reelc[dask]"


@dataclass(frozen=True, slots=True)
class SchedulerAddress:
    """The address of a scheduler, and the files of certificates with which both sides prove themselves."""

    address: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def check(self) -> None:
        """RC804 without Dask; RC801 for an address that is none, or that is neither TLS nor of this machine."""
        if find_spec("distributed") is None:
            message = "films can be made on many machines only with Dask"
            raise ReelError("RC804", Loc(), message, hint=EXTRA)
        scheme, host = _parts(self.address)
        files = (self.ca, self.cert, self.key)
        if scheme == "tls" and not all(files):
            raise _refused(self.address, "tls needs the files scheduler_ca, scheduler_cert and scheduler_key")
        if scheme != "tls" and not _is_loopback(host):
            raise _refused(self.address, "whoever reaches a scheduler runs code on its workers: give a tls:// address")
        for file in filter(None, files):
            if not file.is_file():
                raise _refused(self.address, f'"{file}" is no file')

    def security(self) -> Security | None:
        """TLS with certificates of both sides; None for a scheduler of this machine without TLS."""
        if not self.address.startswith("tls:"):
            return None
        from distributed import Security

        pair = {"cert": str(self.cert), "key": str(self.key)}
        files = {f"tls_{role}_{name}": path for role in ("client", "worker") for name, path in pair.items()}
        return Security(tls_ca_file=str(self.ca), require_encryption=True, **files)


def scheduler_in(settings: FarmSettings) -> SchedulerAddress:
    """The scheduler of the settings."""
    return SchedulerAddress(settings.scheduler, settings.scheduler_ca, settings.scheduler_cert, settings.scheduler_key)


def quiet() -> None:
    """Print none of Dask's log lines: this program reports what they say as errors of its own."""
    logger = logging.getLogger("distributed")
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.CRITICAL)


def unreachable(address: str, error: BaseException) -> ReelError:
    """RC801 for a scheduler that does not answer."""
    why = str(error).strip().splitlines()
    detail = why[0] if why else type(error).__name__
    hint = "start a scheduler, and check the address, the network and the certificates"
    return ReelError("RC801", Loc(), f"the scheduler {address} does not answer", detail=detail, hint=hint)


def _parts(address: str) -> tuple[str, str]:
    """The scheme and the host of an address; RC801 for one that is none."""
    try:
        split = urlsplit(address)
        if split.scheme in ("tcp", "tls") and split.hostname and split.port:
            return split.scheme, split.hostname
    except ValueError:
        pass
    raise _refused(address, "it is no address of a scheduler, such as tls://scheduler:8786")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(address: str, why: str) -> ReelError:
    return ReelError("RC801", Loc(), f"the scheduler {address} is not used", detail=why, hint="see docs/farm.md")
