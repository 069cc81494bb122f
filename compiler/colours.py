"""Names of colours and fills that the whole compiler shares."""

from __future__ import annotations

BLACK = "#000000"
"""The default colour of fades and bars."""

BLUR = "blur"
"""The bar fill that is not a colour: the picture itself, enlarged and blurred."""
