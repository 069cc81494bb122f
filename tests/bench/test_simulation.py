"""The model of a farm: every output once whatever is lost, priorities and fairness hold, a seed repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import fmean

import pytest

from bench.coordinator import Coordinator, Turns
from bench.day import Demand, Priority, Render, Unit
from bench.farm import Attempt, Clock, Engine, Farm, Store, Worker, heartbeats
from bench.simulation import Outputs, Simulation, table

DEMAND = Demand(renders=150, seconds=1200, users=20, units=6, unit_seconds=10, burst=20)
HARSH = Farm(workers=15, warm=4, kills_an_hour=30, cut=0.5, scale_lag=(20, 60), scale_down_after=60)
CALM = replace(HARSH, kills_an_hour=0, scheduler_kills=0)


def simulated(farm: Farm, seed: int = 1) -> Simulation:
    simulation = Simulation(DEMAND, farm, seed)
    simulation.run()
    return simulation


def unit(key: int, priority: Priority = Priority.FILM, user: int = 0, seconds: float = 10) -> Unit:
    return Unit(key, Render(0, user, burst=False, left=1), priority, seconds)


@pytest.mark.parametrize("queue", ["scheduler", "workers"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_output_is_made_once_whatever_is_lost(queue: str, seed: int) -> None:
    simulation = simulated(replace(HARSH, queue=queue), seed)  # type: ignore[arg-type]
    outputs = simulation.outputs()
    assert outputs == Outputs(outputs.wanted, once=outputs.wanted, lost=0, double=0)
    assert outputs.wanted > 1000
    assert simulation.coordinator.losses > 30


def test_a_worker_that_was_given_up_makes_no_second_output() -> None:
    assert simulated(HARSH).store.refused > 0


def test_nothing_is_tried_again_where_nothing_is_lost() -> None:
    simulation = simulated(CALM)
    assert (simulation.coordinator.losses, simulation.store.refused) == (0, 0)


def test_a_seed_makes_the_same_figures_again_and_another_seed_others() -> None:
    first, again, other = ([*table(simulated(HARSH, seed))] for seed in (1, 1, 2))
    assert first == again != other


def test_interactive_units_wait_least() -> None:
    waits = {priority: fmean(each) for priority, each in simulated(CALM).coordinator.waits.items()}
    assert waits[Priority.INTERACTIVE] < waits[Priority.FILM] / 4


def test_interactive_units_wait_longer_behind_units_that_workers_already_have() -> None:
    scheduler, workers = (simulated(replace(CALM, queue=queue)) for queue in ("scheduler", "workers"))
    p95 = [sorted(each.coordinator.waits[Priority.INTERACTIVE])[-15] for each in (scheduler, workers)]
    assert p95[0] < p95[1]


class Recording(Engine):
    """One slot; the keys of what was started, in their order."""

    def __init__(self, clock: Clock, window: float) -> None:
        super().__init__(Farm(slots=1, window=window), clock, Store())
        self.started: list[int] = []

    def _start(self, attempt: Attempt, worker: Worker) -> None:
        self.started.append(attempt.unit.key)
        super()._start(attempt, worker)


def started(units: list[Unit], window: float) -> list[int]:
    """The order in which one slot begins them, all ready at once."""
    clock = Clock()
    engine = Recording(clock, window)
    coordinator = Coordinator(engine, clock, chance=None)  # type: ignore[arg-type]
    for each in units:
        each.render.pieces = [each]
        coordinator.begin(each.render)
    engine.connect(Worker(1))
    coordinator.pump()
    clock.run(lambda: False)
    return engine.started


@pytest.mark.parametrize("window", [1, 2, 9])
def test_a_preview_overtakes_all_that_wait(window: float) -> None:
    units = [unit(1), unit(2, Priority.SHORT), unit(3, Priority.INTERACTIVE), unit(4, Priority.INTERACTIVE)]
    assert started(units, window) == [3, 4, 2, 1]


def test_users_take_turns_by_the_work_that_they_got() -> None:
    turns = Turns()
    for each in (unit(1, user=1), unit(2, user=1), unit(3, user=1), unit(4, user=2, seconds=5), unit(5, user=2)):
        turns.add(each)
    assert [turns.take().key for _ in range(5)] == [1, 4, 5, 2, 3]


def test_a_user_who_comes_late_gets_no_turns_for_the_time_before() -> None:
    turns = Turns()
    for key in range(4):
        turns.add(unit(key, user=1))
    assert [turns.take().key for _ in range(3)] == [0, 1, 2]
    for key in (7, 8, 9):
        turns.add(unit(key, user=2))
    assert [turns.take().key for _ in range(4)] == [7, 3, 8, 9]


def test_the_engine_has_no_more_than_its_window() -> None:
    clock = Clock()
    engine = Engine(Farm(slots=2, window=2), clock, Store())
    coordinator = Coordinator(engine, clock, chance=None)  # type: ignore[arg-type]
    engine.connect(Worker(1))
    for key in range(9):
        coordinator.begin(Render(0, key, burst=False, pieces=[unit(key)], left=1))
    assert (coordinator.in_flight, coordinator.waiting, engine.running) == (4, 5, 2)


@pytest.mark.parametrize(("workers", "expected"), [(10, 20), (40, 40), (150, 75), (300, 120), (1000, 1000 / 6)])
def test_heartbeats_come_as_rarely_as_the_scheduler_asks(workers: int, expected: float) -> None:
    assert heartbeats(workers) == pytest.approx(expected)


def test_events_happen_in_the_order_of_their_times() -> None:
    clock, seen = Clock(), list[str]()
    events: list[tuple[float, Callable[[], None]]] = [(2, lambda: seen.append("b")), (1, lambda: seen.append("a"))]
    for seconds, event in events:
        clock.after(seconds, event)
    clock.run(lambda: False)
    assert (seen, clock.now) == (["a", "b"], 2)
