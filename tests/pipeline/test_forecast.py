"""Forecasts: they grow with what is made, by the costs of the machine, and decide nothing of the film."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from compiler.costs import BUILT_IN, Costs
from compiler.model import read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.pipeline.forecast import ENCODED, SIZES, Forecast
from compiler.pipeline.memory import ENCODERS, picture_memory
from compiler.profiles import PROFILES
from compiler.steps import steps
from compiler.timeline.media import STILL_TICK
from tests.golden.media import MEDIA, NINE
from tests.server.editing import trim

FREE = Costs(0, 0, 0, 0, 0, 0)


def film(*clips: dict[str, Any], costs: Costs = BUILT_IN, **reel: Any) -> Compiled:
    canvas = {"width": 360, "height": 640, "fps": "30"}
    stored = {"reel": 1, "canvas": canvas, **reel, "clips": [{"media": "game.mp4", **clip} for clip in clips]}
    return compile_reel(read_reel(json.dumps(stored)), MEDIA, NINE, costs=costs)


def clip(length: float = 2, **fields: Any) -> dict[str, Any]:
    return {"segments_data": trim(1, 1 + length), **fields}


def whole(*clips: dict[str, Any], **options: Any) -> Forecast:
    return film(*clips, **options).plan.whole()


@pytest.mark.parametrize(
    "larger",
    [
        whole(clip(4)),
        whole(clip(), clip()),
        whole(clip(), canvas={"width": 720, "height": 1280, "fps": "30"}),
        whole(clip(), encode={"preset": "slow"}),
        whole(clip(), encode={"codec": "h265"}),
        whole(clip(motion="interpolate", segments_data=trim(1, 3, {"start": 1, "end": 3, "speed": 0.5}))),
    ],
)
def test_more_work_takes_more_time(larger: Forecast) -> None:
    least = whole(clip())
    assert larger.cpu > least.cpu
    assert larger.wall > least.wall


def test_finer_films_are_larger_and_a_bitrate_decides_their_bytes() -> None:
    assert whole(clip(), encode={"crf": 15}).size > whole(clip(), encode={"crf": 20}).size
    sound = 2 * 192_000 // 8
    assert whole(clip(), encode={"bitrate": "8M"}).size == 2 * 8_000_000 // 8 + sound


@pytest.mark.parametrize("name", [field.name for field in fields(Costs) if field.name != "processors"])
def test_every_cost_counts(name: str) -> None:
    """A clip with sound, drawn and encoded: each cost is in its forecast, in proportion."""
    given: list[dict[str, Any]] = [{name: cost} for cost in (1.0, 2.0)]
    one, two = (whole(clip(), costs=replace(FREE, **each)).cpu for each in given)
    assert 0 < one == two / 2


def test_more_processors_take_less_time_and_no_less_work() -> None:
    one, four = (whole(clip(), clip(5), costs=replace(BUILT_IN, processors=count)) for count in (1, 4))
    assert one.cpu == four.cpu == pytest.approx(one.wall)
    assert four.wall < one.wall / 2


def test_units_at_once_take_less_time_and_never_less_than_the_processors_need() -> None:
    plan = film(*[clip(5)] * 8, costs=replace(BUILT_IN, processors=16)).plan
    alone, four, many = (plan.whole(jobs) for jobs in (1, 4, 1000))
    assert four.wall == alone.wall / 4
    assert many.wall == alone.cpu / 16


def test_the_plan_has_a_forecast_of_each_unit() -> None:
    plan = film(*[clip(5)] * 8, encode={"preset": "fast"}).plan
    predicted: Any = plan.as_json()["predicted"]
    assert set(predicted["units"][0]) == {"wall_s", "processor_s", "peak_memory_mib", "bytes"}
    assert (len(predicted["units"]), len(predicted["sounds"])) == (len(plan.units), len(plan.sounds)) == (8, 2)
    parts = [*predicted["units"], *predicted["sounds"]]
    assert predicted["processor_s"] == pytest.approx(sum(part["processor_s"] for part in parts), rel=0.1)
    assert predicted["peak_memory_mib"] == plan.memory == max(part["peak_memory_mib"] for part in parts)


def test_the_steps_weigh_what_is_forecast() -> None:
    compiled = film(*[clip(5)] * 8, audio={"loudness": {"target": -16}})
    made = steps(compiled)
    units = [step for step in made if step.frames]
    assert [step.weight for step in units] == [each.cpu for each in compiled.plan.forecasts]
    assert all(0 < step.weight < units[0].weight for step in made if not step.frames)


def test_costs_decide_nothing_of_the_film() -> None:
    ours, theirs = film(clip(), clip()), film(clip(), clip(), costs=replace(FREE, processors=64))
    assert (ours.script, ours.legal.defs) == (theirs.script, theirs.legal.defs)


@pytest.mark.parametrize("codec", [name for name, profile in PROFILES.items() if profile.picture])
def test_every_codec_and_preset_has_its_work_and_its_size(codec: str) -> None:
    picture = PROFILES[codec].picture
    assert picture is not None
    assert set(ENCODED[codec]) == set(picture.presets or (None,))
    assert min(ENCODED[codec].values()) > 0
    assert SIZES[codec][0] > 0
    assert set(ENCODERS[codec].pixel) == set(ENCODED[codec])
    assert list(ENCODERS[codec].pixel.values()) == sorted(ENCODERS[codec].pixel.values(), reverse=codec == "av1")


def test_an_encoder_holds_no_more_frames_than_a_film_has_and_no_more_than_it_looks_at() -> None:
    least, few, more, many = (whole(clip(seconds)).memory for seconds in (0.5, 1, 2, 4))
    assert few - least == pytest.approx(15 * 250 / 60 * 360 * 640 / 2**20, abs=1)
    assert few < more == many


@pytest.mark.parametrize(("codec", "lower", "higher"), [("h264", "fast", "veryslow"), ("av1", "12", "4")])
def test_slower_presets_hold_more(codec: str, lower: str, higher: str) -> None:
    fast, slow = (whole(clip(), encode={"codec": codec, "preset": preset}).memory for preset in (lower, higher))
    assert fast < slow


def test_decoders_hold_more_of_larger_pictures_and_photos_less_than_films() -> None:
    video, encode = MEDIA["game.mp4"].video, film(clip()).plan.encode
    larger = replace(video, width=2 * video.width, height=2 * video.height)
    photo, small, large, two = (
        picture_memory(1, 100, opened, encode, 0)
        for opened in ([replace(video, time_base=STILL_TICK)], [video], [larger], [video, video])
    )
    assert photo < small < two < large
