"""The page of the API, as it is without scripts: every operation, every schema, every link leads somewhere."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from server.description.reference import bounds, prose, reference_page

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def html() -> str:
    return reference_page(DOCUMENT)


def test_every_operation_is_on_the_page_with_its_parameters_and_answers(html: str) -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, about in methods.items():
            found = re.search(
                rf'<details class="operation" id="{about["operationId"]}">(.*?)</details>', html, re.DOTALL
            )
            assert found, path
            text = unescape(found[1])
            assert f">{method.upper()}</span> <code>{path}</code>" in text
            assert all(f'<code class="name">{each["name"]}</code>' in text for each in about.get("parameters", []))
            assert re.findall(r"<dt>(\w+)</dt>", text) == [*about["responses"]]
            assert all(f"<code>{kind}</code>" in text for kind in about.get("requestBody", {}).get("content", {}))


def test_every_schema_is_on_the_page_with_its_fields(html: str) -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        found = re.search(rf'<details class="operation" id="schema-{name}">(.*?)</details>', html, re.DOTALL)
        assert found, name
        assert re.findall(r'<code class="name">(\w+)</code>', found[1]) == [*schema.get("properties", {})]


def test_every_link_within_the_page_leads_somewhere_and_no_name_is_given_twice(html: str) -> None:
    names = re.findall(r'\bid="([^"]+)"', html)
    assert len(names) == len(set(names))
    links = set(re.findall(r'href="#([^"]+)"', html))
    assert len(links) > 30
    assert links <= set(names)


def test_descriptions_are_paragraphs_with_code_and_no_markup() -> None:
    assert prose("One `a<b>`\n\nTwo & <i>three</i>") == (
        "<p>One <code>a&lt;b&gt;</code></p><p>Two &amp; &lt;i&gt;three&lt;/i&gt;</p>"
    )
    assert bounds({"type": "integer", "minimum": 0, "maximum": 9}) == "at least 0, at most 9"
