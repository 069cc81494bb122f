"""An S3-compatible object store (AWS, R2, SeaweedFS, MinIO) through boto3, in its own threads, with deadlines."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import boto3
import botocore.loaders
import botocore.session
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.parsers import ResponseParserError

from server.storage.objects import CHUNK, ChangedObject, Exists, Missing, Stat, StoreFailed, WholeAnswered, check_key
from server.storage.skipped import listed
from server.threads import close_in, opened_in

T = TypeVar("T")
THREADS = 16
DEADLINE = 60.0
"""Seconds for one call; the upload of a file has no deadline as long as bytes move."""
TRANSFER = TransferConfig(max_concurrency=2, multipart_threshold=16 << 20, multipart_chunksize=16 << 20)
ABSENT = {"404", "NoSuchKey", "NoSuchUpload", "NotFound"}
TAKEN = {"PreconditionFailed", "412"}
LARGE = "users/", "farm/"
"""The folders of objects that are put in parts."""

UNUSABLE = (ValueError, BotoCoreError)
"""The exceptions of making a store of an address or a region that cannot be one."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket's address and credentials, empty for those of AWS; `endpoint` is empty for AWS, `prefix` is put before
    every key.
    """

    name: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str
    prefix: str = ""


@cache
def _loader() -> Any:
    """Shared by all stores of the process, which would read boto3's description of S3 anew."""
    return botocore.loaders.create_loader()


def _session() -> boto3.session.Session:
    """A session of its own for each store, so that each finds the credentials of AWS anew."""
    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    return boto3.session.Session(botocore_session=session)


class S3Store:
    """Objects in a bucket. `If-None-Match: *` must be honoured by it, as `check` finds out."""

    def __init__(self, bucket: Bucket, *, connect: float = 3, read: float = 20, attempts: int = 3) -> None:
        self.bucket = bucket
        self._threads = ThreadPoolExecutor(THREADS, "s3")
        self._client: Any = _session().client(
            "s3",
            endpoint_url=bucket.endpoint or None,
            region_name=bucket.region,
            aws_access_key_id=bucket.access_key or None,  # None: those that boto3 finds, as the tools of AWS do
            aws_secret_access_key=bucket.secret_key or None,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=connect,
                read_timeout=read,
                max_pool_connections=THREADS,
                retries={"mode": "standard", "total_max_attempts": attempts},
                # R2 and others refuse the checksums that boto3 adds by default
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        """Store `body`; with `if_absent`, Exists if the key is taken: of concurrent puts exactly one succeeds.

        boto3 may retry a put that had succeeded and find its own object: Exists then may stand for our own put.
        """
        condition = {"IfNoneMatch": "*"} if if_absent else {}
        put = await self._call(self._client.put_object, key, Body=body, **condition)
        return Stat(key, len(body), _of(put, "ETag").strip('"'), datetime.now(UTC))

    async def put_file(self, key: str, path: Path) -> Stat:
        """Store a file's content without loading it into memory."""
        where = {"Bucket": self.bucket.name, "Key": self._key(key), "Config": TRANSFER}
        await self._run(None, partial(self._client.upload_file, str(path), **where))
        return await self.head(key)

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes `[start, stop)` of an object, to its end by default; Missing if it does not exist."""
        return b"".join([piece async for piece in self.stream(key, start, stop)])

    async def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of `get`, in pieces; the store is not accessed before the first piece is requested.

        ChangedObject if the object has another etag than `etag`; WholeAnswered from a bucket without ranges;
        StoreFailed for an answer with another range.
        """
        if stop is not None and stop <= start:
            await self.head(key)
            return
        part = {} if start == 0 and stop is None else {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        try:
            found = await self._opened(key, **part, **({} if etag is None else {"IfMatch": f'"{etag}"'}))
        except _PastTheEnd:
            return
        except Exists as error:  # the answer to every condition that does not hold
            raise ChangedObject(key) from error
        body = found["Body"]
        try:
            if etag is not None and etag != _of(found, "ETag").strip('"'):  # not every service knows the condition
                raise ChangedObject(key)
            length = _of(found, "ContentLength")  # without it, the end of the body is unknown
            if part and "ContentRange" not in found:
                raise WholeAnswered(f"the bucket {self.bucket.name} answered a range with the whole object")
            if part and not _is_range(found["ContentRange"], length, start, stop):
                raise StoreFailed(f"the bucket {self.bucket.name} answered another range than it was asked for")
            while piece := await self._run(DEADLINE, partial(body.read, CHUNK)):
                yield piece
        finally:
            close_in(self._threads, body)

    async def head(self, key: str) -> Stat:
        """The object's size, etag and time; Missing if it does not exist."""
        found = await self._call(self._client.head_object, key)
        return Stat(key, _of(found, "ContentLength"), _of(found, "ETag").strip('"'), _of(found, "LastModified"))

    async def listing(self, prefix: str, after: str = "") -> AsyncIterator[Stat]:
        """Every object whose key begins with `prefix` and sorts after `after`; sorted by key within a folder."""
        ours = self.bucket.prefix
        more = {"StartAfter": ours + after} if after else {}
        while True:
            call = partial(self._client.list_objects_v2, Bucket=self.bucket.name, Prefix=ours + prefix, **more)
            page = await self._run(DEADLINE, call)
            more_follows = _of(page, "IsTruncated")  # a truncated answer without it looks like an empty listing
            for item in page.get("Contents", ()):
                key = item["Key"].removeprefix(ours)
                if listed(key):
                    yield Stat(key, item["Size"], item["ETag"].strip('"'), item["LastModified"])
            if not more_follows:
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    async def delete(self, key: str) -> None:
        """Delete the object if it exists."""
        await self._call(self._client.delete_object, key)

    async def delete_unfinished(self, before: datetime) -> int:
        """Abort the uploads in parts that were begun before a time, whose servers were killed; return their number.

        Those of other programs in the bucket are left alone, and those that another server has just aborted.
        """
        count, named, more = 0, {"Bucket": self.bucket.name}, dict[str, str]()
        while True:
            call = partial(self._client.list_multipart_uploads, Prefix=self.bucket.prefix, **named, **more)
            page = await self._run(DEADLINE, call)
            for each in page.get("Uploads", ()):
                key = _of(each, "Key")
                ours = key.removeprefix(self.bucket.prefix).startswith(LARGE)
                if ours and _of(each, "Initiated") < before:
                    upload = {"Key": key, "UploadId": _of(each, "UploadId")}
                    with suppress(Missing):
                        await self._run(DEADLINE, partial(self._client.abort_multipart_upload, **named, **upload))
                        count += 1
            if not page.get("IsTruncated"):
                return count
            more = {"KeyMarker": _of(page, "NextKeyMarker"), "UploadIdMarker": _of(page, "NextUploadIdMarker")}

    async def close(self) -> None:
        """Wait for running calls, then close connections and end threads."""
        await asyncio.to_thread(self._threads.shutdown)
        self._client.close()

    def _key(self, key: str) -> str:
        return self.bucket.prefix + check_key(key)

    async def _call(self, call: Callable[..., T], key: str, **given: Any) -> T:
        return await self._run(DEADLINE, partial(call, Bucket=self.bucket.name, Key=self._key(key), **given))

    async def _opened(self, key: str, **part: str) -> dict[str, Any]:
        """The answer with an object's body, which is not read yet."""
        get = partial(self._client.get_object, Bucket=self.bucket.name, Key=self._key(key), **part)
        return await self._within(DEADLINE, opened_in(self._threads, get, lambda answer: answer["Body"]))

    async def _run(self, within: float | None, work: Callable[[], T]) -> T:
        """Run `work` in a thread and return its result; after `within` seconds the thread is abandoned."""
        return await self._within(within, asyncio.get_running_loop().run_in_executor(self._threads, work))

    async def _within(self, within: float | None, doing: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(within):
                return await doing
        except ClientError as error:
            raise _named(error) from error
        except NoCredentialsError as error:
            why = "set s3_access_key and s3_secret_key, or credentials of AWS"
            raise StoreFailed(f"there are no credentials for the bucket {self.bucket.name}: {why}") from error
        except (BotoCoreError, ResponseParserError, boto3.exceptions.Boto3Error, OSError, TimeoutError) as error:
            raise StoreFailed(f"the bucket {self.bucket.name} failed: {type(error).__name__}") from error
        finally:
            del doing  # its exception holds this frame: together they would wait for the garbage collector


def _of(answer: dict[str, Any], name: str) -> Any:
    """A member that every complete answer has; StoreFailed for an answer truncated before it."""
    if name not in answer:
        raise StoreFailed(f"the bucket's answer has no {name}")
    return answer[name]


_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


def _is_range(stated: str, length: int, start: int, stop: int | None) -> bool:
    """Whether an answer of this Content-Range and Content-Length has the bytes `[start, stop)` of its object."""
    found = _RANGE.fullmatch(stated)
    if found is None:
        return False
    first, end = int(found[1]), int(found[2]) + 1
    size = max(stop or 0, end) if found[3] == "*" else int(found[3])  # "*": the bucket does not say
    return (first, end) == (start, size if stop is None else min(stop, size)) and length == end - first


class _PastTheEnd(Exception):
    """The requested range begins after the object's end."""


def _named(error: ClientError) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in TAKEN or status == 412:
        return Exists(code)
    if code in ABSENT:
        return Missing(code)
    if code == "InvalidRange" or status == 416:
        return _PastTheEnd(code)
    return StoreFailed(f"the bucket answered {status} {code}")
