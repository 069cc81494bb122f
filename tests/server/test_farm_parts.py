"""Workers read of a unit's footage only what it needs, and make the units of whole footage."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from compiler.errors import Loc
from compiler.render import render_reel
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.local import Local
from compiler.supervise.films.portable import Farm
from compiler.supervise.films.run_unit import Machine
from compiler.supervise.films.unit import PortableUnit
from compiler.supervise.probe import probing
from compiler.supervise.unit_cache import content_of
from server.farm.depot import FilesDepot
from server.farm.units import FarmStore
from server.footage.cache import MediaCache
from server.footage.facts import Facts
from server.storage.folder import FolderStore
from tests.server import parted
from tests.server.farm import mine
from tests.server.parted import CountingStore, compiled

WINDOWS = [(3.0, 3.4), (20.0, 20.4)]


@pytest.mark.further
@pytest.mark.parametrize("ending", ["mp4", "ts"])
def test_a_unit_reads_the_parts_that_it_needs(tmp_path: Path, embedded: str, ending: str) -> None:
    """Whether ffmpeg reads them, or reelc's own reader."""
    noise = parted.make(tmp_path / f"noise.{ending}", embedded, 38)
    here, there = (asyncio.run(film(tmp_path / name, noise, farm)) for name, farm in (("here", False), ("there", True)))
    assert here[0] == there[0]
    assert there[1] < noise.stat().st_size / 3


async def film(folder: Path, source: Path, farm: bool) -> tuple[bytes, int]:
    """The bytes of a film, and the number of bytes that were streamed from the store."""
    folder.mkdir()
    (folder / "units").mkdir()
    store = CountingStore(FolderStore(folder / "objects"))
    media = (await probing([(source, Loc())]))[source]
    made = compiled(Facts(replace(media, path=str(source)), None), WINDOWS)

    @contextmanager
    def workplace(_: PortableUnit) -> Iterator[Path]:
        with TemporaryDirectory(dir=folder / "units") as place:
            yield Path(place)

    cache = MediaCache(store, folder / "cache", folder / "coming", 1 << 30)
    machine = Machine(FarmStore(store, cache), find_build().path, workplace, mine)
    depot = FilesDepot(store, made.media.values(), content_of)
    workers = Farm(Local(machine, 2), depot, content_of, mine())
    await render_reel(made, folder / "film.mp4", farm=workers if farm else None)
    units = [stat.size async for stat in store.listing("farm/units/")]
    await cache.close()
    await store.close()
    return (folder / "film.mp4").read_bytes(), store.streamed - sum(units)
