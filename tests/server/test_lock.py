"""One server a data folder: a second one refuses to start, in words, and changes nothing."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from compiler.errors import ReelError
from server.process import serve
from server.settings import Settings
from server.storage.lock import FILE, locked
from tests.server.forking import ROOT, fork
from tests.server.site import PLAIN, Site, serving
from tests.server.test_commands import reelc

pytestmark = pytest.mark.further

PATIENCE = 30


def refused_start(data: Path) -> tuple[int, str]:
    """The exit code and the errors of a server that must not start on this folder."""
    with (data.parent / "second.log").open("wb") as log:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        arguments = ["serve", "--port", "0", "--data", str(data)]
        second = fork(PLAIN, arguments, environment, data.parent, log.fileno())
        try:
            code = second.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            second.kill()
            raise
        finally:
            second.stdout.close()
    return code, (data.parent / "second.log").read_text()


def test_a_second_server_on_a_folder_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as site, site.client() as client:
        assert client.get("/healthz").status_code == 200
        kept = tmp_path / "data" / "local" / "temporary" / "an upload"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch()
        code, text = refused_start(tmp_path / "data")
        assert code == 7
        assert text.startswith("error[RC701]: ")
        assert f"process {site.process.pid} on " in text
        assert "servers that share work have a folder each and one store" in text
        assert kept.exists()
        linked = tmp_path / "another name"
        linked.symlink_to(tmp_path / "data")
        assert refused_start(linked)[0] == 7


def test_the_lock_of_a_killed_server_is_free(tmp_path: Path) -> None:
    Site(tmp_path / "data").kill()
    with serving(tmp_path / "data") as later, later.client() as client:
        assert client.get("/healthz").status_code == 200
        assert f"process {later.process.pid} on " in (tmp_path / "data" / FILE).read_text()


def test_users_are_added_and_revoked_beside_a_running_server(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as site:
        token = reelc(tmp_path, "user", "add", "ann").stdout.strip()
        with site.client(token) as ann:
            assert ann.get("/api/me").json() == {"id": "ann"}
        assert reelc(tmp_path, "user", "revoke", "ann").returncode == 0


def test_a_folder_that_cannot_be_made_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = reelc(tmp_path, "serve", "--port", "0", "--data", "file/data")
    assert ended.returncode == 7
    assert ended.stderr.startswith('error[RC704]: the data folder "file/data" cannot be written\n  Not a directory\n')


@pytest.mark.parametrize("where", [".", "local"])
def test_a_disk_that_takes_no_writes_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    opened, refused = os.open, tmp_path / where

    def read_only(path: str, flags: int, *given: int, **named: int) -> int:
        if flags & os.O_CREAT and Path(path).parent == refused:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, flags, *given, **named)

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(ReelError, match="cannot be written") as caught:
        serve(Settings(data=tmp_path, port=0), lambda settings: pytest.fail("it serves"))
    assert (caught.value.code, caught.value.detail) == ("RC704", "Read-only file system")


def test_a_disk_without_locks_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ReelError) as caught, locked(tmp_path):
        pass
    assert (caught.value.code, caught.value.detail) == ("RC704", "No locks available")


@pytest.mark.fault
def test_a_disk_that_is_mounted_read_only_is_an_error_in_words(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "reelc-tests", str(data)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"NOT TESTED: a read-only disk, because mounting fails here: {mounted.stderr.strip()}")
    try:
        code, text = refused_start(data)
    finally:
        subprocess.run(["umount", str(data)], check=True)
    assert code == 7
    assert text.startswith("error[RC704]: ")
    assert "\n  Read-only file system\n" in text


def test_a_link_names_the_address_of_the_running_server(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as site:
        added = reelc(tmp_path, "user", "add", "ann")
        assert f" {site.url}/sign-in?token=" in added.stderr
    assert "http://127.0.0.1:8000/sign-in?token=" in reelc(tmp_path, "user", "add", "bob").stderr
