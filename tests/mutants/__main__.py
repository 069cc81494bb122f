"""`python -m tests.mutants [NAME...] [--jobs N] [--sound]`: plants each fault in turn, and checks that a test fails."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from tests.mutants.fault import Fault
from tests.mutants.faults import FAULTS
from tests.mutants.trial import Outcome, try_fault, try_judges


def main() -> int:
    """The exit code: 0 if every fault was caught, or with --sound if all judges pass without one."""
    asked = _arguments()
    faults = [fault for fault in FAULTS if not asked.names or fault.name in asked.names]
    judges = sorted({judge for fault in faults for judge in fault.judges})
    with ThreadPoolExecutor(asked.jobs) as threads:
        if asked.sound:
            return _report_judges({threads.submit(try_judges, [judge]): judge for judge in judges})
        return _report_faults({threads.submit(try_fault, fault): fault for fault in faults})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults to plant; all by default")
    parser.add_argument("--jobs", type=int, default=2, help="number of concurrent trials")
    parser.add_argument(
        "--sound", action="store_true", help="plant nothing: check that the judges pass without a fault"
    )
    asked = parser.parse_args()
    if unknown := set(asked.names) - {fault.name for fault in FAULTS}:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    return asked


def _report_faults(trials: Mapping[Future[Outcome], Fault]) -> int:
    verdicts: Counter[str] = Counter()
    for trial in as_completed(trials):
        fault, outcome = trials[trial], trial.result()
        verdicts[outcome.verdict] += 1
        print(f"{outcome.verdict:8} {outcome.seconds:5.0f} s  {fault.name:30} {fault.file:36} {outcome.by}", flush=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
    return 0 if verdicts.keys() <= {"caught"} else 1


def _report_judges(trials: Mapping[Future[Outcome], str]) -> int:
    unsound = 0
    for trial in as_completed(trials):
        judge, outcome = trials[trial], trial.result()
        sound = outcome.verdict == "SURVIVED"
        unsound += not sound
        print(f"{'sound' if sound else 'UNSOUND':8} {outcome.seconds:5.0f} s  {judge}  {outcome.by}", flush=True)
    print(f"{len(trials) - unsound} sound, {unsound} unsound")
    return 1 if unsound else 0


if __name__ == "__main__":
    sys.exit(main())
