"""ETags: the versions of clips, and conditions with lists, weak ETags and `*`."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.server.site import add_somebody, serving
from tests.server.test_http import added, project, refused, uploaded


def test_a_version_is_an_etag_wherever_one_is_wanted(user: httpx.Client, game: Path) -> None:
    raw, path = uploaded(user, game), f"/api/clips/projects/{project(user)}/clips"
    first = user.post(path, json={"raw_clip_id": raw})
    clip = f"{path}/{first.json()['clip_id']}"
    assert (first.headers["etag"], user.get(clip).headers["etag"]) == ('"1"', '"1"')
    for given, status in (('W/"1"', 412), ('"11", "21"', 412), ("", 412), ('"7", "1"', 200)):
        saved = user.put(clip, json={"rotation": 1}, headers={"If-Match": given})
        assert (saved.status_code, saved.headers["etag"]) == (status, '"2"' if status == 200 else '"1"'), given
    restored = user.post(f"{clip}/restore", json={"version": 1}, headers=[("If-Match", '"9"'), ("If-Match", '"2"')])
    assert (restored.status_code, restored.headers["etag"]) == (200, '"3"')
    media, tag = f"/api/raw-clips/{raw}/media", user.get(f"/api/raw-clips/{raw}/media").headers["etag"]
    for address, etag in (
        (clip, '"3"'),
        (media, tag),
        ("/static/reelc.css", user.get("/static/reelc.css").headers["etag"]),
    ):
        for given, status in ((etag, 304), (f'"x", W/{etag}', 304), ("*", 304), (f'"x{etag[1:]}', 200)):
            assert user.get(address, headers={"If-None-Match": given}).status_code == status, (address, given)


def test_a_server_may_require_if_match(tmp_path: Path, game: Path) -> None:
    with serving(tmp_path / "data", require_if_match="true") as site, site.client(add_somebody(site.data)) as user:
        clip = added(user, game)
        for call in (
            user.put(clip, json={"rotation": 1}),
            user.post(f"{clip}/restore", json={"version": 1}),
            user.delete(clip),
        ):
            refused(call, 428, "precondition_required")
        assert user.put(clip, json={"rotation": 1}, headers={"If-Match": '"1"'}).status_code == 200
