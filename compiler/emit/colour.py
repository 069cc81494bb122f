"""Filters of colour: every source converted to the canvas's 8-bit 4:2:0, limited range, BT.709."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

from compiler.colours import BLACK
from compiler.emit.numbers import decimal
from compiler.emit.pictures import FLAGS, MARKED, REPEAT
from compiler.ir import ops
from compiler.ir.infer import CANVAS, Tint

MATRIX = {
    "bt709": "bt709",
    "smpte170m": "bt601",
    "bt470bg": "bt601",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
    "gbr": "bt709",
}
"""swscale's name of a stream's colour matrix; RGB has none, so any name will do."""

COARSE = {
    **dict.fromkeys(("rgb555", "bgr555"), (248, 248, 248)),
    **dict.fromkeys(("rgb565", "bgr565"), (248, 252, 248)),
    **dict.fromkeys(("rgb444", "bgr444"), (240, 240, 240)),
    **dict.fromkeys(("rgb8", "bgr8", "rgb4", "bgr4", "pal8", "mono"), (255, 255, 255)),
}
"""White of RGB formats of few bits after swscale has widened them to 8 bits with zeros, by the beginnings of their
names. swscale converts none of them rightly to luma and chroma: 5.1 reads `pal8` and `bgr8` by BT.601, and every
release writes the one-bit formats in full range."""

WHITE, BRIGHTEST = 203, 1000
"""cd/m2 of HDR: the level that becomes 1 before mapping, and the level mapped to the canvas's white (ITU-R BT.2408)."""

LINEAR_UP_TO = Fraction(3, 10)
"""Fraction of WHITE: darker light keeps its brightness, brighter light is compressed increasingly (ADR 18)."""

SPARE = "tpad=stop=1:stop_mode=clone"
"""One more frame than a blend needs on each side, cut off after it. Without the spare frame xfade of ffmpeg 5.1 shows
the last frame as the entering side alone; with one on the leaving side only, xfade never ends."""

COUNTED = ("metadata=mode=add:key=reelc:value=1", "metadata=mode=print:file=-:direct=1")
"""A line `frame:N` on stdout for each frame. GIF and WebP films need it: ffmpeg 9 puts all frames of a held picture
through the graph before it encodes one, and the encoder of WebP makes one packet of a whole film, so the number of
packets says nothing."""


def filters(op: ops.Tinting | ops.Conform | ops.Palette, tint: Tint, name: str) -> list[str]:
    """The filters that convert a picture of colours `tint` to the op's colours."""
    match op:
        case ops.Restate() | ops.Flatten():
            return _prepared(op, tint, name)
        case ops.Tonemap():
            return _tonemap(tint, name)
        case ops.Colour():
            return _convert(tint, name)
        case ops.Conform():
            return ["setsar=1", "format=yuv420p", MARKED]
        case ops.Opaque():
            return [f"scale@{name}=flags={REPEAT}", "format=yuva420p", MARKED]
        case ops.Widen():
            return [SPARE, f"scale@{name}=flags={REPEAT}", "format=yuv444p"]
        case ops.Narrow():
            return [f"scale@{name}=flags={REPEAT}", "format=yuv420p"]
        case ops.Rgb(_, pix_fmt):
            scale = f"scale=in_range=limited:in_color_matrix=bt709:out_range=full:flags={FLAGS}"
            return [scale, f"format={pix_fmt}", *(COUNTED if pix_fmt == "bgra" else ())]  # a still has one frame
        case ops.Deepen():
            return [f"scale@{name}=flags={FLAGS}", "format=yuv422p10le"]
        case ops.Palette():
            return [f"palettegen@{name}=stats_mode=single"]
        case ops.Paint():
            return [f"paletteuse@{name}=new=1:dither=bayer:bayer_scale=4"]
        case _:
            assert_never(op)


def _convert(tint: Tint, name: str) -> list[str]:
    """Conversion of range, matrix, depth and chroma by swscale."""
    return [
        *_widened(tint.pix_fmt),
        f"scale@{name}=in_range={_range(tint)}:out_range=limited"
        f":in_color_matrix={MATRIX[tint.matrix]}:out_color_matrix=bt709:flags={FLAGS}",
        "format=yuv420p",
    ]


def _widened(pix_fmt: str) -> list[str]:
    """The filters that bring an RGB format of few bits to 8 bits a colour, white to 255; none for other formats."""
    for beginning, white in COARSE.items():
        if pix_fmt.startswith(beginning):
            scales = ":".join(f"{c}=round(val*255/{w})" for c, w in zip("rgb", white, strict=True))
            return [f"scale=flags={FLAGS}", "format=gbrp", *([] if min(white) == 255 else [f"lutrgb={scales}"])]
    return []


def _prepared(op: ops.Restate | ops.Flatten, tint: Tint, name: str) -> list[str]:
    match op:
        case ops.Restate():
            tags = f"colorspace={tint.matrix}:color_primaries={tint.primaries}:color_trc={tint.transfer}"
            return [f"setparams@{name}=range={_range(tint)}:{tags}"]
        case ops.Flatten(_, colour):
            return _flatten(colour, tint, name)
        case _:
            assert_never(op)


def _flatten(colour: str, tint: Tint, name: str) -> list[str]:
    """The picture times its alpha, plus `colour` times the rest."""
    red, green, blue = (decimal(Fraction(int(colour[k : k + 2], 16), 255)) for k in (1, 3, 5))
    below = ["lutrgb=a=negval", f"colorchannelmixer=ra={red}:ga={green}:ba={blue}"]
    return [
        f"scale=in_range={_range(tint)}:in_color_matrix={MATRIX[tint.matrix]}:out_range=full:flags={FLAGS}",
        "format=gbrap16le",
        f"premultiply@{name}=inplace=1",
        *(below if colour != BLACK else []),
        f"scale=in_range=full:out_range=full:flags={REPEAT}",
        "format=gbrp16le",
    ]


def _tonemap(tint: Tint, name: str) -> list[str]:
    """HDR to linear light of BT.709's primaries, the largest of red, green and blue compressed, then to BT.709's gamma.

    HLG's system gamma applies to the luma; zscale does that only in exact arithmetic, at three times the cost.
    """
    if tint.transfer == CANVAS.transfer:
        return ["null"]
    light = f"tin={tint.transfer}:pin={tint.primaries}:min={tint.matrix}:rin={_range(tint)}"
    exact = ":agamma=false" if tint.transfer == "arib-std-b67" else ""
    bend = f"mobius:param={decimal(LINEAR_UP_TO)}:desat=0:peak={decimal(Fraction(BRIGHTEST, WHITE))}"
    return [
        f"zscale@{name}={light}:t=linear:p=bt709:m=gbr:r=full:npl={WHITE}{exact}",
        "format=gbrpf32le",
        f"tonemap@{name}={bend}",
        "zscale=tin=linear:pin=bt709:min=gbr:rin=full:t=bt709:p=bt709:m=gbr:r=full",
        "format=gbrp16le",
    ]


def _range(tint: Tint) -> str:
    return "full" if tint.range == "pc" else "limited"
