"""The API's description: valid, the committed file is the served one, complete, and true of the server's answers."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
from schemathesis.schemas import BaseSchema

from server.app import OPERATIONS
from server.describe import described
from server.description.openapi import document, statuses
from server.vendor import FOLDER, wrong
from tests.server.site import ROOT, Site, add_user
from tests.server.test_http import added

EXAMPLES = int(os.environ.get("REELC_EXAMPLES", "2"))
"""Examples for each operation, beside those that Schemathesis derives from its schema; `make sweep` takes 100."""

DOCUMENT = document(OPERATIONS)

load_all_checks()
schemathesis.serializer.alias("video/mp4", "application/octet-stream")
EXCLUDED = [
    # stored data may have any shape that was ever stored, and names follow a rule that no schema can express
    *CHECKS.get_by_names(["positive_data_acceptance"]),
]


@pytest.mark.further
def test_it_is_valid() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_is_committed_as_it_is_served(site: Site) -> None:
    """`make openapi` writes this file."""
    committed = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert committed == described("openapi.json")
    with site.client() as anybody:
        assert anybody.get("/openapi.json").json() == json.loads(committed)


def test_it_has_every_operation_but_pages() -> None:
    listed = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert listed == {(op.method, op.path) for op in OPERATIONS if not op.page}
    assert len({op["operationId"] for item in DOCUMENT["paths"].values() for op in item.values()}) == len(listed)


def test_examples_are_good() -> None:
    """Every example fits its schema."""
    from jsonschema import Draft202012Validator

    seen = 0
    for content in found(DOCUMENT, "example"):
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(content["example"])
        seen += 1
    assert seen > 15


def found(tree: Any, name: str) -> list[Any]:
    """Every object of a tree that has this member beside a schema."""
    if isinstance(tree, list):
        return [each for part in tree for each in found(part, name)]
    if not isinstance(tree, dict):
        return []
    here = [tree] if name in tree and "schema" in tree else []
    return here + [each for part in tree.values() for each in found(part, name)]


def test_what_is_vendored_is_what_was_fetched() -> None:
    assert wrong() == []
    folders = [path for path in FOLDER.iterdir() if path.is_dir()]
    assert {folder.name.rpartition("-")[0] for folder in folders} >= {"sortablejs", "preact", "interactjs"}
    assert all((folder / "LICENSE").exists() for folder in folders)


@pytest.fixture(scope="module")
def asked(site: Site, footage: Path) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
    """A user with one of each resource, and their ids."""
    with site.client(add_user(site.data, "schemathesis")) as client:
        clip = added(client, footage / "short60.mp4")
        stored = client.get(clip).json()
        yield client, {name: stored[name] for name in ("project_id", "raw_clip_id")} | {"clip_id": stored["id"]}


REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"]
"""The statuses that refuse a body against its schema: schemathesis's own, and 413, since a list that is too long may be
a body that is too large."""

CONFIG = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}})


@pytest.mark.further
@pytest.mark.parametrize("label", [f"{op.method} {op.path}" for op in OPERATIONS if not op.page])
def test_every_answer_is_described(label: str, site: Site, asked: tuple[httpx.Client, dict[str, str]]) -> None:
    """All answers have a described status, header, media type and body, whatever is sent; the server never fails."""
    client, ids = asked

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
    def answered(case: Any) -> None:
        if case.method != "DELETE":
            known = {name: ids[name] for name in case.path_parameters or {} if name in ids}
            case.path_parameters = {**(case.path_parameters or {}), **known}
        headers = {**client.headers, **dict(case.headers or {}), "Authorization": client.headers["authorization"]}
        answer = case.call(base_url=site.url, headers={name: headers[name] for name in headers if name != "host"})
        case.validate_response(answer, excluded_checks=EXCLUDED)
        assert answer.status_code < 500

    tried(label, answered)


@functools.cache
def schema() -> BaseSchema:
    return schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


def tried(label: str, test: Callable[[Any], None]) -> None:
    """Try one operation with all cases that Schemathesis has for it. They are made here, and not by
    `schema.parametrize`, which makes those of all operations in every worker, while tests are collected."""
    operation = schema().find_operation_by_label(label)
    assert operation
    config = HypothesisTestConfig(project=schema().config, modes=[*HypothesisTestMode])
    create_test(operation=operation, test_func=test, config=config)()


def test_every_status_of_a_refusal_is_described() -> None:
    for op in OPERATIONS:
        if not op.page:
            assert {429, 503, *(() if op.public else (401,))} <= set(statuses(op))
