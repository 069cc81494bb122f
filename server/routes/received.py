"""The body of an upload: received as a file of ours, within the limits, the quota and the room of the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from compiler.supervise.plain import plain
from server.checksums import Checksums
from server.footage.sweep import make_room
from server.problem import Problem, invalid
from server.routes.shapes import NAME_LENGTH
from server.storage.copies import copy_file
from server.storage.objects import CHUNK, StoreFailed
from server.tables import raw_clips
from server.threads import HashedFile, in_thread
from server.web.api import Call, NoBody

_STREAMED = ("video/", "image/", "audio/", "application/octet-stream", "application/mp4")


@asynccontextmanager
async def received(call: Call[NoBody], raw_clip_id: str) -> AsyncIterator[tuple[Path, str, Checksums]]:
    """The uploaded file, here under a name of ours as long as it is needed, its name for people, and its checksums."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    limit = call.services.settings.upload_limit
    _refuse_long(call.request, limit)
    folder = call.services.temporary
    await in_thread(folder.mkdir, parents=True, exist_ok=True)
    path = folder / raw_clip_id
    form = kind == "multipart/form-data"
    if not form and not kind.startswith(_STREAMED):
        message = "send a form with a file, or the bytes with a Content-Type of video/* or image/*"
        raise Problem(415, "unsupported_media_type", message)
    try:
        async with _admitted(call, form=form) as request:
            name, checksums = await (_form if form else _body)(request, path, limit)
            yield path, _named(name), checksums
    except ClientDisconnect as error:
        raise Problem(400, "upload_broken_off", "the upload ended before its end") from error
    except OSError as error:
        raise StoreFailed(f"an upload cannot be kept here: {error.strerror}") from error
    finally:
        await in_thread(path.unlink, missing_ok=True)


@asynccontextmanager
async def _admitted(call: Call[NoBody], *, form: bool) -> AsyncIterator[Request]:
    """The request, once there is room for its body, which is counted while it comes."""
    uploads, stated = call.services.uploads, call.request.headers.get("content-length", "")
    size = int(stated) if stated.isdecimal() else None
    async with uploads.admitted(call.uid, size, partial(_stored, call), form=form) as share:

        async def counted() -> Message:
            message = await call.request.receive()
            uploads.receive(share, len(message.get("body", b"")))
            return message

        yield Request(call.request.scope, counted)


async def _stored(call: Call[NoBody], coming: int) -> int:
    """The bytes of the user's footage, trash and units, after room was made for `coming` bytes within the quota."""
    footage, services = await call.ask(raw_clips.total_size), call.services
    room = max(0, services.settings.footage_per_user - footage - coming)
    async with services.databases.use(call.uid) as user_database:
        return footage + await make_room(services.store, services.sending, user_database, services.coming, room)


def _named(name: str) -> str:
    """What people read: the last part of a path, on one line, not endless."""
    return plain(name.replace("\\", "/").rpartition("/")[2]).strip()[:NAME_LENGTH] or "clip"


def _refuse_long(request: Request, limit: int) -> None:
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > limit + CHUNK:  # a form is a little longer than its file
        raise _too_large(limit)


def _too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"an upload may have {limit} bytes")


async def _body(request: Request, path: Path, limit: int) -> tuple[str, Checksums]:
    """The body as a file; its name and its checksums."""
    size = 0
    with path.open("xb") as file:
        hashed = HashedFile(file)
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            await in_thread(hashed.write, piece)
    return request.query_params.get("name", ""), hashed.checksums


async def _form(request: Request, path: Path, limit: int) -> tuple[str, Checksums]:
    """The form's one file, spooled to the disk while it comes; its name and its checksums."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit + CHUNK:
            raise _too_large(limit)
        return message

    # without the application, for which Starlette makes answers of its own of the parser's errors
    scope = {name: value for name, value in request.scope.items() if name != "app"}
    try:
        async with Request(scope, counted).form(max_files=1, max_fields=8) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise invalid("the form has no file named file", pointer="/file")
            if (file.size or 0) > limit:
                raise _too_large(limit)
            checksums = await in_thread(copy_file, file.file, path)
            named = form.get("name")
            return named if isinstance(named, str) and named else file.filename or "", checksums
    except MultiPartException as error:
        raise invalid(f"the form cannot be read: {error.message}") from error
    except UnicodeError as error:  # of charsets such as punycode, whose errors are not those of decoding
        raise invalid("the form cannot be read: its names are not in the charset that it states") from error
