"""Estimated widths of text, and text cut to a width; no font is at hand to measure with.

Widths are in cells of a monospaced font: one a character, two for East Asian wide ones, none for combining marks.
"""

from __future__ import annotations

from unicodedata import combining, east_asian_width

ELLIPSIS = "…"


def cells(text: str) -> int:
    """The width of `text`, in cells."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def fit(text: str, most: int) -> str:
    """The text, or as much of its beginning as fits `most` cells with an ellipsis."""
    if cells(text) <= most:
        return text
    width, kept = 0, []
    for character in text:
        width += _cell(character)
        if width > most - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + ELLIPSIS


def wrap(text: str, most: int, lines: int) -> tuple[str, ...]:
    """The text's words in at most `lines` lines of at most `most` cells, cut at the end if need be."""
    words, wrapped = text.split(), list[str]()
    while words and len(wrapped) < lines:
        line = words.pop(0)
        while words and cells(f"{line} {words[0]}") <= most:
            line = f"{line} {words.pop(0)}"
        wrapped.append(line)
    if words:
        wrapped[-1] = f"{wrapped[-1]} {ELLIPSIS}"
    return tuple(fit(line, most) for line in wrapped)
