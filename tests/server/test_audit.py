"""The audit log: a line for each sign-in, failure and change of users, bounded where anybody can cause it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from starlette.requests import HTTPConnection

from server.settings import Settings
from server.web.audit import OF_ALL, OF_AN_ADDRESS, Audit
from tests.server.faults import files_bounded_to
from tests.server.site import Site, add_user, new_link, serving, sign_in
from tests.server.test_commands import reelc
from tests.server.waiting import until


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def events(path: Path) -> list[tuple[str, str, str]]:
    return [(line["event"], line["user"], line["address"]) for line in lines(path)]


def client(address: str) -> HTTPConnection:
    return HTTPConnection({"type": "http", "client": (address, 1), "headers": []})


def current(browser: httpx.Client) -> list[str]:
    """The id of the client's own session or token."""
    return [each["id"] for each in browser.get("/api/sessions").json()["sessions"] if each["current"]]


def test_a_line_that_the_disk_takes_in_part_is_logged_and_spoils_no_other(tmp_path: Path, caplog: Any) -> None:
    path, audit = tmp_path / "audit.jsonl", Audit(Settings(data=tmp_path))
    path.write_bytes(b'{"a": 1}' + b" " * 2_500_000 + b"\n")
    with files_bounded_to(path.stat().st_size + 20):
        audit.record("signed_in", "ann", "192.0.2.1")
    assert [record.message for record in caplog.records] == ["audit log not written"]
    audit.record("signed_in", "bob", "192.0.2.1")
    *_, cut, last = path.read_text().splitlines()
    assert (len(cut), json.loads(last)["user"]) == (20, "bob")


def test_sign_ins_and_failures_are_recorded_with_the_address(tmp_path: Path) -> None:
    # a server of its own: of the failures of one address only some are recorded, and those of other tests count
    with serving(tmp_path / "data") as site:
        _signs_in_and_fails(site)


def _signs_in_and_fails(site: Site) -> None:
    token, link = add_user(site.data, "audited"), new_link(site.data, "audited")
    log = site.data / "audit.jsonl"
    before = len(lines(log))
    with site.client() as browser, site.client(token) as program:
        sign_in(browser, link)
        until(lambda: current(program), "the token is not listed")
        (session,), (bearer,) = current(browser), current(program)
        assert browser.post("/sign-out").status_code == 204
        sign_in(browser, link)
        program.delete(f"/api/sessions/{bearer}")
        program.get("/api/me")
    found = lines(log)[before:]
    assert [(line["event"], line["user"]) for line in found] == [
        ("signed_in", "audited"),
        ("signed_out", "audited"),
        ("sign_in_failed", ""),
        ("session_revoked", "audited"),
        ("token_refused", ""),
    ]
    assert {line["address"] for line in found} == {"127.0.0.1"}
    assert [found[0]["session"], found[1]["session"]] == [session, session]
    assert not any(secret in log.read_text() for secret in (token, link))


def test_commands_are_recorded(tmp_path: Path) -> None:
    token = reelc(tmp_path, "user", "add", "ann").stdout.strip()
    session = reelc(tmp_path, "user", "sessions", "ann").stdout.split("\t")[0]
    assert reelc(tmp_path, "user", "revoke", "ann", "--session", session).returncode == 0
    assert reelc(tmp_path, "user", "revoke", "ann", "--session", session).returncode == 2
    reelc(tmp_path, "user", "revoke", "ann")
    assert reelc(tmp_path, "user", "remove", "ann", "--yes").returncode == 0
    log = tmp_path / "data" / "audit.jsonl"
    assert [each[0] for each in events(log)] == [
        *("user_added", "link_made", "session_revoked", "user_revoked", "user_removed")
    ]
    assert lines(log)[-1]["outcome"].endswith(" 0 left")
    assert token not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_copies_of_a_user_and_returns_to_them_are_recorded(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as site, site.client(add_user(site.data, "ann")) as ann:
        ann.post("/api/projects", json={"name": "x"}).raise_for_status()
    log = tmp_path / "data" / "audit.jsonl"
    before = len(lines(log))
    assert reelc(tmp_path, "backup", "ann", "ann.sqlite").returncode == 0
    assert reelc(tmp_path, "restore", "ann", "--from", "ann.sqlite").returncode == 0
    assert reelc(tmp_path, "restore", "ann", "--to", "99").returncode == 6
    assert reelc(tmp_path, "restore", "ann", "--accept").returncode == 0
    found, copy = lines(log)[before:], str(tmp_path / "ann.sqlite")
    assert [each["event"] for each in found] == [
        *("user_backed_up", "user_restored", "user_restored", "rollback_accepted")
    ]
    assert {each["user"] for each in found} == {"ann"}
    assert found[0]["path"] == copy
    assert [(each["source"], each["outcome"]) for each in found[1:3]] == [(copy, "point 2"), ("point 99", "failed")]


def test_failures_do_not_fill_the_disk(tmp_path: Path) -> None:
    now = [0.0]
    audit = Audit(Settings(data=tmp_path), lambda: now[0])
    for _ in range(100):
        audit.failure("sign_in_failed", client("192.0.2.1"))
    assert len(lines(tmp_path / "audit.jsonl")) == OF_AN_ADDRESS[1]
    now[0] = 60.0
    audit.failure("sign_in_failed", client("192.0.2.1"))
    assert lines(tmp_path / "audit.jsonl")[-1]["left_out"] == 100 - OF_AN_ADDRESS[1]
    for number in range(2 * OF_ALL[1]):
        audit.failure("sign_in_failed", client(f"10.0.{number // 250}.{number % 250}"))
    assert len(lines(tmp_path / "audit.jsonl")) <= OF_AN_ADDRESS[1] + 1 + OF_ALL[1]
    audit.record("signed_in", "ann", "192.0.2.1")
    assert events(tmp_path / "audit.jsonl")[-1] == ("signed_in", "ann", "192.0.2.1")


def test_a_log_that_cannot_be_written_hinders_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    Audit(Settings(data=tmp_path)).record("signed_in", "ann", "")
    assert "audit log not written" in caplog.text
    Audit(Settings(data=tmp_path, audit_log=Path("-"))).record("signed_in", "ann", "")
    assert json.loads(capsys.readouterr().err)["user"] == "ann"
    caplog.clear()
    with patch.object(sys, "stderr", None):  # as Python has it where it is closed
        Audit(Settings(data=tmp_path, audit_log=Path("-"))).record("signed_in", "ann", "")
    assert "audit log not written" in caplog.text
