"""The rotation of a picture and the loudspeakers of a sound, from media metadata. Runs in the probe child."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from math import atan2, degrees
from typing import cast

from av.audio.layout import AudioLayout
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame

from compiler.supervise.media.admit import refused

UNPLACED = {
    1: ("FC",),
    2: ("FL", "FR"),
    3: ("FL", "FR", "LFE"),
    4: ("FL", "FR", "FC", "BC"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""ffmpeg's default loudspeakers for streams that state only the number of channels."""


UPRIGHT = "take it out: ffmpeg -display_rotation 0 -i FILE -c copy COPY.mp4; the clip's rotation may turn it instead"


def turn(frame: VideoFrame) -> tuple[int, bool]:
    """The frame's rotation in clockwise degrees, a multiple of 90, and whether it is mirrored before."""
    try:
        side_data = cast(Mapping[Type, SideData], frame.side_data)
    except ValueError:  # PyAV does not know the type of other side data, such as EXIF: only the angle can be read
        return _quarter(-frame.rotation), False
    if Type.DISPLAYMATRIX not in side_data:
        return 0, False
    matrix = side_data[Type.DISPLAYMATRIX]
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix))  # x' = ax + cy, y' = bx + dy
    mirrored = a * d < b * c
    return _quarter(round(degrees(atan2(-b, -a) if mirrored else atan2(b, a)))), mirrored


def _quarter(clockwise: int) -> int:
    angle = clockwise % 360
    if angle % 90:
        raise refused(f"states a rotation of {angle} degrees, which is no quarter turn", UPRIGHT)
    return angle


def speakers(layout: AudioLayout) -> tuple[str, ...]:
    """The loudspeaker of each channel, by ffmpeg's short names; ffmpeg's default if the stream does not state them."""
    names = tuple(channel.name for channel in layout.channels)
    return UNPLACED.get(layout.nb_channels, names) if layout.name.endswith("channels") else names
