"""`reelc user`, `config` and `serve` on the command line."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
import typer
from pydantic import ValidationError

from compiler.cli import app
from server.accounts import Accounts
from server.ages import settled
from server.cli import main, print_link
from server.peer_settings import LONGEST
from server.settings import Settings
from tests.server.memory import MemoryStore
from tests.server.site import serving


class Ended(NamedTuple):
    returncode: str | int | None
    stdout: str
    stderr: str


@contextmanager
def umask_restored() -> Iterator[None]:
    """Keep the umask of this process, which commands change."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def reelc(folder: Path, *words: str, **settings: str) -> Ended:
    """Run a command within this process, in a folder; its exit code and output."""
    named = {f"REELC_{name.upper()}": value for name, value in settings.items()}
    out, err = io.StringIO(), io.StringIO()
    with (
        umask_restored(),
        patch.dict(os.environ, {"REELC_DATA": str(folder / "data"), **named}),
        chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main(words)
    return Ended(end.value.code, out.getvalue(), err.getvalue())


@pytest.mark.further
def test_users_are_added_listed_and_revoked(tmp_path: Path) -> None:
    added = reelc(tmp_path, "user", "add", "ann")
    token = added.stdout.strip()
    assert added.returncode == 0
    assert "/sign-in?token=" in added.stderr
    assert reelc(tmp_path, "user", "list").stdout.split("\t")[0] == "ann"
    with serving(tmp_path / "data") as site:
        with site.client(token) as ann:
            assert ann.get("/api/me").json() == {"id": "ann"}
        revoked = reelc(tmp_path, "user", "revoke", "ann")
        assert "3 tokens revoked" in revoked.stderr
    with serving(tmp_path / "data") as site, site.client(token) as ann:
        assert ann.get("/api/me").status_code == 401
    stored = "".join(path.read_text() for path in (tmp_path / "data" / "objects").rglob("*") if path.is_file())
    assert token not in stored


def test_a_name_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    assert reelc(tmp_path, "user", "add", "../x").returncode == 2


@pytest.mark.parametrize(
    ("users", "signed_in"), [([], "me"), (["ann"], "ann"), (["me", "ann"], "me"), (["bob", "ann"], "ann")]
)
def test_the_link_of_a_start_signs_in_the_same_user_whoever_was_added(
    users: list[str], signed_in: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scene() -> str | None:
        accounts = Accounts(MemoryStore())
        for name in users:
            await accounts.ensure(name)
        await print_link(accounts, Settings(data=tmp_path))
        printed = capsys.readouterr()
        assert printed.err.endswith(f"; the link signs in {signed_in}\n")
        return await accounts.user_of(printed.out.strip().partition("?token=")[2], "link")

    assert asyncio.run(scene()) == signed_in


@pytest.mark.parametrize(
    "words",
    [
        ("user", "sessions", "anne"),
        ("user", "revoke", "anne"),
        ("user", "revoke", "anne", "--session", "0f3a1c9b7d2e4f56"),
        ("user", "export", "anne", "-o", "copy"),
        ("scrub", "--user", "anne"),
        ("restore", "anne"),
        ("restore", "anne", "--accept"),
    ],
    ids=" ".join,
)
def test_a_user_of_whom_the_store_has_nothing_is_a_usage_error(words: tuple[str, ...], tmp_path: Path) -> None:
    """So that a mistyped name is never taken for one whose tokens are revoked, or whose data are whole."""
    assert reelc(tmp_path, "user", "add", "ann").returncode == 0
    ended = reelc(tmp_path, *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "there is no user anne" in ended.stderr
    assert '"anne"' not in (tmp_path / "data" / "audit.jsonl").read_text()


@pytest.mark.parametrize("left", ["accounts/ann", "accounts/ann.data", "tokens/*", "users/ann/db/1"])
def test_a_user_whose_account_is_lost_is_known_by_the_rest(left: str, tmp_path: Path) -> None:
    reelc(tmp_path, "user", "add", "ann")
    objects = tmp_path / "data" / "objects"
    for path in [path for path in objects.rglob("*") if path.is_file() and not path.match(left)]:
        path.unlink()
    if not [*objects.glob(left)]:
        (objects / left).parent.mkdir(parents=True, exist_ok=True)
        (objects / left).write_text("")
    assert reelc(tmp_path, "user", "revoke", "ann").returncode == 0


def test_settings_come_from_the_file_and_the_environment_and_secrets_stay(tmp_path: Path) -> None:
    (tmp_path / "reelc.toml").write_text('port = 9001\nhost = "0.0.0.0"\ns3_secret_key = "hidden-key"\n')
    shown = reelc(tmp_path, "config", port="9002")
    config = json.loads(shown.stdout)
    assert (config["port"], config["host"], config["store"]) == (9002, "0.0.0.0", "folder")
    assert "hidden-key" not in shown.stdout + shown.stderr


def options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("-")}


def test_every_command_of_a_server_takes_its_data_folder_and_config_takes_all_that_serve_does() -> None:
    whole: Any = typer.main.get_command(app)
    commands, users = whole.commands, whole.commands["user"].commands
    servers = ("serve", "worker", "config", "scrub", "downgrade", "restore", "backup")
    assert all("--data" in options(command) for command in [*users.values(), *(commands[name] for name in servers)])
    assert options(commands["serve"]) <= options(commands["config"])


def test_summaries_of_the_commands_for_users_are_whole(tmp_path: Path) -> None:
    listed = reelc(tmp_path, "user", "--help").stdout.partition("\nCommands:\n")[2].splitlines()
    assert len(listed) == 6
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


def test_the_data_folder_of_the_command_line_counts(tmp_path: Path) -> None:
    assert reelc(tmp_path, "user", "add", "ann", "--data", "elsewhere").returncode == 0
    assert (tmp_path / "elsewhere" / "objects" / "accounts" / "ann").exists()
    assert reelc(tmp_path, "user", "list").stdout == ""
    assert reelc(tmp_path, "user", "list", "--data", "elsewhere").stdout.startswith("ann\t")


def test_settings_are_explained_with_their_sources_and_secrets_stay(tmp_path: Path) -> None:
    (tmp_path / "reelc.toml").write_text('port = 9001\nlog_format = "text"\ns3_secret_key = "hidden-key"\n')
    ended = reelc(tmp_path, "config", "--explain", "--host", "0.0.0.0", port="9002", s3_access_key="hidden-too")
    paragraphs = {text.split(" = ")[0]: text.splitlines() for text in ended.stdout.split("\n\n")}
    assert paragraphs.keys() == Settings.model_fields.keys()
    assert [paragraphs[name][:2] for name in ("host", "port", "log_format", "user_rate")] == [
        ['host = "0.0.0.0"', "    from the command line"],
        ["port = 9002", "    from REELC_PORT in the environment"],
        ['log_format = "text"', "    from reelc.toml"],
        ["user_rate = 100.0 requests a second", "    default"],
    ]
    assert paragraphs["s3_secret_key"][0] == 's3_secret_key = "**********"'
    assert all(line.endswith(".") for *_, line in paragraphs.values())
    assert "hidden" not in ended.stdout + ended.stderr


def test_secrets_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hidden-key\n")
    (tmp_path / "reelc.toml").write_text('metrics_token = "another"\n')
    file = str(tmp_path / "key")
    with patch.dict(os.environ, {"REELC_METRICS_TOKEN_FILE": file}), chdir(tmp_path):
        assert Settings().metrics_token.get_secret_value() == "hidden-key"
    ended = reelc(tmp_path, "config", "--explain", metrics_token_file=file)
    assert "from the file that REELC_METRICS_TOKEN_FILE names" in ended.stdout
    assert "hidden" not in ended.stdout + ended.stderr
    (tmp_path / "empty").touch()
    for wrong in (
        {"metrics_token": "x"},
        {"metrics_token_file": str(tmp_path / "empty")},
        {"metrics_token_file": "gone"},
    ):
        refused = reelc(tmp_path, "config", **{"metrics_token_file": file, **wrong})
        assert refused.returncode == 2
        assert "REELC_METRICS_TOKEN_FILE" in refused.stderr


def test_a_setting_that_cannot_be_is_a_usage_error(tmp_path: Path) -> None:
    half = {"store": "s3", "s3_bucket": "b", "s3_access_key": "k"}
    alone, short = {"address_inside": "http://localhost"}, {"shared_secret": "short"}
    for settings in ({"port": "many"}, {"store": "s3"}, half, {"public_url": "ftp://x"}, alone, short):
        assert reelc(tmp_path, "config", **settings).returncode == 2
    for settings in ({"lease_stale": "4"}, {"lease_beat": "3"}):
        assert reelc(tmp_path, "config", **settings).returncode == 2
    (tmp_path / "reelc.toml").write_text("prot = 1\n")
    assert reelc(tmp_path, "config").returncode == 2


def test_every_number_has_a_largest_value_and_is_finite() -> None:
    """A server began with `trash_for` of 1e12 seconds, and failed at the first deletion: dates end."""
    properties = Settings.model_json_schema()["properties"]
    numbers = [name for name, field in properties.items() if "number" in str(field) or "integer" in str(field)]
    assert {"trash_for", "session_days", "film_seconds", "versions_kept", "render_jobs", "user_rate"} < set(numbers)
    for name in numbers:
        for wrong in ("inf", "1e400", "9" * 25):
            with patch.dict(os.environ, {f"REELC_{name.upper()}": wrong}), pytest.raises(ValidationError):
                Settings()
    longest = Settings(trash_for=LONGEST, session_days=LONGEST // 86_400)
    assert settled() - timedelta(seconds=longest.trash_for)
    assert datetime.now(UTC) + timedelta(days=longest.session_days)


@pytest.mark.parametrize("name", ["public_url", "address_inside"])
@pytest.mark.parametrize("url", ["http://[", "http://x:99999", "http://x:y", "http://:80"])
def test_an_address_that_is_none_is_a_usage_error(tmp_path: Path, name: str, url: str) -> None:
    ended = reelc(tmp_path, "config", shared_secret="0123456789abcdef", **{name: url})
    assert (ended.returncode, name in ended.stderr) == (2, True)


@pytest.mark.parametrize("wrong", [{"endpoint": "minio_1:9000"}, {"endpoint": "http://x_y"}, {"region": "a b"}])
@pytest.mark.parametrize("command", ["serve", "user list", "doctor"])
def test_a_bucket_that_cannot_be_is_an_error_in_words(tmp_path: Path, wrong: dict[str, str], command: str) -> None:
    away = {"store": "s3", "s3_bucket": "b", "s3_access_key": "k", "s3_secret_key": "s"}
    ended = reelc(tmp_path, *command.split(), **away, **{f"s3_{name}": value for name, value in wrong.items()})
    if command == "doctor":
        assert (ended.returncode, "the object store cannot be used" in ended.stdout) == (4, True)
    else:
        assert (ended.returncode, "error[RC703]" in ended.stderr) == (5, True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"port": "none"}, "port: "), ({"store": "s3"}, "set s3_bucket"), ({"config": "missing.toml"}, "missing.toml")],
    ids=["a value", "two values", "a file"],
)
def test_settings_with_which_no_server_starts_are_a_failure_of_the_doctor(
    tmp_path: Path, wrong: dict[str, str], why: str
) -> None:
    assert reelc(tmp_path, "serve", **wrong).returncode == 2
    ended = reelc(tmp_path, "doctor", "--json", **wrong)
    (row,) = [row for row in json.loads(ended.stdout)["rows"] if row["name"] == "settings"]
    assert (ended.returncode, row["state"], why in row["value"]) == (4, "fail", True)


def test_an_export_of_a_user_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    reelc(tmp_path, "user", "add", "ann")
    ended = reelc(tmp_path, "user", "export", "ann", "-o", "file/x")
    assert (ended.returncode, "error[RC706]" in ended.stderr) == (1, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"port = = 1\n", "Invalid value (at line 1, column 8)"),
        (b'host = "\xff"\n', "'utf-8' codec can't decode byte 0xff"),
        (None, "No such file or directory"),
        ("a folder", "Is a directory"),
    ],
    ids=["no TOML", "no UTF-8", "missing", "a folder"],
)
def test_a_settings_file_that_cannot_be_read_is_a_usage_error(
    content: bytes | str | None, why: str, tmp_path: Path
) -> None:
    """One that is passed over would have the server run with the defaults, on another store."""
    if isinstance(content, bytes):
        (tmp_path / "named.toml").write_bytes(content)
    elif content:
        (tmp_path / "named.toml").mkdir()
    for words in (("config",), ("config", "--explain"), ("user", "list")):
        ended = reelc(tmp_path, *words, config="named.toml")
        assert (ended.returncode, ended.stdout) == (2, "")
        assert f"the settings file named.toml cannot be read: {why}" in ended.stderr
    if content:
        (tmp_path / "named.toml").rename(tmp_path / "reelc.toml")
        assert f"the settings file reelc.toml cannot be read: {why}" in reelc(tmp_path, "config").stderr
    assert reelc(tmp_path, "config", config="/dev/null").returncode == 0


def test_a_store_that_is_not_there_is_exit_code_5(tmp_path: Path) -> None:
    away = {"store": "s3", "s3_bucket": "b", "s3_access_key": "k", "s3_secret_key": "s"}
    ended = reelc(tmp_path, "user", "list", s3_endpoint="http://127.0.0.1:9", **away)
    assert ended.returncode == 5
    assert ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr


def test_the_log_is_json_lines(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as site, site.client() as client:
        client.get("/healthz", headers={"X-Request-Id": "seen"})
    lines = [line for line in (tmp_path / "data.log").read_text().splitlines() if line.startswith("{")]
    (entry,) = [each for line in lines if (each := json.loads(line)).get("request_id") == "seen"]
    assert (entry["event"], entry["path"], entry["status"], entry["level"]) == ("request", "/healthz", 200, "info")
