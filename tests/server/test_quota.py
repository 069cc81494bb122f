"""A user's database has a quota: a full one refuses saves, and takes deletions."""

from __future__ import annotations

from pathlib import Path

from tests.server.site import add_user, serving

QUOTA = 150_000


def test_a_full_database_takes_deletions_alone(tmp_path: Path) -> None:
    token, headers = add_user(tmp_path / "data", "ann"), {"Idempotency-Key": "first"}
    with serving(tmp_path / "data", edits_per_user=str(QUOTA)) as site, site.client(token) as ann:
        first = ann.post("/api/projects", json={"name": "first"}, headers=headers)
        made = [first.json()["id"]]
        while (answer := ann.post("/api/projects", json={"name": "n" * 200})).status_code == 201:
            made.append(answer.json()["id"])
            assert len(made) < 200
        assert (answer.status_code, answer.json()["error"]) == (507, "quota_exceeded")
        assert ann.patch(f"/api/projects/{made[0]}", json={"name": "again"}).status_code == 507
        assert ann.post("/api/projects", json={"name": "first"}, headers=headers).json() == first.json()
        assert len(ann.get("/api/projects").json()["projects"]) == len(made)
        for project in made[len(made) // 2 :]:
            assert ann.delete(f"/api/projects/{project}").status_code == 204
        assert ann.post("/api/projects", json={"name": "after"}).status_code == 201
