"""Text cut to a width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.drawing.measure import cells, fit, wrap


@pytest.mark.parametrize(("text", "width"), [("", 0), ("crop", 4), ("視界", 4), ("e\u0301", 1)])
def test_a_cell_is_a_monospaced_character(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize(
    ("text", "most", "fitted"),
    [("perspective", 11, "perspective"), ("perspective", 6, "persp…"), ("at 3, 4", 4, "at…"), ("視界視界", 6, "視界…")],
)
def test_what_is_cut_ends_in_an_ellipsis(text: str, most: int, fitted: str) -> None:
    assert fit(text, most) == fitted


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("at 30 fps", ("at 30 fps",)),
        ("1x until 3, 0.5x", ("1x until", "3, 0.5x")),
        ("1x until 3, 0.5x until 4", ("1x until", "3, 0.5x …")),
        ("1x until 3, 0.25x until 4", ("1x until", "3, 0.25x…")),
        ("abcdefghijkl mno", ("abcdefgh…", "mno")),
    ],
)
def test_words_are_wrapped(text: str, lines: tuple[str, ...]) -> None:
    assert wrap(text, 9, 2) == lines


@given(st.text(), st.integers(1, 30), st.integers(1, 4))
def test_nothing_is_wider_or_longer_than_asked(text: str, most: int, lines: int) -> None:
    wrapped = wrap(text, most, lines)
    assert len(wrapped) <= lines
    assert all(cells(line) <= most for line in wrapped)
