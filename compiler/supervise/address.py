"""Addresses in place of paths, such as `https://…`, for the error that says that none is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LONGEST = 100
"""Characters of an address that an error quotes."""

_KNOWN = re.compile(r"(https?|ftps?|sftp|s3|gs|rtmps?|rtsp|srt|udp|file|data|blob|smb|nfs|magnet):", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """An address, cut if it is long, and its scheme."""

    text: str
    scheme: str

    @property
    def hint(self) -> str:
        """The remedy."""
        if self.scheme == "file":
            return 'write the path alone, without "file://"'
        return "download the file and write its path, or upload it to a reelc server"


def address_in(path: Path) -> Address | None:
    """The address that a missing path was made of; None for a plain path.

    A path joins `s3://a/b` to its folder as the parts `s3:`, `a` and `b`.
    """
    for count, part in enumerate(path.parts):
        whole = _SCHEME.fullmatch(part)
        found = whole or _KNOWN.match(part)
        if found and not Path(*path.parts[:count], part[:LONGEST]).exists():
            scheme, rest = found[0][:-1].lower(), path.parts[count + 1 :]
            slashes = ("///" if scheme == "file" else "//") if whole else "/" if rest else ""
            text = part + slashes + "/".join(rest)
            return Address(text if len(text) <= LONGEST else f"{text[:LONGEST]}…", scheme)
    return None
