"""The JSON Schema describes exactly what the reader accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from compiler.model import clip, crop, encode, file, read_reel, spans
from compiler.model.clip_forms import ClipForm, KeyframeForm
from compiler.model.schema_forms import ReelForm, schema
from compiler.model.segment_forms import FreezeForm, RampForm, SpanForm
from tests.model.test_file import EXAMPLE


def test_the_example_is_valid() -> None:
    form = ReelForm.model_validate_json(EXAMPLE)
    assert form.clips[0].segments_data is not None
    span = form.clips[0].segments_data.spans[0]
    assert isinstance(span, SpanForm)
    assert span.speed == 0.5


def test_dialect_and_required_fields() -> None:
    found = schema()
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (found["required"], found["additionalProperties"]) == (["reel", "clips"], False)
    assert found["$defs"]["ClipForm"]["required"] == ["media"]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("CanvasForm", file.CANVAS),
        ("AudioForm", file.AUDIO),
        ("LoudnessForm", file.LOUDNESS),
        ("EncodeForm", encode.ENCODE),
        ("ClipForm", clip.FIELDS),
        ("KeyframeForm", crop.KEYFRAME - {"time"}),
        ("SpanForm", spans.SPAN),
        ("TrimForm", spans.RANGE),
        ("WindowForm", spans.RANGE),
        ("RampForm", spans.RAMP),
        ("FreezeForm", spans.FROZEN),
    ],
)
def test_schema_and_reader_know_the_same_fields(name: str, fields: frozenset[str]) -> None:
    assert set(schema()["$defs"][name]["properties"]) == fields


def test_the_reels_own_fields() -> None:
    assert set(schema()["properties"]) == file.REEL


def described(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from node.get("properties", {}).items()
    for form in node.get("$defs", {}).values():
        yield from described(form)


def test_every_field_has_a_description_that_ends() -> None:
    fields = list(described(schema()))
    assert len(fields) > 40
    assert [name for name, field in fields if not field.get("description", "").endswith(".")] == []


def test_defaults_are_the_readers() -> None:
    bare = read_reel('{"reel": 1, "clips": [{"media": "a"}]}')
    defs = {name: form["properties"] for name, form in schema()["$defs"].items()}
    assert defs["CanvasForm"]["fps"]["default"] == str(bare.canvas.fps)
    assert defs["CanvasForm"]["fit"]["default"] == bare.canvas.fit
    assert defs["AudioForm"]["stretch"]["default"] == bare.audio.stretch
    assert defs["AudioForm"]["include"]["default"] == bare.audio.include
    assert {name: field["default"] for name, field in defs["EncodeForm"].items()} == {
        "codec": bare.encode.codec,
        "audio_bitrate": bare.encode.audio_bitrate,
        **dict.fromkeys(("quality", "preset", "crf", "bitrate")),
    }
    assert defs["ClipForm"]["rotation"]["default"] == bare.clips[0].rotation


@pytest.mark.parametrize(
    ("form", "stored"),
    [
        (ReelForm, {"reel": 2, "clips": [{"media": "a"}]}),
        (ReelForm, {"reel": 1, "clips": []}),
        (ClipForm, {"media": "a", "crop": []}),
        (ClipForm, {"media": "a", "rotation": 21}),
        (KeyframeForm, {"frame": 0, "x": 0, "y": 0, "width": 0, "height": 1}),
        (SpanForm, {"start": 0, "end": 1, "speed": 0.05}),
        (SpanForm, {"start": 0, "speed": 1}),
        (RampForm, {"from": 1, "to": 17}),
        (FreezeForm, {"at": 1, "freeze": 0}),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(form: type[ReelForm], stored: Any) -> None:
    with pytest.raises(ValidationError):
        form.model_validate(stored)
