"""Sends an image: its frames at their times, over and over where it is looped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from av.container import OutputContainer
from av.video.frame import VideoFrame

from compiler.emit.specs import PictureSpec
from compiler.supervise.images.image import Image
from compiler.supervise.images.opening import image_of
from compiler.supervise.media.admit import unreadable
from compiler.supervise.straighten.picture import PictureSender


def send_image(spec: PictureSpec, sink: OutputContainer) -> None:
    """Send every frame from `begin` on, the one on screen there at time 0; RC604 if none decodes."""
    image = image_of(Path(spec["path"]))
    if image is None:
        raise unreadable("has changed since it was read")
    sender, found = PictureSender(spec, sink), False
    for tick, frame in laps(image, spec["lap"], spec["begin"]):
        if spec["until"] is not None and tick > spec["until"]:
            break
        if frame is None and spec["strict"]:
            raise unreadable("is damaged: a frame does not decode")
        found = found or frame is not None
        sender.take(tick, frame)
    if not found:
        raise unreadable("has no picture that can be decoded")
    sender.finish()


def laps(image: Image, lap: int | None, start: int) -> Iterator[tuple[int, VideoFrame | None]]:
    """The frames with their ticks, from the lap in which `start` is; laps end if one has no frame."""
    if lap is None:
        yield from image.stamped()
        return
    for number in count(start // lap):
        shown = False
        for tick, frame in image.stamped():
            shown = shown or frame is not None
            yield tick + number * lap, frame
        if not shown:
            return
