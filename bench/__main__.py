"""Prints the tables of bench/README.md: `python -m bench [--quick] [--keyframes]`."""

from __future__ import annotations

import argparse

from bench.compiling import compiles_table
from bench.edit import FULL, QUICK
from bench.films import films_table
from bench.keyframes import keyframes_table
from compiler.supervise.ffmpeg import find_build


def main() -> None:
    """Print the requested tables."""
    options = _options()
    build = find_build()
    if options.keyframes:
        print("\n".join(keyframes_table(build)))
        return
    edit = QUICK if options.quick else FULL
    print("\n".join(films_table(build, edit, options.rounds)), end="\n\n")
    print("\n".join(compiles_table(build)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small film from a short source")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="runs of each rival; the median counts")
    parser.add_argument("--keyframes", action="store_true", help="render ten thousand keyframes on one clip instead")
    return parser.parse_args()


if __name__ == "__main__":
    main()
