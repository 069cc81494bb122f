"""What is stored is compared before it is used: damaged footage makes no film, a damaged film is not sent."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from compiler.supervise.probe import probe
from compiler.supervise.record import recorded
from server.checksums import Checksums
from server.exports.accept import Asked
from server.footage.cache import MediaCache
from server.footage.checked import FilmCheck, facts_of
from server.footage.facts import facts_in, facts_key, write_facts
from server.problem import Problem
from server.storage.folder import FolderStore
from server.storage.objects import DamagedObject, StoreFailed
from tests.server.editing import OTHER, RENDER, SMALL, add_clip, export, film, new_export, trim
from tests.server.faults import FaultStore
from tests.server.site import Site, add_user, serving
from tests.server.test_http import project, refused, uploaded

Json = dict[str, Any]


def stored(site: Site, name: str) -> Path:
    """The file of an object, by the last part of its key."""
    (found,) = (site.data / "objects").rglob(name)
    return found


def flip(path: Path, place: int) -> bytes:
    """Flip a bit of a stored file; its content before."""
    before = path.read_bytes()
    path.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
    return before


def edited(client: httpx.Client, game: Path) -> tuple[str, str, str]:
    """A new project with one clip: project, raw clip, clip."""
    project_id, raw = project(client, settings=SMALL), uploaded(client, game)
    return project_id, raw, add_clip(client, project_id, raw, segments_data=trim(0.5, 0.7))


def test_damaged_footage_makes_no_film(site: Site, user: httpx.Client, game: Path) -> None:
    project_id, raw, clip = edited(user, game)
    before = flip(stored(site, raw), 5000)
    problem = refused(export(user, project_id, "ruined"), 500, "damaged_media")
    assert (problem["clip_id"], "'game.mp4'" in problem["message"]) == (clip, True)
    assert "reelc scrub" in problem["hint"]
    assert user.get("/api/export/ruined").json()["state"] == "error"
    refused(user.get(f"/api/raw-clips/{raw}/filmstrip"), 500, "damaged_media")
    stored(site, raw).write_bytes(before)
    assert film(user, export(user, project_id))


def test_a_damaged_film_is_not_sent(site: Site, user: httpx.Client, game: Path) -> None:
    project_id, _, _ = edited(user, game)
    film_id = export(user, project_id).json()["working_video_id"]
    address = f"/api/working-videos/{film_id}/media"
    whole = user.get(address).content
    assert flip(stored(site, film_id), len(whole) // 2) == whole
    for asked in ({}, {"Range": "bytes=0-9"}):
        problem = refused(user.get(address, headers=asked), 500, "damaged_media")
        assert problem["hint"].startswith("export the project again")
    stored(site, film_id).write_bytes(whole)
    assert user.get(address, headers={"Range": "bytes=0-9"}).content == whole[:10]


def test_facts_are_not_made_of_footage_that_was_replaced(tmp_path: Path) -> None:
    async def scene() -> None:
        store = FolderStore(tmp_path / "objects")
        cache = MediaCache(store, tmp_path / "cache", tmp_path / "coming", 100)
        stat = await store.put("game", b"one")
        await store.put(facts_key("game"), b"damaged")
        await store.put("game", b"two")
        with pytest.raises(StoreFailed, match="was replaced"):
            await facts_of(store, cache, stat, cache.path(stat))
        await store.close()

    asyncio.run(scene())


def test_a_film_is_read_once_to_be_compared(tmp_path: Path) -> None:
    async def scene() -> None:
        store = FaultStore(FolderStore(tmp_path))
        stat = await store.put("film", b"abc")
        check, right = FilmCheck(store), hashlib.sha256(b"abc").hexdigest()
        await asyncio.gather(*(check.check(stat, 3, right) for _ in range(4)))
        with pytest.raises(Problem):
            await check.check(stat, 3, "0" * 64)
        with pytest.raises(Problem):
            await check.check(stat, 4, right)
        assert store.calls.count("stream") == 1
        await check.stop()
        await store.close()

    asyncio.run(scene())


@pytest.mark.further
def test_footage_of_before_gets_its_checksum_at_its_first_fetch(tmp_path: Path, game: Path) -> None:
    with serving(tmp_path / "data") as site, site.client(add_user(tmp_path / "data", "ann")) as ann:
        project_id, raw, _ = edited(ann, game)
        facts = stored(site, f"{raw}.json")
        new = facts.read_bytes()
        old = {name: value for name, value in json.loads(new).items() if name not in ("sha256", "blocks", "seal")}
        facts.write_text(json.dumps(old))
        assert film(ann, export(ann, project_id))
        assert facts.read_bytes() == new
        shutil.rmtree(tmp_path / "data" / "local" / "footage")
        flip(stored(site, raw), 5000)
        refused(export(ann, project_id, settings=OTHER), 500, "damaged_media")


@pytest.mark.parametrize(
    "damage",
    [
        lambda facts: b"",
        lambda facts: facts[:-40],
        lambda facts: b"\xff" + facts[1:],
        lambda facts: b"[" * 100_000,
        lambda facts: b'{"video": {}}',
        lambda facts: facts.replace(b'"width": ', b'"width": 1', 1),
        lambda facts: _unsealed(facts, width="640"),
        lambda facts: _unsealed(facts, rate="60/0"),
        lambda facts: _unsealed(facts, rate="0"),
        lambda facts: _unsealed(facts, ticks=[None]),
        lambda facts: _unsealed(facts, ticks={"0": 1}),
    ],
    ids=["empty", "cut off", "no text", "deep", "incomplete", "changed", "text", "1/0", "zero", "null", "object"],
)
def test_damaged_facts_are_probed_anew(site: Site, user: httpx.Client, game: Path, damage: Any) -> None:
    project_id, raw, _ = edited(user, game)
    facts = stored(site, f"{raw}.json")
    before = facts.read_bytes()
    facts.write_bytes(damage(before))
    assert facts.read_bytes() != before
    answer = user.post("/api/export/framing/explain", json={"project_id": project_id})
    assert answer.status_code == 200, answer.text
    assert facts.read_bytes() == before


def _unsealed(document: bytes, **video: object) -> bytes:
    """Facts as they were stored before checksums, some of them wrong."""
    facts = json.loads(document)
    del facts["sha256"], facts["seal"]
    facts["video"] |= video
    return json.dumps(facts).encode()


def test_facts_of_footage_that_is_no_media_are_an_error(site: Site, user: httpx.Client, game: Path) -> None:
    project_id, raw, clip = edited(user, game)
    stored(site, f"{raw}.json").write_bytes(b"{")
    stored(site, raw).write_bytes(b"\0" * game.stat().st_size)
    for answer in (export(user, project_id), user.post(f"/api/projects/{project_id}/draft", json={"clips": []})):
        assert refused(answer, 500, "damaged_media")["clip_id"] == clip


def test_every_flipped_bit_of_facts_is_seen(tmp_path: Path, game: Path) -> None:
    async def written() -> bytes:
        store = FolderStore(tmp_path)
        await write_facts(store, "raw", probe_result, Checksums("0" * 64, b"8 bytes!"))
        document = await store.get("raw.json")
        await store.close()
        return document

    probe_result = probe(game)
    document = asyncio.run(written())
    facts = facts_in(document, "raw.json", game)
    assert (recorded(facts.media), facts.sha256, facts.blocks) == (recorded(probe_result), "0" * 64, b"8 bytes!")
    for place in range(len(document)):
        for bit in (1, 32):
            flipped = document[:place] + bytes([document[place] ^ bit]) + document[place + 1 :]
            with pytest.raises(DamagedObject):
                facts_in(flipped, "raw.json", game)


@pytest.mark.further
@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"rate": "x", "peaks": 3}'])
def test_damaged_previews_are_made_again(site: Site, user: httpx.Client, game: Path, damage: bytes) -> None:
    raw = uploaded(user, game)
    for path, ending in (("filmstrip.json", ".strip.json"), ("peaks", ".peaks.json")):
        before = user.get(f"/api/raw-clips/{raw}/{path}").json()
        stored(site, raw + ending).write_bytes(damage)
        assert user.get(f"/api/raw-clips/{raw}/{path}").json() == before


def upload(client: httpx.Client, content: bytes, name: str, key: str, form: bool = False) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    if form:
        return client.post("/api/raw-clips", files={"file": (name, content, "video/mp4")}, headers=headers)
    headers["Content-Type"] = "video/mp4"
    return client.post("/api/raw-clips", params={"name": name}, content=content, headers=headers)


@pytest.mark.further
@pytest.mark.parametrize("form", [False, True])
def test_a_key_is_bound_to_the_uploaded_file(user: httpx.Client, game: Path, footage: Path, form: bool) -> None:
    content, other = game.read_bytes(), (footage / "silent30.mp4").read_bytes()
    first, again = (upload(user, content, "a.mp4", "k", form) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    refused(upload(user, other, "a.mp4", "k", form), 422, "idempotency_mismatch")
    refused(upload(user, content, "b.mp4", "k", form), 422, "idempotency_mismatch")
    assert upload(user, content, "a.mp4", "k", not form).json() == first.json()


@pytest.mark.further
def test_hashes_of_earlier_servers_stay_accepted(tmp_path: Path, game: Path, footage: Path) -> None:
    data, content = tmp_path / "data", game.read_bytes()
    token, export_id = add_user(data, "ann"), new_export()
    with serving(data) as site, site.client(token) as ann:
        project_id, _, clip = edited(ann, game)
        made, raw = export(ann, project_id, export_id), upload(ann, content, "a.mp4", "k")
        assert (made.status_code, raw.status_code) == (200, 201)
    database = sqlite3.connect(data / "local" / "users" / "ann" / "edit.sqlite")
    database.execute("UPDATE exports SET request_hash = ?", (Asked("ann", "", project_id).earlier_digest,))
    digest = hashlib.sha256(b"POST /api/raw-clips\n").hexdigest()
    database.execute("UPDATE idempotency SET request_hash = ?", (digest,))
    database.commit()
    database.close()
    with serving(data) as site, site.client(token) as ann:
        seen = {"project_id": project_id, "export_id": export_id, "clips": [{"clip_id": clip, "version": 1}]}
        assert export(ann, project_id, export_id).json() == ann.post(RENDER, json=seen).json() == made.json()
        assert upload(ann, content, "a.mp4", "k").json() == raw.json()
        other = (footage / "silent30.mp4").read_bytes()
        refused(upload(ann, other, "a.mp4", "k"), 422, "idempotency_mismatch")
