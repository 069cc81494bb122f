"""What the pages show of examples/bunny.json is what the compiler prints."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler.cli.printing import as_text
from compiler.model import read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import AudioStream, Media, VideoStream
from tests.golden.media import NINE

ROOT = Path(__file__).parents[2]
EXAMPLE: dict[str, Any] = json.loads((ROOT / "examples" / "bunny.json").read_text(encoding="utf-8"))
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/architecture.md", "docs/ir.md")
}
BUNNY = Media(
    "bigbuckbunny.mp4",
    "mov",
    Fraction(0),
    VideoStream(
        index=0,
        codec="h264",
        width=1280,
        height=720,
        rate=Fraction(25),
        time_base=Fraction(1, 12_800),
        first=Fraction(0),
        end=SourceTime(Fraction(132, 25)),
        frames=132,
        pix_fmt="yuv420p",
        start=Fraction(0),
        tags=(2, 0),
        ahead=Fraction(0),
        keys=(0,),
    ),
    AudioStream(
        index=1,
        codec="aac",
        sample_rate=48_000,
        channels=6,
        layout="5.1",
        time_base=Fraction(1, 48_000),
        first=Fraction(0),
        end=SourceTime(Fraction(664, 125)),
        speakers=("FL", "FR", "FC", "LFE", "BL", "BR"),
        start=Fraction(0),
        profile="LC",
    ),
)
"""The facts of the example's footage, which is fetched, as `reelc probe` prints them."""


def compiled(reel: dict[str, Any]) -> Compiled:
    media = {clip["media"]: BUNNY for clip in reel["clips"]}
    return compile_reel(read_reel(json.dumps(reel).encode()), media, NINE)


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """The lines of every graph and of the script, with single spaces."""
    bunny = compiled(EXAMPLE)
    return [" ".join(line.split()) for line in (as_text(bunny, None, True, None) + bunny.script).splitlines()]


def quoted(name: str) -> list[str]:
    """The lines of graphs and scripts of the example in a page."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", PAGES[name], re.MULTILINE | re.DOTALL)
    ours = [block for block in blocks if re.match(r"%(meadow|stretch)\.|\[\d:\d\]\n", block)]
    return [" ".join(line.split()) for block in ours for line in block.splitlines() if line != "…"]


@pytest.mark.parametrize("name", PAGES)
def test_a_line_of_a_page_is_printed(name: str, printed: list[str]) -> None:
    lines = quoted(name)
    assert len(lines) >= 3
    for line in lines:
        form = ".*".join(re.escape(part) for part in line.split("…"))
        assert any(re.fullmatch(form, each) for each in printed), line


def test_the_studio_says_what_the_readme_says_it_does() -> None:
    [section] = re.findall(r"^## One studio\n(.*?)^## ", PAGES["README.md"], re.MULTILINE | re.DOTALL)
    said = re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", section)
    assert len(said) == 4
    studio = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "server" / "static" / "studio").rglob("*.js"))
    studio += '"Sample: bunny"'  # as server/sample.py names the project of examples/bunny.json
    assert [words for words in said if not re.search(rf'[>"]{re.escape(words)}[<"]', studio)] == []


def test_the_clip_of_the_readme_is_that_of_the_example() -> None:
    [block] = re.findall(r"^```json\n(.*?)^```", PAGES["README.md"], re.MULTILINE | re.DOTALL)
    [stretch] = [clip for clip in EXAMPLE["clips"] if clip["id"] == "stretch"]
    assert json.loads(block).items() <= stretch.items()


def test_the_film_of_the_readme_has_the_frames_that_are_predicted() -> None:
    plan = compiled(EXAMPLE).plan
    seconds = float(plan.frames / plan.fps)
    assert f"\nfilm.mp4  {plan.frames} frames, {seconds:.3f} s, " in PAGES["README.md"]


def test_the_error_of_the_readme_is_raised() -> None:
    reel = json.loads(json.dumps(EXAMPLE))
    reel["clips"][1]["transition_data"]["duration"] = 3
    with pytest.raises(ExceptionGroup) as caught:
        compiled(reel)
    [block] = re.findall(r"^```\n(error\[RC203\].*?)^…\n```", PAGES["README.md"], re.MULTILINE | re.DOTALL)
    assert block in f"{caught.value.exceptions[0]}\n"
