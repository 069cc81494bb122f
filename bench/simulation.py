"""A day of 100,000 renders on 1,000 workers, in a model: `python -m bench.simulation [--seed N] [--queue workers]`."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

from bench.coordinator import Coordinator
from bench.day import BUSIEST, Day, Demand, Priority
from bench.farm import Clock, Engine, Farm, Store, heartbeats
from bench.machines import Machines

TICK = 10.0
"""Seconds between two looks at the farm; a load is the mean between them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The farm at one time; `load` is the share of one processor that the scheduler took since the last one."""

    at: float
    load: float
    workers: int
    running: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Outputs:
    """Objects that the renders of a day wanted, and those that were made."""

    wanted: int
    once: int
    lost: int
    double: int


class Simulation:
    """One day on one farm, from one seed."""

    def __init__(self, demand: Demand, farm: Farm, seed: int) -> None:
        self.demand, self.farm, chance = demand, farm, Random(f"farm {seed}")
        self.renders = Day(demand, seed).renders()
        self.clock, self.store = Clock(), Store()
        self.engine = Engine(farm, self.clock, self.store)
        self.coordinator = Coordinator(self.engine, self.clock, chance)
        self.machines = Machines(self.engine, self.coordinator, self.clock, chance)
        self.moments: list[Moment] = []
        for number in range(farm.scheduler_kills):
            at = demand.seconds * (BUSIEST + 0.03 * (number + 1))
            self.clock.after(at, self.machines.kill_scheduler)

    def run(self) -> None:
        """Run until every render has ended, or another day has passed."""
        for render in self.renders:
            self.clock.after(render.at, lambda render=render: self.coordinator.begin(render))  # type: ignore[misc]
        self.machines.begin()
        self.clock.after(TICK, self._look)
        self.clock.run(self._ended)

    def _ended(self) -> bool:
        return self.coordinator.ended == len(self.renders) or self.clock.now > 2 * self.demand.seconds

    def _look(self) -> None:
        farm, engine = self.farm, self.engine
        ended, engine.ended = engine.ended, 0
        load = farm.idle_cost + heartbeats(engine.size) * farm.heartbeat_cost
        load += ended / TICK * farm.unit_cost + engine.running * farm.event_cost
        self.moments.append(Moment(self.clock.now, load, engine.size, engine.running, self.coordinator.waiting))
        self.clock.after(TICK, self._look)

    def outputs(self) -> Outputs:
        """The objects in the store, compared with the wanted ones."""
        made = self.store.made
        units = [unit for render in self.renders for unit in (*render.pieces, *([render.join] if render.join else []))]
        once = sum(made[unit.key] == 1 for unit in units)
        lost = sum(made[unit.key] == 0 for unit in units)
        return Outputs(len(units), once, lost, len(units) - once - lost)


def main() -> None:
    """Print the tables of one day."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another day, and other kills")
    parser.add_argument("--renders", type=int, default=Demand().renders, metavar="N", help="films of the day")
    parser.add_argument("--workers", type=int, default=Farm().workers, metavar="N", help="workers at most")
    parser.add_argument(
        "--queue", choices=("scheduler", "workers"), default=Farm().queue, help="where units wait that the engine has"
    )
    parser.add_argument("--window", type=float, default=Farm().window, metavar="N", help="its units, in slots")
    options = parser.parse_args()
    demand = Demand(renders=options.renders)
    farm = Farm(workers=options.workers, queue=options.queue, window=options.window)
    simulation = Simulation(demand, farm, options.seed)
    simulation.run()
    print("\n".join(table(simulation)))


def table(simulation: Simulation) -> Iterator[str]:
    """The tables' lines."""
    yield "| | mean | peak |"
    yield "| --- | ---: | ---: |"
    for name, values, form in _rows(simulation.moments):
        yield f"| {name} | {form.format(fmean(values))} | {form.format(max(values))} |"
    yield ""
    yield "| | number | p50 | p95 | longest |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, waits in _waits(simulation.coordinator):
        at = [_quantile(waits, share) for share in (0.5, 0.95, 1)]
        yield f"| {name} | {len(waits)} | " + " | ".join(f"{each:.2f} s" for each in at) + " |"
    yield ""
    outputs, coordinator, store = simulation.outputs(), simulation.coordinator, simulation.store
    yield f"{outputs.wanted} outputs: {outputs.once} made once, {outputs.lost} lost, {outputs.double} made twice."
    yield (
        f"{coordinator.losses} attempts lost and tried again; "
        f"{store.refused} outputs refused by the store, because another attempt had made them."
    )


def _rows(moments: Sequence[Moment]) -> list[tuple[str, list[float], str]]:
    return [
        ("scheduler, share of a core", [moment.load for moment in moments], "{:.1%}"),
        ("workers", [moment.workers for moment in moments], "{:.0f}"),
        ("units that run", [moment.running for moment in moments], "{:.0f}"),
        ("units that wait for the window", [moment.waiting for moment in moments], "{:.0f}"),
    ]


def _waits(coordinator: Coordinator) -> list[tuple[str, Sequence[float]]]:
    waits = coordinator.waits
    return [
        ("wait of interactive units", waits[Priority.INTERACTIVE]),
        ("the same in the worst ten minutes", _worst(coordinator)),
        ("wait of units of short films", waits[Priority.SHORT]),
        ("wait of units of films", waits[Priority.FILM]),
        ("wait of units of the burst", coordinator.burst_waits),
        ("films, from the request to the end", coordinator.film_times),
    ]


def _worst(coordinator: Coordinator) -> Sequence[float]:
    """The waits of the interactive units of those ten minutes in which their p95 is the longest."""
    parts: dict[int, list[float]] = defaultdict(list)
    for at, wait in zip(coordinator.interactive_at, coordinator.waits[Priority.INTERACTIVE], strict=True):
        parts[int(at // 600)].append(wait)
    return max(parts.values(), key=lambda waits: _quantile(waits, 0.95), default=[])


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


if __name__ == "__main__":
    main()
