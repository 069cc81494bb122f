"""`reelc verify`: a film is compared with an edit, by its identity and by its bytes."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

import pytest

from compiler.film_identity import FilmIdentity, identity_in
from compiler.supervise.films.identity_tag import read_tag, write_tag
from tests.cli.desk import Desk

SPAN = {"segments_data": {"version": 2, "trimRange": {"start": 0, "end": 0.2}, "spans": []}}
MOVED = [{"frame": 0, "x": 4, "y": 4, "width": 40, "height": 40}]


def reel(desk: Desk, **fields: Any) -> str:
    """Four short clips, the last with other fields: two units."""
    return desk.reel(SPAN, SPAN, SPAN, {**SPAN, "id": "last", **fields})


def rendered(desk: Desk, path: str, film: str = "film.mp4") -> None:
    ended = desk.run("render", path, "-o", film, "--overwrite", "--progress", "none", "--no-cache")
    assert ended.exit_code == 0, ended.stderr


def verified(desk: Desk, *options: str, film: str = "film.mp4") -> tuple[int, dict[str, Any]]:
    ended = desk.run("verify", film, "reel.json", "--json", *options)
    return ended.exit_code, json.loads(ended.stdout)


def of(desk: Desk, film: str = "film.mp4") -> FilmIdentity:
    found = identity_in(read_tag(desk.folder / film))
    assert found is not None
    return found


def test_a_film_and_its_edit_are_the_same_under_other_names(desk: Desk) -> None:
    rendered(desk, reel(desk))
    assert verified(desk) == (0, {"verify": 1, "answer": "same", "details": [], "parting": None})
    shutil.copy(desk.folder / "clip.mp4", desk.folder / "copy.mp4")
    reel(desk, id="renamed", name="another", media="copy.mp4")
    assert verified(desk)[1]["answer"] == "same"
    assert desk.run("verify", "film.mp4", "reel.json").stdout == "the same: film.mp4 was made from this reel\n"


def test_the_tag_has_neither_paths_nor_names(desk: Desk) -> None:
    rendered(desk, reel(desk, name="secret name"))
    tag = read_tag(desk.folder / "film.mp4")
    assert tag is not None
    for name in (b"secret", b"last", b"clip", b"/", b"film.mp4"):
        assert name not in tag


def test_another_edit_is_named_by_its_clips(desk: Desk) -> None:
    rendered(desk, reel(desk))
    reel(desk, crop_data=MOVED)
    assert verified(desk) == (
        *(1,),
        {
            "verify": 1,
            "answer": "other_edit",
            "details": ["the picture of frames 18 to 23 is another: last"],
            "parting": None,
        },
    )


def test_another_length_is_said(desk: Desk) -> None:
    rendered(desk, reel(desk))
    desk.reel(SPAN)
    exit_code, found = verified(desk)
    assert (exit_code, found["answer"]) == (1, "other_edit")
    assert "frames: got 24, predicted 6" in found["details"]


def test_a_film_by_other_programs_is_told_from_another_edit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.pipeline.identity.maker", lambda: "other code")
    monkeypatch.setattr("compiler.film_identity.maker", lambda: "other code")
    rendered(desk, reel(desk))
    monkeypatch.undo()
    monkeypatch.chdir(desk.folder)
    exit_code, found = verified(desk)
    assert (exit_code, found["answer"]) == (1, "other_maker")
    assert found["details"] == ["it was made by another version of reelc"]
    reel(desk, crop_data=MOVED)
    assert verified(desk)[1]["details"] == ["it was made by another version of reelc"]


def test_a_damaged_film_is_not_the_same(desk: Desk) -> None:
    rendered(desk, reel(desk))
    film = desk.folder / "film.mp4"
    content = film.read_bytes()
    place = content.index(b"mdat") + 600
    film.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    exit_code, found = verified(desk)
    assert (exit_code, found["answer"]) == (1, "damaged")


def test_a_film_without_an_identity_is_compared_by_its_bytes(desk: Desk) -> None:
    path = reel(desk)
    rendered(desk, path)
    write_tag(desk.folder / "film.mp4", b"{}")
    assert verified(desk)[1]["answer"] == "no_identity"
    assert verified(desk, "--deep") == (0, {"verify": 1, "answer": "same", "details": [], "parting": None})


def test_a_deep_comparison_says_where_films_part(desk: Desk) -> None:
    rendered(desk, reel(desk))
    reel(desk, crop_data=MOVED)
    exit_code, found = verified(desk, "--deep")
    assert (exit_code, found["answer"], found["parting"]) == (
        *(1, "other_edit"),
        {"frame": found["parting"]["frame"], "sample": None, "clip": found["parting"]["clip"]},
    )
    assert 12 <= found["parting"]["frame"] <= 18
    said = desk.run("verify", "film.mp4", "reel.json", "--deep").stdout
    assert f"they part at frame {found['parting']['frame']}, clip {found['parting']['clip']}" in said


def test_sound_that_differs_is_named_by_its_sample(desk: Desk) -> None:
    rendered(desk, reel(desk))
    reel(desk, volume=-12)
    found = verified(desk, "--deep")[1]
    assert found["parting"]["frame"] is None
    assert 0.5 * 48000 < found["parting"]["sample"] <= 0.6 * 48000


@pytest.mark.parametrize(("codec", "ending"), [("prores", ".mov"), ("gif", ".gif"), ("webp", ".webp"), ("wav", ".wav")])
def test_films_of_every_container_carry_their_identity(desk: Desk, codec: str, ending: str) -> None:
    path = desk.reel(SPAN, encode={"codec": codec})
    rendered(desk, path, f"film{ending}")
    assert verified(desk, film=f"film{ending}") == (
        *(0,),
        {"verify": 1, "answer": "same", "details": [], "parting": None},
    )


def test_a_film_that_is_missing_has_the_exit_code_of_media(desk: Desk) -> None:
    ended = desk.refused("verify", "film.mp4", reel(desk))
    assert (ended.exit_code, ended.codes) == (6, ["RC603"])


def test_a_file_that_is_no_film_carries_no_identity(desk: Desk) -> None:
    exit_code, found = (reel(desk), verified(desk, film="reel.json"))[1]
    assert (exit_code, found["answer"]) == (1, "no_identity")


@pytest.mark.parametrize("kind", ["a folder", "not a regular file"])
def test_what_is_no_file_is_not_opened(desk: Desk, kind: str) -> None:
    """A FIFO would be waited for."""
    os.mkfifo(desk.folder / "pipe") if kind == "not a regular file" else (desk.folder / "pipe").mkdir()
    ended = desk.refused("verify", "pipe", reel(desk))
    assert (ended.exit_code, ended.codes) == (6, ["RC604"])
    assert f'"pipe" is {kind}' in ended.stderr
