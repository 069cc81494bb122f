"""Words of strangers, file names and ffmpeg's own, made safe to print."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text on one line, control characters and broken code points escaped: it moves no cursor, forges no log."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
