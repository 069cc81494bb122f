"""The description of the WebSocket: the committed file is the served one, complete, and every sent message fits it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from jsonschema import Draft202012Validator

from server.describe import described
from server.description.asyncapi import events
from server.exports.progress import STAGES, Name, State
from tests.server.editing import begin, export, long_project, new_export, one_clip, standing
from tests.server.site import ROOT, Site
from tests.server.test_progress import heard, socket

DOCUMENT = events()


def fits(message: str) -> Draft202012Validator:
    """The validator for the payload of a message."""
    payload = DOCUMENT["components"]["messages"][message]["payload"]
    schema = {**payload, "components": DOCUMENT["components"]}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_it_is_committed_as_it_is_served(site: Site) -> None:
    """`make openapi` writes this file."""
    committed = (ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8")
    assert committed == described("asyncapi.json")
    with site.client() as anybody:
        served = anybody.get("/asyncapi.json").json()
    assert served["servers"]["here"].pop("host") == urlsplit(site.url).netloc
    expected = json.loads(committed)
    del expected["servers"]["here"]["host"]
    assert served == expected


def references(tree: Any) -> list[str]:
    if isinstance(tree, list):
        return [each for part in tree for each in references(part)]
    if not isinstance(tree, dict):
        return []
    here = [tree["$ref"]] if isinstance(tree.get("$ref"), str) else []
    return here + [each for part in tree.values() for each in references(part)]


def test_what_it_refers_to_is_there() -> None:
    found = references(DOCUMENT)
    assert len(found) > 10
    for each in found:
        place: Any = DOCUMENT
        for name in each.removeprefix("#/").split("/"):
            place = place[name]


def test_it_has_every_member_state_and_stage() -> None:
    schema = DOCUMENT["components"]["schemas"]["State"]
    assert schema["required"] == [*schema["properties"]] == [*State(export_id="e").event()]
    assert schema["properties"]["stage"]["enum"] == [*STAGES]
    assert schema["properties"]["state"]["enum"] == [*Name.__args__]  # type: ignore[attr-defined]


@pytest.mark.further
def test_every_message_of_a_film_fits(user: httpx.Client, game: Path) -> None:
    with socket(user, begin(user, one_clip(user, game))) as listening:
        states = heard(listening)
    assert states[-1]["state"] == "complete"
    for state in states:
        fits("progress").validate(state)


@pytest.mark.further
def test_every_message_of_what_became_no_film_fits(site: Site, user: httpx.Client, game: Path) -> None:
    cancelled = standing(user, site.data, long_project(user, game))
    user.delete(f"/api/export/{cancelled}")
    project_id, failed = one_clip(user, game), new_export()
    raw = user.get(f"/api/projects/{project_id}").json()["clips"][0]["raw_clip_id"]
    (found,) = (site.data / "objects").rglob(raw)
    found.write_bytes(b"\0" * found.stat().st_size)
    assert export(user, project_id, failed).status_code == 500
    for export_id, state in ((cancelled, "cancelled"), (failed, "error")):
        with socket(user, export_id) as listening:
            messages = heard(listening)
        assert messages[-1]["state"] == state
        for each in messages:
            fits("progress").validate(each)


@pytest.mark.further
def test_ping_and_pong_fit(site: Site, user: httpx.Client, game: Path) -> None:
    export_id = standing(user, site.data, long_project(user, game))
    with socket(user, export_id) as listening:
        listening.send("ping")
        text = next(message for message in listening if not str(message).startswith("{"))
    user.delete(f"/api/export/{export_id}")
    fits("ping").validate("ping")
    fits("pong").validate(text)


@pytest.mark.parametrize("wrong", [{"stage": "dreaming"}, {"progress": 1.5}, {"more": 1}, {"seq": None}])
def test_what_is_no_message_does_not_fit(wrong: dict[str, Any]) -> None:
    assert not fits("progress").is_valid({**State(export_id="e").event(), **wrong})
