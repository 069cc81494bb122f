"""Commands that make a media file readable, for the hints of errors."""

from __future__ import annotations

import re
import shlex

from compiler.supervise.plain import plain


def convert(name: str) -> str:
    """The command that encodes the named file anew, as H.264 and AAC in mp4."""
    return command(name, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")


def command(name: str, *options: str, before: tuple[str, ...] = (), ending: str = ".mp4") -> str:
    """The ffmpeg command that makes a file of that ending of the named one, beside it; `before` come before it."""
    return " ".join(("ffmpeg", *before, "-i", quoted(name), *options, quoted(made_of(name, ending))))


def made_of(name: str, ending: str) -> str:
    """The name of the file of that ending that is made of the named one, never its own."""
    stem = name.rpartition(".")[0] or name
    return f"{stem}-new{ending}" if f"{stem}{ending}".lower() == name.lower() else f"{stem}{ending}"


def quoted(name: str) -> str:
    """A file's name as a word of a shell's command, on one line."""
    return shlex.quote(plain(f"./{name}" if name.startswith("-") else name))


def renamed(hint: str, name: str, other: str) -> str:
    """A hint about the file `name`, which has no ending, as one about the file `other`."""
    made = re.sub(rf"{re.escape(quoted(name))}(\.\w+)", lambda found: quoted(made_of(other, found[1])), hint)
    return made.replace(quoted(name), quoted(other))
