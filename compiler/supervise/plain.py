"""Untrusted text, such as file names and ffmpeg's output, made safe to print."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text on one line, with control characters and broken code points escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
