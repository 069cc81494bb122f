"""Rules for the locked requirements."""

from __future__ import annotations

from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

LOCK = Path(__file__).parents[2] / "requirements" / "dev.txt"


def locked() -> dict[str, Requirement]:
    """Every requirement of the lock, by its name."""
    lines = [line.removesuffix("\\") for line in LOCK.read_text().splitlines() if "==" in line and line[0] not in " #"]
    return {requirement.name: requirement for line in lines if (requirement := Requirement(line))}


def asked(of: Requirement) -> list[Requirement]:
    """The requirements of an installed distribution, with the extras that it is locked with."""
    here: dict[str, str] = {key: str(value) for key, value in default_environment().items()}
    extras = of.extras or {""}
    wanted = map(Requirement, requires(of.name) or ())
    return [one for one in wanted if not one.marker or any(one.marker.evaluate(here | {"extra": e}) for e in extras)]


def test_every_requirement_is_one_version() -> None:
    assert {"coverage", "pytest"} <= locked().keys()
    assert all(str(requirement.specifier).startswith("==") for requirement in locked().values())


@pytest.mark.parametrize("lock", sorted(LOCK.parent.glob("*.txt")), ids=lambda path: path.name)
def test_no_lock_names_a_place_to_look_for_packages(lock: Path) -> None:
    """pip-compile writes what the machine's own settings add, a folder of this machine for one."""
    options = {line.split()[0] for line in lock.read_text().splitlines() if line.startswith("-")}
    assert options <= {"--only-binary"}


@pytest.mark.further
def test_every_extra_that_is_asked_for_is_locked_with_it() -> None:
    """Otherwise pip would look for the extra's newest release as soon as there is one, and find that it has no hash."""
    lock = locked()
    for requirement in lock.values():
        for one in asked(requirement):
            extras = {extra.lower() for extra in one.extras}
            assert extras <= lock[one.name.lower().replace("_", "-")].extras, f"{requirement.name} requires {one}"
