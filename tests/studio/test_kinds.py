"""The page offers the compiler's transitions and eases."""

from __future__ import annotations

import re
from pathlib import Path

from compiler.model.limits import EASES
from compiler.transitions import TRANSITIONS

STUDIO = Path(__file__).parents[2] / "server" / "static" / "studio"


def test_every_transition_on_offer_is_one() -> None:
    listed = re.search(r"KINDS = \{(.*?)\};", (STUDIO / "panels" / "transitions.js").read_text(), re.DOTALL)
    assert listed
    offered = re.findall(r"(\w+): \"", listed[1])
    assert len(offered) > 10
    assert set(offered) <= set(TRANSITIONS)


def test_every_ease_is_on_offer() -> None:
    listed = re.search(r"EASES = \[(.*)\];", (STUDIO / "edit" / "eases.js").read_text())
    assert listed
    assert set(re.findall(r"\[\"(\w+)\"", listed[1])) == set(EASES)
