"""`reelc restore` and `reelc backup`: points are listed, restored and proved; no later object is lost by it."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from server.footage.facts import facts_key, media_key
from server.footage.named import rows_in
from server.restore import JUMP, roll_back
from server.storage import marks, snapshots
from server.storage.alone import alone
from server.storage.folder import FolderStore
from server.storage.lock import locked
from server.storage.migrations import STEPS
from server.storage.objects import Exists, Stat
from server.storage.snapshots import HEADER, Damaged, key_of
from server.storage.sync import Fenced
from tests.server.faults import FaultStore, nth
from tests.server.memory import MemoryStore
from tests.server.site import Site, add_user, serving
from tests.server.test_commands import reelc
from tests.server.test_http import uploaded
from tests.server.test_leases import Server, has
from tests.server.test_trash import UID, Place
from tests.server.waiting import until


def run(tmp_path: Path, scene: Callable[[Place], Awaitable[None]]) -> None:
    async def whole() -> None:
        place = Place(tmp_path / "data")
        await scene(place)
        await place.store.close()

    asyncio.run(whole())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data of a server: three restore points, each with one more raw clip."""
    folder = tmp_path_factory.mktemp("three")

    async def scene(place: Place) -> None:
        async with place.server() as databases:
            for name in ("r_a", "r_b", "r_c"):
                await place.store.put(facts_key(media_key(UID, name)), b"{}")
                await place.upload(databases, name)

    run(folder, scene)
    return folder


@pytest.fixture
def three(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(whole / "data", tmp_path / "data")
    return tmp_path


def rows(folder: Path) -> set[str]:
    """The raw clips that the next server of this folder has."""
    found: set[str] = set()

    async def scene(place: Place) -> None:
        async with place.server() as databases, databases.use(UID) as user_database:
            names = await user_database.read(lambda reader: reader.all("SELECT id FROM raw_clips"))
            found.update(row["id"] for row in names)

    run(folder, scene)
    return found


def swept(folder: Path, name: str) -> set[str]:
    """The trash after an upload and a sweep, two days later."""
    found: set[str] = set()

    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, name)
            place.age("media", 2)
            await place.sweep(databases)
        found.update(await place.names("trash"))

    run(folder, scene)
    return found


def snapshot(folder: Path, number: int) -> Path:
    return folder / "data" / "objects" / key_of(UID, number)


def flip(path: Path, at: int) -> None:
    body = bytearray(path.read_bytes())
    body[at] ^= 0xFF
    path.write_bytes(body)


def test_points_are_listed_and_opened(three: Path) -> None:
    flip(snapshot(three, 2), HEADER + 20)
    ended = reelc(three, "restore", UID)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = [line.split(maxsplit=3) for line in ended.stdout.splitlines()]
    sizes = [(f"{number}", f"{snapshot(three, number).stat().st_size}") for number in (1, 2, 3)]
    assert [(line[0], line[2]) for line in lines] == sizes
    damaged = "snapshot 2 is damaged: its checksum differs"
    assert [line[3] for line in lines] == ["opens", damaged, damaged]  # the third is based on the second
    points = json.loads(reelc(three, "restore", UID, "--json").stdout)["points"]
    assert [(each["number"], each["problem"] is None) for each in points] == [(1, True), (2, False), (3, False)]


@pytest.mark.parametrize("disk", ["whole", "lost"])
def test_a_point_is_restored_as_the_newest_and_nothing_swept_until_accepted(three: Path, disk: str) -> None:
    if disk == "lost":
        shutil.rmtree(three / "data" / "local")
    flip(snapshot(three, 3), HEADER + 20)
    ended = reelc(three, "restore", UID, "--to", "2")
    assert (ended.returncode, ended.stdout) == (0, "restored as point 4; it opens, and all of it is whole\n")
    assert rows(three) == {"r_a", "r_b"}

    assert swept(three, "r_later") == set()
    accepted = reelc(three, "restore", UID, "--accept")
    assert accepted.stdout == "accepted: 2 objects without a row will go to the trash\n"
    assert swept(three, "r_last") == {"r_c", "r_c.json"}


def test_a_restored_point_says_what_is_missing(three: Path) -> None:
    (three / "data" / "objects" / media_key(UID, "r_a")).unlink()
    ended = reelc(three, "restore", UID, "--to", "1")
    assert ended.returncode == 6
    assert ended.stdout.splitlines()[1:] == [f"missing: {media_key(UID, 'r_a')} (footage of n)"]


@pytest.mark.parametrize("to", ["2", "9"])
def test_a_point_that_does_not_open_is_refused_and_nothing_changed(three: Path, to: str) -> None:
    flip(snapshot(three, 2), HEADER + 20)
    ended = reelc(three, "restore", UID, "--to", to)
    assert ended.returncode == 6
    assert ended.stderr.startswith(f"error[RC705]: restore point {to} of ann cannot be restored\n")
    assert not snapshot(three, 4).exists()
    assert not (three / "data" / "objects" / marks.rollback_key(UID)).exists()


@pytest.mark.parametrize("words", [("restore", UID, "--to", "1"), ("downgrade",)], ids=" ".join)
def test_nothing_is_restored_beside_a_server(words: tuple[str, ...], three: Path) -> None:
    with locked(three / "data"):
        ended = reelc(three, *words)
    assert ended.returncode == 7
    assert ended.stderr.startswith("error[RC701]: ")
    assert not snapshot(three, 4).exists()


QUICK = {"lease_beat": "0.01", "lease_stale": "0.03"}
ELSEWHERE = "0123456789abcdef.1"


def at_another_server(folder: Path) -> Path:
    """Give another server the user's lease; the folder of the user's leases."""
    objects = folder / "data" / "objects"
    lease, server = {"server": ELSEWHERE}, {"address": "there"}
    for key, body in ((f"leases/{UID}/{7:012d}", lease), (f"servers/{ELSEWHERE}", server)):
        (objects / key).parent.mkdir(parents=True, exist_ok=True)
        (objects / key).write_text(json.dumps(body))
    return objects / "leases" / UID


class Beating(FaultStore):
    """The other server beats before each look at it."""

    async def listing(self, prefix: str, after: str = "") -> AsyncIterator[Stat]:
        if prefix == "servers/":
            beat = {"process": "process 9 on x", "address": "there", "beat": len(self.calls)}
            await self.inner.put(prefix + ELSEWHERE, json.dumps(beat).encode())
        async for stat in super().listing(prefix, after):
            yield stat


@pytest.mark.parametrize("words", [("restore", UID, "--to", "1"), ("user", "remove", UID, "--yes"), ("downgrade",)])
def test_nothing_is_changed_while_a_server_elsewhere_has_the_user(
    three: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    at_another_server(three)
    monkeypatch.setattr("server.web.services.FolderStore", lambda root: Beating(FolderStore(root)))
    ended = reelc(three, *words, **QUICK)
    assert ended.returncode == 7
    named = f"process 9 on x, there, server {ELSEWHERE}"
    assert ended.stderr.startswith(f"error[RC708]: a server that runs has ann\n  {named}\n  hint: stop that server")
    assert snapshot(three, 3).exists()
    assert not snapshot(three, 4).exists()
    assert not (three / "data" / "objects" / marks.rollback_key(UID)).exists()


def test_a_downgrade_ends_by_what_hinders_it(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flip(snapshot(three, 3), HEADER + 20)
    damaged = reelc(three, "downgrade")
    assert (damaged.returncode, damaged.stdout) == (6, "")
    assert "snapshot 3 is damaged" in damaged.stderr
    flip(snapshot(three, 3), HEADER + 20)
    with monkeypatch.context() as patched:
        patched.setattr("server.storage.snapshots.packed_for_servers_of_before", lambda *_: saved_meanwhile(three))
        assert reelc(three, "downgrade").returncode == 7


def test_a_downgrade_says_which_servers_can_read_the_tables(three: Path) -> None:
    ended = reelc(three, "downgrade")
    assert ended.returncode == 0
    assert f"tables stay at step {len(STEPS)}: a server that knows fewer steps refuses them" in ended.stderr


def saved_meanwhile(folder: Path) -> tuple[object, bytes]:
    snapshot(folder, 4).write_bytes(b"a save")
    return None, b"an image"


def test_a_server_elsewhere_that_was_killed_hinders_no_restore(three: Path) -> None:
    leases = at_another_server(three)
    assert reelc(three, "restore", UID, "--to", "1", **QUICK).returncode == 0
    (lease,) = leases.iterdir()
    assert json.loads(lease.read_text())["server"] == "", "the next server need not wait"
    assert list((three / "data" / "objects" / "servers").iterdir()) == []
    assert rows(three) == {"r_a"}


def test_no_server_takes_a_user_who_is_restored() -> None:
    async def scene() -> None:
        store = MemoryStore()
        command, server = Server(store, "a"), Server(store, "b")
        async with alone(store, command.leases, UID):
            assert not await has(server, UID)
        await server.round()
        assert await has(server, UID)

    asyncio.run(scene())


def test_a_server_elsewhere_that_was_not_stopped_is_fenced(three: Path) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_d")
            _, image = await snapshots.fetch(place.store, UID, 1)
            await roll_back(place.store, UID, image, three / "another machine")
            with pytest.raises(Fenced):
                await place.upload(databases, "r_stale")

    run(three, scene)
    assert rows(three) == {"r_a"}


class Overtaken(FaultStore):
    """Another server stores the next snapshot in the moment before ours."""

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        if "/db/" in key:
            _, theirs = snapshots.packed_for_servers_of_before("another", 9, b"theirs")
            await self.inner.put(key, theirs)
            raise Exists(key)
        return await super().put(key, body, if_absent=if_absent)


def test_a_server_that_saves_meanwhile_wins(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.services.FolderStore", lambda root: Overtaken(FolderStore(root)))
    ended = reelc(three, "restore", UID, "--to", "1")
    assert ended.returncode == 7
    assert ended.stderr.startswith("error[RC707]: another server saved data of ann meanwhile\n")


def test_lost_points_that_the_local_database_knows_do_not_undo_it(three: Path) -> None:
    snapshot(three, 3).unlink()
    assert reelc(three, "restore", UID, "--to", "1").stdout.startswith("restored as point 4;")
    assert snapshot(three, 3).exists()  # a server that slept finds its next number taken
    assert rows(three) == {"r_a"}


def test_a_user_who_lost_everything_gets_a_backup_or_starts_empty(three: Path) -> None:
    assert reelc(three, "backup", UID, "ann.sqlite").returncode == 0
    shutil.copytree(three / "data", three / "other")
    for number in (1, 2, 3):
        snapshot(three, number).unlink()
    assert reelc(three, "restore", UID, "--from", "ann.sqlite").stdout.startswith(f"restored as point {JUMP + 1};")
    assert rows(three) == {"r_a", "r_b", "r_c"}
    for path in snapshot(three, 1).parent.iterdir():
        path.unlink()
    shutil.rmtree(three / "data" / "local")
    assert reelc(three, "restore", UID, "--accept").returncode == 0
    assert rows(three) == set()


def test_a_backup_is_a_database_that_others_read(three: Path) -> None:
    assert reelc(three, "backup", UID, "ann.sqlite").returncode == 0
    database = sqlite3.connect(f"file:{three / 'ann.sqlite'}?mode=ro", uri=True)
    assert database.execute("SELECT id FROM raw_clips ORDER BY id").fetchall() == [("r_a",), ("r_b",), ("r_c",)]
    database.close()
    assert sorted(path.name for path in three.iterdir()) == ["ann.sqlite", "data"]


@pytest.mark.parametrize(("path", "why"), [("data", "it exists already"), ("no/folder", "No such file or directory")])
def test_a_backup_overwrites_nothing(three: Path, path: str, why: str) -> None:
    ended = reelc(three, "backup", UID, path)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f'error[RC706]: the backup "{path}" cannot be written\n  {why}\n')


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_a_file_that_is_no_backup_is_refused(three: Path, content: bytes | None) -> None:
    if content is not None:
        (three / "file").write_bytes(content)
    ended = reelc(three, "restore", UID, "--from", "file")
    assert ended.returncode == 6
    assert ended.stderr.startswith('error[RC705]: "file" cannot be restored\n')


def test_the_backup_of_another_user_is_refused(three: Path) -> None:
    assert reelc(three, "backup", UID, "ann.sqlite").returncode == 0
    ended = reelc(three, "restore", "bob", "--from", "ann.sqlite")
    assert ended.returncode == 6
    assert "it is the backup of another user" in ended.stderr


def test_a_backup_that_names_what_is_no_key_is_refused_on_one_line(three: Path) -> None:
    assert reelc(three, "backup", UID, "ann.sqlite").returncode == 0
    with closing(sqlite3.connect(three / "ann.sqlite")) as database, database:
        database.execute("UPDATE raw_clips SET object_key = 'users/ann/media/r' || char(10) WHERE id = 'r_a'")
    ended = reelc(three, "restore", UID, "--from", "ann.sqlite")
    assert ended.returncode == 6
    assert ended.stderr.splitlines()[1] == r"  it names an object by 'users/ann/media/r\n', which is no key"
    assert not snapshot(three, 4).exists()


def test_a_point_that_names_what_is_no_key_is_listed_as_such_and_not_copied(three: Path) -> None:
    assert reelc(three, "backup", UID, "ann.sqlite").returncode == 0
    with closing(sqlite3.connect(three / "ann.sqlite")) as database, database:
        database.execute("UPDATE raw_clips SET object_key = 'a//b' WHERE id = 'r_a'")
        image = database.serialize()
    _, body = snapshots.packed("0" * 16, 0, image)
    snapshot(three, 4).write_bytes(body)
    assert "it names an object by 'a//b', which is no key" in reelc(three, "restore", UID).stdout
    ended = reelc(three, "backup", UID, "copy", "--footage")
    assert (ended.returncode, ended.stderr[:13]) == (6, "error[RC705]:")


@pytest.mark.parametrize("key", ["users/ann/media/../../x", b"users/ann/media/r", None])
def test_a_database_that_names_what_is_no_key_is_damaged(key: object) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE raw_clips (object_key, name, size)")
        database.execute("CREATE TABLE working_videos (object_key, filename, size, sha256)")
        database.execute("INSERT INTO working_videos VALUES (?, 'x', 1, 'y')", (key,))
        database.commit()
        image = database.serialize()
    with pytest.raises(Damaged, match="which is no key"):
        rows_in(image)


def test_a_database_with_a_broken_reference_is_not_stored(three: Path) -> None:
    assert reelc(three, "backup", UID, "ann.sqlite").returncode == 0
    database = sqlite3.connect(three / "ann.sqlite")
    database.execute("INSERT INTO working_video_clips VALUES ('v_none', 0, 7)")
    database.commit()
    database.close()
    ended = reelc(three, "restore", UID, "--from", "ann.sqlite")
    assert ended.returncode == 6
    assert "a row of working_video_clips refers to a missing row" in ended.stderr
    assert not snapshot(three, 4).exists()


@pytest.mark.parametrize("words", [["restore"], ["backup", "x"]])
def test_a_user_without_data_is_told(tmp_path: Path, words: list[str]) -> None:
    assert reelc(tmp_path, "user", "add", "nobody").returncode == 0
    ended = reelc(tmp_path, words[0], "nobody", *words[1:])
    assert "no restore point" in ended.stderr
    assert reelc(tmp_path, words[0], "../x", *words[1:]).returncode == 2


def test_one_thing_at_a_time_is_restored(three: Path) -> None:
    assert reelc(three, "restore", UID, "--to", "1", "--accept").returncode == 2


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("fault", ["fail", "swallow"])
def test_a_restore_that_is_broken_off_leaves_the_old_or_the_restored_state(three: Path, call: int, fault: str) -> None:
    async def scene(place: Place) -> None:
        _, image = await snapshots.fetch(place.store, UID, 1)
        faulty = FaultStore(place.store, nth(call, fault, "put"))  # type: ignore[arg-type]
        with pytest.raises(Exception, match="planned"):
            await roll_back(faulty, UID, image, place.folder / "local")
        assert await marks.rollback_of(place.store, UID) is not None or not snapshot(three, 4).exists()

    run(three, scene)
    assert rows(three) == ({"r_a"} if snapshot(three, 4).exists() else {"r_a", "r_b", "r_c"})


def test_a_backup_with_footage_is_whole_and_restored_elsewhere(
    site: Site, user: httpx.Client, game: Path, tmp_path: Path
) -> None:
    """Beside a running server; the other machine has an empty store."""
    raw, me = uploaded(user, game), user.get("/api/me").json()["id"]
    ended = reelc(tmp_path, "backup", me, "copy", "--footage", data=str(site.data))
    assert (ended.returncode, ended.stdout) == (0, "")
    assert (tmp_path / "copy" / "media" / raw).read_bytes() == game.read_bytes()
    assert reelc(tmp_path, "restore", me, "--from", "copy").returncode == 0
    stored = tmp_path / "data" / "objects" / media_key(me, raw)
    assert stored.read_bytes() == game.read_bytes()
    assert reelc(tmp_path, "scrub").returncode == 0
    footage = site.data / "objects" / media_key(me, raw)
    flip(footage, 1000)
    ended = reelc(tmp_path, "backup", me, "second", "--footage", data=str(site.data))
    assert ended.returncode == 6
    assert ended.stdout == f"damaged: {media_key(me, raw)} (of game.mp4)\n"


@pytest.mark.fault
def test_a_server_keeps_newer_footage_after_a_rollback_by_hand_until_accepted(tmp_path: Path, game: Path) -> None:
    data, token = tmp_path / "data", add_user(tmp_path / "data", "ann")
    with serving(data) as site, site.client(token) as ann:
        old, new = uploaded(ann, game), uploaded(ann, game, "new.mp4")
    media = data / "objects" / "users" / "ann" / "media"
    max(snapshot(tmp_path, 1).parent.iterdir()).unlink()
    shutil.rmtree(data / "local")
    with serving(data, sweep_after="0.2", trash_for="0.1") as site, site.client(token) as ann:
        assert [each["id"] for each in ann.get("/api/raw-clips").json()["raw_clips"]] == [old]
        log = Path(site.log.name)
        until(lambda: log.read_text().count("not swept: rolled back") > 3, "nothing is swept, or it is not said")
        assert (media / new).exists()
        assert reelc(tmp_path, "restore", "ann", "--accept").returncode == 0
        until(lambda: not (media / new).exists(), "nothing is swept")
        assert (media / old).exists()


def test_a_backup_has_no_file_for_an_object_that_is_missing(three: Path) -> None:
    """Else a restore elsewhere would store an empty object in its place."""
    (three / "data" / "objects" / media_key(UID, "r_a")).unlink()
    ended = reelc(three, "backup", UID, "copy", "--footage")
    assert (ended.returncode, f"missing: {media_key(UID, 'r_a')} (of n)" in ended.stdout.splitlines()) == (6, True)
    assert {path.name for path in (three / "copy" / "media").iterdir()} == {
        "r_a.json",
        "r_b",
        "r_b.json",
        "r_c",
        "r_c.json",
    }
