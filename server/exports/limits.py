"""The limits of a render: films that are refused before it begins, and what its children may use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from compiler.errors import ReelError
from compiler.pipeline.plan import Plan
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.run import RENDERING
from compiler.supervise.films.side_by_side import Side, usual_jobs
from compiler.supervise.machine import check_memory, machine_memory
from server.footage.room import room_for_file
from server.problem import render_problem
from server.settings import Settings


def check_forecast(plan: Plan, settings: Settings) -> None:
    """422 `too_much_memory` for a film whose render is forecast to need more than is allowed, or than there is."""
    try:
        check_memory(plan.memory, settings.render_memory, machine_memory())
    except ReelError as error:
        raise render_problem(error) from error


def limits_of(settings: Settings, folder: Path) -> ChildLimits:
    """The limits of the children of a render in `folder`, whose disk keeps `room_kept`; RC611 if nothing is left."""
    return replace(RENDERING, data=settings.render_memory, file=room_for_file(settings, folder))


def side_of(settings: Settings) -> Side:
    """The number of ffmpegs that render one film at once, and the bytes of memory that they share."""
    return Side(settings.render_jobs or usual_jobs(), min(settings.render_memory, machine_memory()))
