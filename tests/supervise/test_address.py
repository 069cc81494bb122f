"""Addresses in place of paths have an error that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.errors import Loc, ReelError
from compiler.supervise.probe import probe
from tests.supervise.conftest import Made

LOC = Loc("dunk", "/clips/0/media")
FETCH = "download the file and write its path, or upload it to a reelc server"
ADDRESSES = {
    "https://example.com/a/game.mp4?x=1": FETCH,
    "HTTP://example.com/game.mp4": FETCH,
    "s3://bucket/game.mp4": FETCH,
    "rtmp://example.com/live": FETCH,
    "ftp://example.com/game.mp4": FETCH,
    "gopher+x://example.com/game.mp4": FETCH,
    "http:game.mp4": FETCH,
    "data:video/mp4;base64,AAAA": FETCH,
    "file:///films/game.mp4": 'write the path alone, without "file://"',
    "file:game.mp4": 'write the path alone, without "file://"',
}


def missed(path: Path) -> ReelError:
    with pytest.raises(ReelError) as caught:
        probe(path, LOC)
    return caught.value


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_called_one(text: str, tmp_path: Path) -> None:
    error = missed(tmp_path / text)
    assert (error.code, error.loc, error.hint) == ("RC603", LOC, ADDRESSES[text])
    assert error.message == f'"{text}" is an address, and addresses are not read here'


def test_a_long_address_is_cut(tmp_path: Path) -> None:
    error = missed(tmp_path / f"data:video/mp4;base64,{'A' * 3000}")
    assert error.code == "RC603"
    assert len(error.message) < 200


@pytest.mark.parametrize("text", ["game.mp4", "C:\\films\\game.mp4", "C:/game.mp4", "a:b.mp4", "12:30:00.mp4"])
def test_other_missing_files_are_missing(text: str, tmp_path: Path) -> None:
    assert missed(tmp_path / text).message.endswith("does not exist")


def test_a_file_of_such_a_name_is_read(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "https:" / "data:1.mp4"
    path.parent.mkdir()
    path.write_bytes(made("plain.mp4").read_bytes())
    assert probe(path).video.frames == 60
    assert missed(path.parent / "gone.mp4").message == '"gone.mp4" does not exist'
