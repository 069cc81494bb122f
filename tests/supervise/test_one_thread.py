"""Pictures are converted by one thread: libswscale's rounding depends on the number of threads in some conversions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from compiler.supervise.images import heif, sheet
from compiler.supervise.straighten.picture import PictureSender

SPEC: Any = {"width": 642, "height": 482, "matrix": 2, "range": 0, "pix_fmt": "rgba", "begin": 0}


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: PictureSender(SPEC, None)._shaped(frame),  # type: ignore[arg-type]
        sheet._rgba,
        lambda frame: heif.with_alpha(frame, frame),
    ],
    ids=["shaped", "of a sheet", "of an alpha"],
)
def test_one_thread_converts_a_picture(convert: Any) -> None:
    asked: list[int] = []

    def reformat(*_: Any, threads: int = 0, **__: Any) -> Any:
        asked.append(threads)
        raise InterruptedError

    format = SimpleNamespace(name="gray", components=[SimpleNamespace(bits=8)])
    frame = SimpleNamespace(width=642, height=482, format=format, colorspace=2, color_range=0, reformat=reformat)
    with pytest.raises(InterruptedError):
        convert(frame)
    assert asked == [1]
