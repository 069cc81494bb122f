"""The fixed list of faults, over the whole tree: tests may be merged, moved or made faster if they still catch all."""

from __future__ import annotations

from tests.mutants.fault import Fault
from tests.mutants.of_cuts import OF_CUTS
from tests.mutants.of_films import OF_FILMS
from tests.mutants.of_framing import OF_FRAMING
from tests.mutants.of_gestures import OF_GESTURES
from tests.mutants.of_identity import OF_IDENTITY
from tests.mutants.of_lists import OF_LISTS
from tests.mutants.of_playing import OF_PLAYING
from tests.mutants.of_programs import OF_PROGRAMS
from tests.mutants.of_server import OF_SERVER
from tests.mutants.of_turns import OF_TURNS
from tests.mutants.of_windows import OF_WINDOWS

FAULTS: tuple[Fault, ...] = (
    *(*OF_FILMS, *OF_SERVER, *OF_PROGRAMS, *OF_GESTURES),
    *(*OF_CUTS, *OF_IDENTITY, *OF_FRAMING, *OF_LISTS, *OF_PLAYING, *OF_TURNS, *OF_WINDOWS),
)
