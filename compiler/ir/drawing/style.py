"""The style sheet of a drawing: a light and a dark palette, and a rule for each element.

A page that shows the drawing can set the custom properties, all of them under `.reel-graph`. Each rule states its light
colour first, for renderers without custom properties.
"""

from __future__ import annotations

PALETTE = {
    "ground": ("#ffffff", "#0d1117"),
    "band": ("#f6f8fa", "#151b23"),
    "rule": ("#dfe4ea", "#2b323b"),
    "box": ("#ffffff", "#1c232c"),
    "text": ("#1f2328", "#e6edf3"),
    "muted": ("#656d76", "#9198a1"),
    "video": ("#0a63c9", "#6cb2ff"),
    "audio": ("#1a7f37", "#4cc262"),
    "video-tint": ("#e3f0ff", "#12263f"),
    "audio-tint": ("#e2f6e6", "#11291a"),
}
"""The light and the dark colour of each name."""

SANS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'
MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace'

PAINT = (
    (".ground", "fill", "ground"),
    (".band rect", "fill", "band"),
    (".band rect", "stroke", "rule"),
    (".band text", "fill", "text"),
    (".node rect", "fill", "box"),
    (".node .text", "fill", "text"),
    (".node .shape", "fill", "muted"),
    *((f".{kind} rect", "stroke", kind) for kind in ("video", "audio")),
    *((f".{kind} .verb", "fill", kind) for kind in ("video", "audio")),
    *((f".link.{kind}", "stroke", kind) for kind in ("video", "audio")),
    *((f".{kind}.join rect", "fill", f"{kind}-tint") for kind in ("video", "audio")),
    *((f".{kind}.film rect", "fill", kind) for kind in ("video", "audio")),
    (".film .verb", "fill", "ground"),
    (".film .text", "fill", "ground"),
    (".film .shape", "fill", "ground"),
)
"""Selector, property, colour."""

FORM = (
    (".verb", f"font:600 13px {SANS}"),
    (".text", f"font:10.5px {MONO}"),
    (".shape", f"font:10.5px {MONO}"),
    (".band text", f"font:600 13px {SANS}"),
    (".node rect", "stroke-width:1.25"),
    (".link", "fill:none;stroke-width:1.75;stroke-linecap:round"),
)


def style(scope: str) -> str:
    """The style sheet, with every rule under `scope`."""
    light, dark = (";".join(f"--{name}:{pair[k]}" for name, pair in PALETTE.items()) for k in (0, 1))
    lines = [f"{scope}{{{light}}}", f"@media(prefers-color-scheme:dark){{{scope}{{{dark}}}}}"]
    lines += [f"{scope} {selector}{{{form}}}" for selector, form in FORM]
    for selector, attribute, colour in PAINT:
        lines.append(f"{scope} {selector}{{{attribute}:{PALETTE[colour][0]};{attribute}:var(--{colour})}}")
    return "\n".join(lines)
