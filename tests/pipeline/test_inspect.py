"""One definition under inspection: its results are found in the script and in every stage."""

from __future__ import annotations

import pytest

from compiler.ir.ops import Value
from compiler.pipeline.inspect import definition, forebear, script_parts
from tests.golden.compiling import FILMS, compile_case


@pytest.mark.parametrize("case", FILMS)
def test_the_parts_are_the_script_and_every_filter_is_somebodys(case: str) -> None:
    compiled = compile_case(case)
    for stage in (compiled.stages[0], compiled.stages[-1]):
        parts = script_parts(compiled, stage.graph)
        assert "".join(part.text for part in parts) == compiled.script
        filters = [part for part in parts if part.value]
        assert all(part.text.partition("=")[0].strip() for part in filters)
        for part in filters:
            head = part.text.partition("=")[0].partition("@")
            if head[1]:  # a filter's name is that of its definition, or of a result of it
                assert f"{head[2]}.".startswith(f"{part.value}.")
        assert not any("@" in part.text for part in parts if part.value is None)


def test_every_filter_of_the_film_is_of_a_definition_of_the_last_stage() -> None:
    compiled = compile_case(FILMS[0])
    last = len(compiled.stages) - 1
    found = [definition(compiled, last, str(name)) for name in compiled.legal.ops]
    spelled = [text for each in found if each for text in each.filters]
    whole = [part.text for part in script_parts(compiled, compiled.legal) if part.value in compiled.legal.ops]
    assert sorted(spelled) == sorted(whole) != []


@pytest.mark.further
@pytest.mark.parametrize("case", FILMS[:12])
def test_a_definition_tells_who_made_it_and_who_took_it_out(case: str) -> None:
    compiled = compile_case(case)
    stages = compiled.stages
    for stage in range(len(stages)):
        before = stages[stage - 1].graph.ops if stage else {}
        for name in {**before, **stages[stage].graph.ops}:
            found = definition(compiled, stage, str(name))
            assert found is not None
            if name not in stages[stage].graph.ops:
                assert found.until == stages[stage].name
            elif name not in before:
                assert found.since == stages[stage].name
            assert (found.until is None) == (name in stages[-1].graph.ops) or found.until in [s.name for s in stages]


def test_there_may_be_none() -> None:
    compiled = compile_case(FILMS[0])
    assert definition(compiled, 0, "nobody") is None


def test_a_value_belongs_to_the_nearest_whose_name_it_begins_with() -> None:
    names = [Value("dunk"), Value("dunk.crop")]
    assert forebear(Value("dunk.crop"), names) == "dunk.crop"
    assert forebear(Value("dunk.crop.coarse.x"), names) == "dunk.crop"
    assert forebear(Value("dunk.warp"), names) == "dunk"
    assert forebear(Value("dunker.warp"), names) == "dunker.warp"
