"""Colours and fills by the words that the whole compiler shares."""

from __future__ import annotations

BLACK = "#000000"
"""What a fade goes through, and what bars show, unless another colour is asked for."""

BLUR = "blur"
"""The fill of bars that is no colour: the picture itself, large and blurred."""
