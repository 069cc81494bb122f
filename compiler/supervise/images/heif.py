"""Still HEIF images, AVIF and HEIC: the primary item whole, all tiles of a grid, with its transparency and its turn."""

from __future__ import annotations

import struct
from functools import partial

from av.video.frame import VideoFrame

from compiler.supervise.images.heif_boxes import Heif, Item, read_heif
from compiler.supervise.images.image import Frames, Image, decoded, paste
from compiler.supervise.media.admit import refused, unreadable
from compiler.supervise.remedy import command
from compiler.timeline.media import MAX_PIXELS, WHOLE, Cropping

CODED = {
    **{b"hvc1": ("hevc", b"hvcC"), b"hev1": ("hevc", b"hvcC")},
    **{b"av01": ("libdav1d", b"av1C"), b"jpeg": ("mjpeg", b"")},
}
"""Types of items that are pictures: their decoders, and the properties that describe them."""

CODECS = {"hevc": "hevc", "libdav1d": "av1", "mjpeg": "mjpeg"}
ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")


def heif(data: memoryview, name: str) -> Image:
    """The still image of a HEIF file called `name`; RC606 if it is of a kind that is not read."""
    file = read_heif(data)
    shown = file.items.get(file.primary)
    if shown is None:
        raise unreadable("is damaged: it has no primary picture")
    tiles = _tiles(file, shown, name)
    size = _size(shown) or (0, 0)
    if size[0] * size[1] > MAX_PIXELS:
        raise refused(
            f"has a picture of {size[0]}x{size[1]}, more than {MAX_PIXELS / 1e6:.0f} million pixels",
            f"scale it down: {command(name, '-vf scale=7680:-2', ending='.png')}",
        )
    rotation, mirrored = _turn(shown)
    kind = "avif" if tiles[0].kind == b"av01" else "heif"
    codec = CODECS[CODED[tiles[0].kind][0]]

    pictures = partial(_pictures, file, shown, name)
    return Image(kind, codec, size, pictures, rotation=rotation, mirrored=mirrored, crop=_crop(shown))


def _tiles(file: Heif, item: Item, name: str) -> list[Item]:
    """The coded items of a picture; RC606 for one that is made otherwise."""
    if item.kind in CODED:
        return [item]
    parts = [file.items[number] for number in item.refers.get(b"dimg", ()) if number in file.items]
    if item.kind == b"grid" and parts and all(part.kind in CODED and part.kind == parts[0].kind for part in parts):
        return parts
    kind = item.kind.decode("latin-1")
    raise refused(
        f"is a HEIC or AVIF image of a kind that is not read: {kind}",
        "export it as JPEG or PNG with the program that shows it",
    )


def _pictures(file: Heif, item: Item, name: str) -> Frames:
    """The one picture, whole and with its transparency."""
    whole = _tagged(_laid(file, item, name), item)
    number = next(number for number, each in file.items.items() if each is item)
    for each in file.items.values():
        kind = bytes(each.get(b"auxC") or b"")[4:]
        if number in each.refers.get(b"auxl", ()) and kind.startswith(ALPHA):
            whole = with_alpha(whole, _laid(file, each, name))
            break
    yield whole


def _laid(file: Heif, item: Item, name: str) -> VideoFrame:
    """The picture of an item: decoded, or all its tiles in their places."""
    tiles = [_decoded(tile) for tile in _tiles(file, item, name)]
    if item.kind != b"grid":
        return tiles[0]
    (rows, columns), (width, height), first = *_grid(item), tiles[0]
    if len(tiles) < rows * columns or columns * first.width < width or rows * first.height < height:
        raise unreadable("is damaged: tiles of its picture are missing")
    if any(tile.format.name != first.format.name for tile in tiles):
        raise unreadable("is damaged: its tiles do not fit together")
    whole = VideoFrame(width, height, first.format.name)
    whole.colorspace, whole.color_range = first.colorspace, first.color_range
    planes = tuple((plane, plane) for plane in range(len(first.planes)))
    for place, tile in enumerate(tiles[: rows * columns]):
        paste(whole, tile, planes, place % columns * first.width, place // columns * first.height)
    return whole


def _grid(item: Item) -> tuple[tuple[int, int], tuple[int, int]]:
    """A grid's rows and columns, and the width and height of its picture."""
    described = b"".join(map(bytes, item.pieces))
    try:
        rows, columns, width, height = struct.unpack_from(">xxBBII" if described[1] & 1 else ">xxBBHH", described)
    except (IndexError, struct.error) as error:
        raise unreadable("is damaged: its grid of tiles is not described") from error
    if not 0 < width * height <= MAX_PIXELS:
        raise unreadable("is damaged: its grid of tiles is not described")
    return (rows + 1, columns + 1), (width, height)


def _decoded(item: Item) -> VideoFrame:
    codec, described = CODED[item.kind]
    return decoded(codec, b"".join(map(bytes, item.pieces)), bytes(item.get(described) or b""))


def with_alpha(picture: VideoFrame, alpha: VideoFrame) -> VideoFrame:
    """The picture with the luma of another one of its size as its transparency."""
    name = picture.format.name.replace("yuvj", "yuv")
    depth = picture.format.components[0].bits
    if name.startswith("gray"):
        name = f"yuv420p{'' if depth == 8 else f'{depth}le'}"
        picture = picture.reformat(format=name, threads=1)
    if not name.startswith("yuv4") or (alpha.width, alpha.height) != (picture.width, picture.height):
        raise unreadable("is damaged: its transparency does not fit its picture")
    if alpha.format.components[0].bits != depth:
        alpha = alpha.reformat(format="gray" if depth == 8 else f"gray{depth}le", threads=1)
    whole = VideoFrame(picture.width, picture.height, name.replace("yuv", "yuva"))
    whole.colorspace, whole.color_range = picture.colorspace, picture.color_range
    paste(whole, picture, ((0, 0), (1, 1), (2, 2)), 0, 0)
    paste(whole, alpha, ((3, 0),), 0, 0)
    return whole


def _tagged(frame: VideoFrame, item: Item) -> VideoFrame:
    """The frame with the colours that its item states, if any."""
    for kind, content in item.properties:
        if kind == b"colr" and bytes(content[:4]) == b"nclx" and len(content) >= 11:
            primaries, transfer, matrix = struct.unpack_from(">3H", content, 4)
            frame.color_primaries, frame.color_trc, frame.colorspace = primaries, transfer, matrix
            frame.color_range = 2 if content[10] & 0x80 else 1
    return frame


def _size(item: Item) -> tuple[int, int] | None:
    extents = item.get(b"ispe")
    if extents is None or len(extents) < 12:
        return None
    width, height = struct.unpack_from(">II", extents, 4)
    return width, height


def _turn(item: Item) -> tuple[int, bool]:
    """The clockwise rotation after mirroring left to right, from the item's turns and mirrors in their order."""
    rotation, mirrored = 0, False
    for kind, content in item.properties:
        if kind == b"irot" and len(content):
            rotation -= 90 * (content[0] & 3)
        elif kind == b"imir" and len(content):
            rotation, mirrored = (-rotation if content[0] & 1 else 180 - rotation), not mirrored
    return rotation % 360, mirrored


def _crop(item: Item) -> Cropping:
    """The pixels that a clean aperture cuts off, fractions rounded down at each edge."""
    clap, size = item.get(b"clap"), _size(item)
    if clap is None or size is None or len(clap) < 32:
        return WHOLE
    over = struct.unpack(">8i", clap[:32])
    if not all(over[1::2]):
        return WHOLE
    wide, high, x, y = (over[k] / over[k + 1] for k in (0, 2, 4, 6))
    left, top = (size[0] - wide) / 2 + x, (size[1] - high) / 2 + y
    sides = left, top, size[0] - left - wide, size[1] - top - high
    left, top, right, bottom = (max(0, int(side)) for side in sides)
    return (left, top, right, bottom) if left + right < size[0] and top + bottom < size[1] else WHOLE
