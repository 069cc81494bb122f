"""One table holds all stored fields of a clip."""

from __future__ import annotations

from dataclasses import fields

from compiler.model import CLIP_FIELDS, Clip
from compiler.model.clip import FIELDS
from server.routes.shapes import Clip as ClipAnswer
from server.routes.shapes import ClipEdit
from server.tables import clips

UNWRITTEN = {
    "id": "names the clip, and does not belong to its edit",
    "name": "is for people, and changes no film",
    "media": "is a path in a reel file, and an id of footage in a database",
    "window": "belongs to the media: in a database, to the raw clip",
    "loc": "says where the clip was read from",
    "notices": "say what its reading found",
}
"""The fields of `Clip` that are not written back, with the reasons."""


def test_every_field_of_a_clip_is_written_or_has_a_reason_not_to_be() -> None:
    written = [name for field in CLIP_FIELDS for name in field.holds]
    assert sorted([*written, *UNWRITTEN]) == sorted(field.name for field in fields(Clip))


def test_every_stored_name_is_in_one_field() -> None:
    names = [name for field in CLIP_FIELDS for name in field.names]
    assert sorted([*names, "id", "name", "media", "window"]) == sorted(FIELDS)


def test_a_request_and_an_answer_have_every_stored_field() -> None:
    assert set(ClipEdit.model_fields) == set(clips.FIELDS)
    assert set(clips.FIELDS) <= set(ClipAnswer.model_fields)
