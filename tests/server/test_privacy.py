"""Secrets and memory of a server are out of reach of other programs, and a required sandbox is insisted on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler.errors import Loc, ReelError
from compiler.supervise.children import level as levels
from compiler.supervise.children.level import Level
from server.privacy import close_files
from server.problem import from_reel, render_problem
from server.settings import Settings
from tests.server.site import PLAIN, Fresh, add_user, serving
from tests.server.test_commands import reelc
from tests.server.test_http import added

WITNESS = (
    """
import ctypes, os
from pathlib import Path
from server import process
plain, forget = process.make_services, process.forget_secrets
def make_services(settings):
    assert settings.s3_secret_key.get_secret_value() == "hidden-key"
    assert os.environ["AWS_SESSION_TOKEN"] == "hidden-token"
    Path("dumpable").write_text(str(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)))
    return plain(settings)
def forget_secrets():
    forget()
    left = {**os.environ, "libc": str(ctypes.CDLL(None).getenv(b"AWS_SESSION_TOKEN"))}
    Path("left").write_text(repr(left) + Path("/proc/self/environ").read_text())
process.make_services, process.forget_secrets = make_services, forget_secrets
"""
    + PLAIN
)


@pytest.mark.further
def test_a_server_forgets_secrets_and_closes_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hidden-token")
    server = serving(tmp_path / "data", Fresh(WITNESS), s3_secret_key="hidden-key", s3_region="visible")
    with server as site, site.client() as anybody:
        assert anybody.get("/healthz").status_code == 200
    assert (tmp_path / "dumpable").read_text() == "0"
    left = (tmp_path / "left").read_text()
    assert left.count("visible") == 2
    assert "hidden" not in left
    assert "'libc': '0'" in left


def readable(folder: Path) -> list[Path]:
    """What other users may read."""
    return [path for path in (folder, *folder.rglob("*")) if path.stat(follow_symlinks=False).st_mode & 0o077]


def test_a_server_closes_the_files_of_an_earlier_one_and_its_own(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")  # by this process, which closes nothing
    (data / "local").mkdir()
    (data / "objects" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("not ours")
    assert len(readable(data)) > 3
    with serving(data) as site, site.client(token) as ann:
        added(ann, game)
        assert readable(data) == [data / "objects" / "link"]
    assert (tmp_path / "elsewhere").stat().st_mode & 0o044


def test_a_folder_with_files_of_others_stays_open(tmp_path: Path) -> None:
    data = tmp_path / "shared"
    (data / "objects").mkdir(parents=True)
    (data / "letter").write_text("to everybody")
    close_files(Settings(data=data))
    assert readable(data) == [data, data / "letter"]


@pytest.mark.parametrize("text", ["/srv/reels/local/temporary/x.mp4: cannot be read", "see 'file:///srv/reels/x.mp4'"])
def test_errors_say_nothing_of_the_servers_folders(text: str) -> None:
    error = ReelError("RC604", Loc("c"), text, detail=text, hint=text)
    assert "srv" not in json.dumps([from_reel(error).body(), render_problem(error).body()])
    assert "/clips/0/media" in json.dumps(from_reel(ReelError("RC101", Loc("c"), "/clips/0/media is wrong")).body())


def test_a_server_does_not_start_without_the_sandbox_that_it_requires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels, "level", lambda: Level(0, True, "none here"))
    (tmp_path / "reelc.toml").write_text('sandbox = "require"\n')
    ended = reelc(tmp_path, "serve", "--port", "0")
    assert ended.returncode == 4
    assert "error[RC615]" in ended.stderr
    assert not (tmp_path / "data").exists()
