"""Every error code has a page, and a test that causes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler.cli import EPILOG
from compiler.cli.loading import read_text
from compiler.codes import CODES
from compiler.errors import ReelError

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "golden"
PAGE = (ROOT / "docs" / "errors.md").read_text()

MET: dict[str, str] = {
    "RC101": "err_rc101_not_json",
    "RC102": "err_rc102_key_given_twice",
    "RC103": "err_rc103_unknown_field",
    "RC104": "err_rc104_number_as_text",
    "RC105": "err_rc105_media_left_out",
    "RC106": "err_rc106_too_fast",
    "RC107": "err_rc107_json_text_broken_off",
    "RC108": "err_rc108_two_clips_of_one_id",
    "RC109": "err_rc109_no_clips",
    "RC110": "err_rc110_segments_of_the_future",
    "RC111": "err_rc111_out_before_in",
    "RC112": "err_rc112_spans_overlap",
    "RC113": "err_rc113_unknown_transition",
    "RC114": "err_rc114_cut_inside_a_clip",
    "RC115": "tests/house/test_codes.py",
    "RC201": "err_rc201_trim_past_the_end",
    "RC202": "err_rc202_crop_off_the_picture",
    "RC203": "err_rc203_dissolve_longer_than_its_clip",
    "RC204": "err_rc204_bars_would_change",
    "RC205": "err_rc205_matrix_not_converted",
    "RC206": "err_rc206_past_the_end",
    "RC208": "err_rc208_uneven_first_clip",
    "RC209": "err_rc209_longer_than_a_day",
    "RC210": "tests/supervise/test_machine.py",
    "RC211": "tests/server/test_compiles.py",
    "RC212": "err_rc212_window_past_the_end",
    "RC301": "err_rc301_reads_what_is_not_made",
    "RC401": "err_rc401_rotation_without_rotate",
    "RC402": "err_rc402_crop_of_one_pixel",
    "RC403": "err_rc403_cover_on_5_1",
    "RC404": "err_rc404_no_svt_av1",
    "RC601": "tests/supervise/test_ffmpeg.py",
    "RC602": "tests/supervise/test_ffmpeg.py",
    "RC603": "tests/supervise/test_probe.py",
    "RC604": "tests/supervise/test_probe.py",
    "RC605": "tests/supervise/test_probe.py",
    "RC606": "tests/supervise/test_probe.py",
    "RC607": "tests/supervise/test_verdict.py",
    "RC608": "tests/supervise/test_run.py",
    "RC609": "tests/supervise/test_run.py",
    "RC610": "tests/supervise/test_film.py",
    "RC611": "tests/supervise/test_film.py",
    "RC612": "tests/supervise/test_film.py",
    "RC613": "tests/supervise/test_film.py",
    "RC614": "tests/supervise/test_film.py",
    "RC615": "tests/supervise/test_sandbox_level.py",
    "RC616": "tests/supervise/test_cgroup.py",
    "RC701": "tests/server/test_lock.py",
    "RC702": "tests/server/test_proof.py",
    "RC703": "tests/server/test_proof.py",
    "RC704": "tests/server/test_lock.py",
    "RC705": "tests/server/test_restore.py",
    "RC706": "tests/server/test_restore.py",
    "RC707": "tests/server/test_restore.py",
    "RC708": "tests/server/test_restore.py",
    "RC801": "tests/server/test_farm.py",
    "RC802": "tests/server/test_executors.py",
    "RC803": "tests/server/test_farm.py",
    "RC804": "tests/server/test_farm.py",
    "RC901": "tests/supervise/test_probe.py",
}
"""Where each code is tested: a golden whose text begins with it, or a test that names it."""


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_met(code: str) -> None:
    if MET[code].startswith("tests/"):
        assert code in (ROOT / MET[code]).read_text()
    else:
        assert (GOLDEN / MET[code] / "error.txt").read_text().startswith(f"error[{code}]: ")


def test_every_error_golden_is_named_after_its_code() -> None:
    for path in GOLDEN.glob("err_rc*/error.txt"):
        code = path.parent.name.split("_")[1].upper()
        assert path.read_text().startswith(f"error[{code}]: "), path.parent.name


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_a_page(code: str) -> None:
    pages = re.findall(r"^## (\S+) (\S+)$", PAGE, re.MULTILINE)
    assert (code, CODES[code].name) in pages


def test_no_page_is_of_a_code_that_is_gone() -> None:
    pages = re.findall(r"^## (RC\d+)", PAGE, re.MULTILINE)
    assert pages == [*CODES]


def test_the_page_lists_every_code_once() -> None:
    head = PAGE.partition("\n## ")[0]
    assert re.findall(r"\[(RC\d+)\]\(#(\w+)-(\w+)\)", head) == [(c, c.lower(), CODES[c].name) for c in CODES]


def test_the_table_of_exit_codes_has_every_code_under_its_own() -> None:
    found: dict[str, int] = {}
    for exit_code, cell in re.findall(r"^\| (\d) \| .* \|(.*)\|$", PAGE, re.MULTILINE):
        for first, last in re.findall(r"(RC\d+)(?: – (RC\d+))?", cell):
            found |= {code: int(exit_code) for code in CODES if first <= code <= (last or first)}
    assert found == {code: each.exit_code for code, each in CODES.items()}


@pytest.mark.parametrize("code", CODES)
def test_a_section_has_its_exit_code_an_example_and_a_remedy(code: str) -> None:
    [section] = re.findall(rf"^## {code} \w+\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section.startswith(f"\nExit code {CODES[code].exit_code}, ")
    assert f"\n```\nerror[{code}]: " in section
    assert section.endswith("\n\n" if code != [*CODES][-1] else "\n"), "sections are apart"
    assert "\nWhat to do: " in section


def test_help_and_readme_name_every_exit_code() -> None:
    codes = {0, *(code.exit_code for code in CODES.values()), 130, 129, 143}
    [sentence] = re.findall(r"\[Exit codes\]\(docs/errors.md\): (.*?\))\.", (ROOT / "README.md").read_text(), re.DOTALL)
    assert {int(each) for each in re.findall(r"\d+", sentence)} == codes
    assert {int(each) for each in re.findall(r"\d+", EPILOG.partition("Exit codes")[2])} == codes


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_raised_somewhere(code: str) -> None:
    raising = [*(ROOT / "compiler").rglob("*.py"), *(ROOT / "server").rglob("*.py")]
    assert any(f'"{code}"' in path.read_text() for path in raising if path.name != "codes.py")


def test_codes_and_names_are_one_to_one() -> None:
    names = [code.name for code in CODES.values()]
    assert len(set(names)) == len(names)
    assert set(MET) == set(CODES)


def test_a_reel_that_cannot_be_read_is_rc115() -> None:
    with pytest.raises(ReelError) as caught:
        read_text("no/such/reel.json")
    assert caught.value.code == "RC115"
