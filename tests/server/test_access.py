"""Permissions: tokens, sessions and origins; users reach only their own data."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from server.app import OPERATIONS
from tests.server.site import Site, add_user, new_link, sign_in
from tests.server.test_http import added, refused, uploaded
from tests.server.waiting import until

OURS = [op for op in OPERATIONS if not op.public]


def filled(path: str, **ids: str) -> str:
    for name in ("project_id", "clip_id", "raw_clip_id", "export_id", "working_video_id"):
        path = path.replace(f"{{{name}}}", ids.get(name, "x"))
    return path.replace("{version}", "1")


@pytest.mark.parametrize("op", OURS, ids=lambda op: f"{op.method} {op.path}")
def test_nobody_gets_in_without_a_token(site: Site, op) -> None:  # type: ignore[no-untyped-def]
    with site.client() as nobody:
        for headers in ({}, {"Authorization": "Bearer reelc_" + "x" * 43}, {"Authorization": "Basic eDp4"}):
            answer = nobody.request(op.method, filled(op.path), json={}, headers=headers)
            refused(answer, 401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")


WINDOWS = {"windows": [{"start_time": 0, "end_time": 1}]}
BODIES = {"restore": {"version": 1}, "reorder": {"clip_ids": []}, "windows": WINDOWS}


def test_what_is_another_users_is_not_there(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    """Every route answers a foreign id as it answers an id that does not exist."""
    clip = added(user, game, crop_data=[{"frame": 0, "x": 0, "y": 0, "width": 9, "height": 16}])
    stored = user.get(clip).json()
    theirs = {"project_id": stored["project_id"], "clip_id": stored["id"], "raw_clip_id": stored["raw_clip_id"]}
    asked = 0
    for op in OURS:
        if "{" not in op.path:
            continue
        body = (
            {"raw_clip_id": theirs["raw_clip_id"]}
            if op.path.endswith("/clips")
            else BODIES.get(op.path.rpartition("/")[2], {})
        )
        given = {"json": body} if op.takes.body else {}
        foreign, nobodys = (another.request(op.method, filled(op.path, **ids), **given) for ids in (theirs, {}))  # type: ignore[arg-type]
        assert (foreign.status_code, foreign.json()) == (404, nobodys.json()), op
        asked += 1
    assert asked >= 12
    assert user.get(clip).json() == stored


def test_another_users_footage_cannot_be_cut(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    project = another.post("/api/projects", json={"name": "theft"}).json()["id"]
    refused(another.post(f"/api/clips/projects/{project}/clips", json={"raw_clip_id": raw}), 404, "raw_clip_not_found")


def test_a_sign_in_link_makes_a_session(site: Site) -> None:
    with site.client() as browser:
        answer = sign_in(browser, new_link(site.data))
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert browser.get("/api/me").json() == {"id": "me"}
        assert browser.post("/sign-out").status_code == 204
        browser.cookies.set("reelc_session", answer.cookies["reelc_session"])
        refused(browser.get("/api/me"), 401, "unauthorized")


def test_a_sign_in_link_works_once_and_only_by_its_button(site: Site) -> None:
    add_user(site.data, "once")
    link = new_link(site.data, "once")
    with site.client() as browser:
        assert browser.head("/sign-in", params={"token": link}).status_code == 200
        for _ in range(2):
            asked = browser.get("/sign-in", params={"token": link}, headers={"Accept": "text/html"})
            assert (asked.status_code, asked.headers.get("set-cookie")) == (200, None)
            assert "Sign in as once</button>" in asked.text
            assert "<script" not in asked.text
        assert sign_in(browser, link).status_code == 303
    with site.client() as browser:
        refused(sign_in(browser, link), 401, "unauthorized")
        again = browser.get("/sign-in", params={"token": link}, headers={"Accept": "text/html"})
        assert (again.status_code, "works once" in again.text) == (401, False)


def test_a_browser_changes_its_user_only_when_asked(site: Site) -> None:
    add_user(site.data, "first"), add_user(site.data, "second")
    link = new_link(site.data, "second")
    with site.client() as browser:
        first = sign_in(browser, new_link(site.data, "first")).cookies["reelc_session"]
        refused(sign_in(browser, link), 409, "signed_in_as_another")
        refused(sign_in(browser, link, instead_of="me"), 409, "signed_in_as_another")
        asked = browser.get("/sign-in", params={"token": link}, headers={"Accept": "text/html"})
        assert "signed in as <b>first</b>" in asked.text
        assert 'name="instead_of" value="first"' in asked.text
        assert browser.get("/api/me").json() == {"id": "first"}
        assert sign_in(browser, link, instead_of="first").status_code == 303
        assert browser.get("/api/me").json() == {"id": "second"}
    with site.client() as browser:
        browser.cookies.set("reelc_session", first)
        refused(browser.get("/api/me"), 401, "unauthorized")


def test_sessions_are_listed_and_revoked_one_by_one(site: Site) -> None:
    token = add_user(site.data, "lister")
    with site.client(token) as program, site.client() as browser, site.client() as other:
        for each in (browser, other):
            sign_in(each, new_link(site.data, "lister"))
        unused = new_link(site.data, "lister")
        until(lambda: len(program.get("/api/sessions").json()["sessions"]) == 4, "the sessions are not listed")
        listed = program.get("/api/sessions").json()["sessions"]
        assert sorted(each["kind"] for each in listed) == ["bearer", "link", "session", "session"]
        assert [each["kind"] for each in listed if each["current"]] == ["bearer"]
        assert not any(secret in json.dumps(listed) for secret in (token, unused))
        (mine,) = [each["id"] for each in browser.get("/api/sessions").json()["sessions"] if each["current"]]
        foreign = httpx.Headers({"Authorization": f"Bearer {add_user(site.data, 'elsewhere')}"})
        refused(other.delete(f"/api/sessions/{mine}", headers=foreign), 404, "session_not_found")
        assert program.delete(f"/api/sessions/{mine}").status_code == 204
        refused(browser.get("/api/me"), 401, "unauthorized")
        assert other.get("/api/me").status_code == 200
        refused(program.delete(f"/api/sessions/{mine}"), 404, "session_not_found")


def test_a_page_revokes_sessions_without_scripts(site: Site) -> None:
    add_user(site.data, "pages")
    with site.client() as browser, site.client() as other:
        for each in (browser, other):
            sign_in(each, new_link(site.data, "pages"))
        (theirs,) = [each["id"] for each in other.get("/api/sessions").json()["sessions"] if each["current"]]
        shown = browser.get("/sessions")
        assert (shown.status_code, shown.headers["referrer-policy"]) == (200, "same-origin")
        assert f'action="/sessions/{theirs}/revoke"' in shown.text
        answer = browser.post(f"/sessions/{theirs}/revoke", headers={"Origin": site.url})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sessions")
        refused(other.get("/api/me"), 401, "unauthorized")
        refused(browser.post(f"/sessions/{theirs}/revoke", headers={"Origin": "null"}), 403, "foreign_origin")


def test_tokens_are_good_only_for_what_they_are_for(site: Site) -> None:
    bearer, link = add_user(site.data, "kinds"), new_link(site.data)
    with site.client(link) as program:
        refused(program.get("/api/me"), 401, "unauthorized")
    with site.client() as browser:
        refused(browser.get("/sign-in", params={"token": bearer}), 401, "unauthorized")
        browser.cookies.set("reelc_session", bearer)
        refused(browser.get("/api/me"), 401, "unauthorized")


def test_a_token_signs_in_and_goes_on_to_no_other_site(site: Site) -> None:
    bearer = add_user(site.data, "byform")
    with site.client() as browser:
        response = browser.post("/sign-in", data={"token": "reelc_" + "x" * 43})
        refused(response, 401, "unauthorized")
        shown = browser.post("/sign-in", data={"token": "<b>"}, headers={"Accept": "text/html"})
        assert (shown.status_code, shown.headers["referrer-policy"]) == (401, "same-origin")
        assert "<b>" not in shown.text
        elsewhere = ("//example.com", "/\\example.com", "https://example.com", "example.com", "/\n/x")
        for given, then in [("/projects/p_1?x=1", "/projects/p_1?x=1"), *((each, "/") for each in elsewhere)]:
            answer = browser.post("/sign-in", data={"token": f" {bearer} ", "next": given})
            assert (answer.status_code, answer.headers["location"]) == (303, then)
        assert browser.get("/api/me").json() == {"id": "byform"}
        refused(browser.post("/sign-in", data={"token": bearer}, headers={"Origin": "null"}), 403, "foreign_origin")
    with site.client() as nobody:
        sent = nobody.get("/exports", headers={"Accept": "text/html"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/exports")


def test_pages_of_other_sites_change_nothing(site: Site, user: httpx.Client) -> None:
    port = site.url.rpartition(":")[2]
    for headers in (
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Origin": f"{site.url}.example.com"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        refused(user.post("/api/projects", json={"name": "x"}, headers=headers), 403, "foreign_origin")
    for headers in ({"Origin": site.url}, {"Origin": f"http://localhost:{port}"}, {"Sec-Fetch-Site": "same-origin"}):
        assert user.post("/api/projects", json={"name": "x"}, headers=headers).status_code == 201


def test_monitors_are_answered(site: Site) -> None:
    with site.client() as monitor:
        assert monitor.get("/healthz").json() == {"status": "ok"}
        assert monitor.get("/readyz").json() == {"status": "ready"}
        counted = monitor.get("/metrics")
        assert counted.headers["content-type"].startswith("text/plain")
        assert 'reelc_requests_total{method="GET",route="/healthz",status="200"}' in counted.text


def test_every_answer_is_dressed(user: httpx.Client) -> None:
    for path in ("/api/projects", "/nowhere"):
        answer = user.get(path, headers={"X-Request-Id": "my-own.1"})
        assert answer.headers["x-request-id"] == "my-own.1"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert user.get("/nowhere", headers={"X-Request-Id": "for ged"}).headers["x-request-id"] != "for ged"


def test_what_is_not_there_or_not_so_asked_is_told(user: httpx.Client) -> None:
    refused(user.get("/nowhere"), 404, "not_found")
    answer = user.put("/api/projects", json={})
    refused(answer, 405, "method_not_allowed")
