"""Keeps the server's secrets and memory from children and from other programs of its user."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any, get_args

from pydantic import SecretStr

from server.settings import PREFIX, Settings

PR_SET_DUMPABLE = 4

AWS_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
"""Variables of the AWS tools; boto3 reads them when the store is opened, if at all."""


def close_memory() -> None:
    """Deny other programs of this user the process's memory, open files and environment; it leaves no core dumps."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _is_secret(annotation: Any) -> bool:
    return SecretStr in (annotation, *get_args(annotation))


def forget_secrets() -> None:
    """Remove secrets from the environment, and overwrite the copy that the kernel shows in /proc."""
    secrets = (PREFIX + name.upper() for name, field in Settings.model_fields.items() if _is_secret(field.annotation))
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    for name in (*secrets, *AWS_SECRETS):
        if place := getenv(name.encode()):
            ctypes.memset(place, 0, len(ctypes.string_at(place)))
        os.environ.pop(name, None)
