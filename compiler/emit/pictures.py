"""Filters of pictures in space: one or two for each op, named after its value, the same for every ffmpeg."""

from __future__ import annotations

from typing import assert_never

from compiler.emit.expr import follow_text, place_text, track_text
from compiler.emit.numbers import decimal, rational, signed
from compiler.ir.ops import Blur, Crop, Follow, Overlay, Pad, Perspective, Place, Plate, Scale, Smear, Turn
from compiler.timeline.track import Track

FLAGS = "bicubic+accurate_rnd+full_chroma_int+bitexact"
"""Flags of every resampling; they give the same bytes on every processor."""

REPEAT = "neighbor+accurate_rnd+bitexact"
"""Flags that change only the layout of planes: widening chroma and narrowing it again restores it exactly."""

MARKED = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
"""The canvas's colours as tags of every frame: ffmpeg 7 and later convert untagged frames (as if from BT.601) for an
encoder set to BT.709, and write a frame's primaries and transfer in place of the encoder's."""


def plate(op: Plate, name: str) -> list[str]:
    """`color` in RGB, then converted to the canvas's colours: by default `color` makes BT.601."""
    return [
        f"color@{name}=c=0x{op.colour[1:]}:s={op.width}x{op.height}:r={rational(op.fps)}",
        "format=gbrp",
        f"scale=in_range=full:out_range=limited:out_color_matrix=bt709:flags={FLAGS}",
        *("setsar=1", "format=yuv420p", MARKED, f"trim=end_frame={op.frames}"),
    ]


TURNS = {
    (0, False): ("null",),
    (90, False): ("transpose=clock",),
    (180, False): ("hflip", "vflip"),
    (270, False): ("transpose=cclock",),
    (0, True): ("hflip",),
    (90, True): ("transpose=clock_flip",),
    (180, True): ("vflip",),
    (270, True): ("transpose=cclock_flip",),
}
"""Filters by clockwise degrees, and whether the picture is mirrored first."""

TURNED = "sidedata=mode=delete:type=DISPLAYMATRIX"
"""Removes the rotation metadata, so that players do not turn the film again."""


def turn(op: Turn, name: str) -> list[str]:
    """`transpose`, or `hflip` and `vflip`; then the rotation metadata is removed."""
    decisive, *rest = TURNS[op.degrees, op.mirrored]
    kind, _, option = decisive.partition("=")
    return [f"{kind}@{name}" + (f"={option}" if option else ""), *rest, TURNED]


def crop(op: Crop, name: str) -> str:
    """`crop`; its places are evaluated at every frame."""
    exact = ":exact=1" if op.exact else ""
    return f"crop@{name}=w={op.width}:h={op.height}:x={_option(op.x)}:y={_option(op.y)}{exact}"


def scale(op: Scale, name: str) -> str:
    """`scale`."""
    return f"scale@{name}=w={op.width}:h={op.height}:flags={FLAGS}"


def pad(op: Pad, name: str) -> str:
    """`pad` in black."""
    return f"pad@{name}=w={op.width}:h={op.height}:x={op.x}:y={op.y}:color=black"


def laid(op: Blur | Overlay, name: str) -> str:
    """The filters of backdrops: `boxblur`, `overlay`."""
    match op:
        case Blur(_, radius):
            soft = f"luma_radius={radius}:luma_power=3:chroma_radius={radius // 2}:chroma_power=3"
            return f"boxblur@{name}={soft}"
        case Overlay(_, _, x, y):
            return f"overlay@{name}=x={x}:y={y}:eval=init:format=yuv420"
        case _:
            assert_never(op)


def smear(op: Smear, name: str) -> str:
    """`pad`, then `fillborders` over the added borders."""
    sides = {"left": op.left, "right": op.right, "top": op.top, "bottom": op.bottom}
    borders = "".join(f"{side}={pixels}:" for side, pixels in sides.items() if pixels)
    size = f"w=iw{signed(op.left + op.right)}:h=ih{signed(op.top + op.bottom)}"
    return f"pad@{name}={size}:x={op.left}:y={op.top}, fillborders@{name}={borders}mode=smear"


def perspective(op: Perspective, name: str) -> str:
    """`perspective`, the box's corners as expressions.

    The filter draws the input's index 0, not its edge, at corner 0 and index W at corner 1: a box [r, r + w] of a
    W-wide input has x0 = r + 0.5 w/W - 0.5 and x1 = x0 + w. Its expressions count frames from 1, its `enable` from 0.
    """
    x0, x1 = _edges(op, op.path.x, op.path.width, op.x, "W")
    y0, y1 = _edges(op, op.path.y, op.path.height, op.y, "H")
    corners = f"x0='{x0}':y0='{y0}':x1='{x1}':y1='{y0}':x2='{x0}':y2='{y1}':x3='{x1}':y3='{y1}'"
    always = op.first == 0 and op.until >= op.path.frames
    enable = "" if always else f":enable='gte(n,{op.first})*lt(n,{op.until})'"
    return f"perspective@{name}={corners}:interpolation=cubic:eval=frame{enable}"


def _edges(op: Perspective, track: Track, size: Track, place: Place, side: str) -> tuple[str, str]:
    """The box's two edges along a side of the picture, in `perspective`'s coordinates."""
    same = isinstance(place, Follow) and place.track == track
    near, length = track.between(op.first, op.until), size.between(op.first, op.until)
    if (pixels := length.constant) is not None:
        half = f"+{decimal(pixels / 2)}/{side}"
        return _within(near, place, -0.5, same=same) + half, _within(near, place, pixels - 0.5, same=same) + half
    start, text = _within(near, place, -0.5, same=same), track_text(length, "in-1")
    return f"{start}+({text})*0.5/{side}", f"{start}+({text})*(1+0.5/{side})"


def _within(track: Track, place: Place, on: float, *, same: bool) -> str:
    """`track` plus `on` pixels, relative to `place`; the track that the place itself follows is evaluated once."""
    if isinstance(place, int):
        if track.constant is not None:
            return decimal(track.constant - place + on)
        return track_text(track, "in-1") + signed(on - place)
    text = track_text(track, "in-1")
    if isinstance(place, Follow) and same:
        return f"st(0,{text})-{follow_text('ld(0)', place.margin, place.room)}{signed(on)}"
    return f"{text}-{place_text(place, 'in-1')}{signed(on)}"


def _option(place: Place) -> str:
    return place_text(place) if isinstance(place, int) else f"'{place_text(place)}'"
