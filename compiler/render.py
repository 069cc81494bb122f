"""Renders a compiled reel: an ffmpeg for each unit of the graph, and a last one that joins the units."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from compiler.conceal import Furthest, conceal, holds
from compiler.emit.straightened import feeds, media_read
from compiler.errors import ReelError
from compiler.film_identity import KnownFilm, Stamp, contents_by, files_of, states_of
from compiler.pipeline import Compiled, Still
from compiler.pipeline.identity import Content
from compiler.steps import origins_of, steps
from compiler.supervise import background
from compiler.supervise.children.reads import Partial
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.kept import KeptUnits
from compiler.supervise.films.portable import Farm
from compiler.supervise.films.progress import Progress
from compiler.supervise.films.render import ALONE, Film, render
from compiler.supervise.films.run import RENDERING
from compiler.supervise.films.side_by_side import Side
from compiler.supervise.films.still import render_still
from compiler.supervise.films.verify import Expected
from compiler.supervise.unit_cache import State, unchanging


async def render_reel(
    compiled: Compiled,
    output: Path,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_concealing: Callable[[Compiled], None] = lambda _: None,
    overwrite: bool = False,
    stall_after: float = 60,
    deadline: float | None = None,
    limits: ChildLimits = RENDERING,
    cgroup: Path | None = None,
    cache: KeptUnits | None = None,
    content: Content | None = None,
    known: KnownFilm | None = None,
    program: Mapping[str, State] | None = None,
    side: Side = ALONE,
    partial: Partial | None = None,
    farm: Farm | None = None,
) -> Film:
    """Render a compiled reel to `output`, complete and as planned; on a coded error `output` stays untouched.

    `content` states the contents of files that nobody changes; without it they are read whole, beside the first
    units, and watched. `known` is what `known_film` made of the reel, if that is there already. With either of
    them, `program` holds the states that ffmpeg's files had when their contents were asked for: if they do not stay
    so, nothing is kept, and the film has no identity. The film's bytes do not depend on `side`, which states how
    many ffmpegs run at once. Media that have holes are filled as `partial` says, when they are read; their contents
    must be known. `on_concealing` is told of the reel that is rendered in its place, each time that media turn out
    to be damaged: its plan lists what is held.
    """
    assert content or known or not partial, "the hash of a file with holes would be that of its holes"
    made = known.made if known else await asyncio.to_thread(steps, compiled)
    watched = content is None and known is None
    states = states_of(compiled) if watched else program or {}
    found, unread = content or contents_by(cache), watched and not _is_read(compiled, cache)
    if unread and states:
        found = unchanging(found, states)
    stamping = background.begun(
        lambda: known.stamp.watching(states or {}) if known else Stamp.of(compiled, made, found, states)
    )
    if not unread or farm:
        await asyncio.wait([asyncio.wrap_future(stamping)])
    begun, furthest, repeated = compiled, Furthest(on_progress), False
    while True:
        try:
            film = await render(
                made,
                output,
                expected_of(compiled),
                on_progress=furthest,
                overwrite=overwrite,
                stall_after=stall_after,
                deadline=deadline,
                limits=limits,
                cgroup=cgroup,
                cache=cache,
                tagging=lambda body: stamping.result().tag(body),
                side=side,
                partial=partial,
                farm=farm,
                reading=stamping,
                states=states,
            )
        except ReelError as error:
            concealing = await conceal(compiled, error, partial)
            if concealing is None:
                raise
            if not repeated and not holds(concealing):
                repeated = True  # a passing failure would leave other bytes under the film's identity
                continue
            compiled, made = concealing, steps(concealing)
            on_concealing(compiled)
        else:
            later = (notice for notice in compiled.plan.notices if notice not in begun.plan.notices)
            return replace(film, notices=(*film.notices, *later), identity=stamping.result().identity)


def _is_read(compiled: Compiled, cache: KeptUnits | None) -> bool:
    """Whether a cache knows the contents of all files that decide a film's bytes."""
    return cache is not None and cache.knows(files_of(compiled))


def known_film(compiled: Compiled, content: Content) -> KnownFilm:
    """The steps and the tag of a compiled reel's film, whose media do not change."""
    made = steps(compiled)
    return KnownFilm(made, content, Stamp.of(compiled, made, content, {}))


def expected_of(compiled: Compiled) -> Expected:
    """The facts that the film is verified by."""
    plan = compiled.plan
    return Expected(plan.frames, plan.fps, (plan.width, plan.height), plan.samples, compiled.encoding.profile)


async def render_frame(still: Still, output: Path, *, overwrite: bool = False) -> None:
    """Render a compiled still to `output`; on a coded error `output` stays untouched."""
    await render_still(
        lambda script, part: still.command(str(script), str(part)),
        still.script,
        output,
        reads=media_read(still.graph),
        origins=origins_of(dict(still.locs), still.graph),
        overwrite=overwrite,
        feeds=feeds(still.graph),
    )
