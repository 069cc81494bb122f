"""Constants of the page equal those of the server and the compiler."""

from __future__ import annotations

import json
import mimetypes
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler.colours import BLUR
from compiler.model import limits
from compiler.model.clip_forms import KeyframeForm, TransitionForm
from compiler.model.encode import AUDIO_BITRATE, DEFAULT_ENCODE
from compiler.model.file import AUDIO, CANVAS, DEFAULT_LOUDNESS
from compiler.model.schema_forms import EncodeForm, LoudnessForm
from compiler.model.segment_forms import RampForm
from compiler.model.upgrade import VERSION
from compiler.profiles import FINAL, PROFILES, QUALITIES, Profile
from compiler.timeline import colour, warp
from compiler.timeline.cubic import evaluate
from compiler.timeline.curve import Box, Curve, Key
from compiler.timeline.instant import SLOT_BIAS, SourceTime
from compiler.timeline.media import IMAGES, STILL_TICK
from compiler.transitions import CURVES, LINEAR, TRANSITIONS
from server.footage import facts
from tests.field.odd_kinds import CONTAINERS

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "server"
STUDIO = SERVER / "static" / "studio"


def described(document: str, kind: str) -> Any:
    """The properties of a schema of the API's description, which other tests compare with the server's models."""
    schemas = json.loads((ROOT / "docs" / document).read_text(encoding="utf-8"))["components"]["schemas"]
    return schemas[kind]["properties"]


STATE = described("asyncapi.json", "State")


def literal(module: str, name: str) -> Any:
    """The value of a module's constant, which must be JSON except for quotes around names."""
    text = (STUDIO / module).read_text(encoding="utf-8")
    found = re.search(rf"^(?:export )?const {name} = (?:new Set\()?(.*?)\)?;$", text, re.DOTALL | re.MULTILINE)
    assert found, f"{module} has no {name}"
    named = re.sub(r"(?<=[{ ])(\w+):(?= )", r'"\1":', found[1])
    named = re.sub(r"(?<=: )[A-Z]\w+(?=,)", lambda word: json.dumps(literal(module, word[0])), named)
    return json.loads(re.sub(r",\s*([\]}])", r"\1", named).replace("10_000", "10000"))


def compared(module: str) -> set[str]:
    """The words that a module compares a state with."""
    return set(re.findall(r'\bstate === "(\w+)"', (STUDIO / module).read_text(encoding="utf-8")))


SHARED = {
    "SLOWEST": float(limits.SPEED.low),
    "FASTEST": limits.SPEED.high,
    "LONGEST_HOLD": limits.FREEZE.high,
    "LARGEST_ROTATION": limits.ROTATION.high,
    "STILL_TICK": STILL_TICK,
    "QUIETEST": limits.VOLUME.low,
    "LOUDEST": limits.VOLUME.high,
    "NAME_LENGTH": described("openapi.json", "NewProject")["name"]["maxLength"],
    "SLOT_BIAS": float(SLOT_BIAS),
    "SEGMENTS_VERSION": VERSION,
    "DEFAULT_FPS": str(limits.DEFAULT_FPS),
    "DEFAULT_EASE": KeyframeForm.model_fields["ease"].default,
    "DEFAULT_RAMP_EASE": RampForm.model_fields["ease"].default,
    "FEWEST_FPS": limits.FPS.low,
    "MOST_FPS": limits.FPS.high,
    "MOST_RATE_TERM": limits.RATE_TERM,
    "SHORTEST_SIDE": limits.CANVAS_SIDE.low,
    "LONGEST_SIDE": limits.CANVAS_SIDE.high,
    "SAME_SHAPE": float(limits.SAME_SHAPE),
    "LOWEST_LOUDNESS": limits.LUFS.low,
    "HIGHEST_LOUDNESS": limits.LUFS.high,
    "DEFAULT_LOUDNESS": DEFAULT_LOUDNESS.target,
    "LOWEST_PEAK": limits.TRUE_PEAK.low,
    "HIGHEST_PEAK": limits.TRUE_PEAK.high,
    "DEFAULT_PEAK": DEFAULT_LOUDNESS.true_peak,
    "FEWEST_KBITS": limits.VIDEO_KBITS.low,
    "MOST_KBITS": limits.VIDEO_KBITS.high,
    "FEWEST_SOUND_KBITS": limits.AUDIO_KBITS.low,
    "MOST_SOUND_KBITS": limits.AUDIO_KBITS.high,
    "DEFAULT_SOUND_KBITS": int(AUDIO_BITRATE.removesuffix("k")),
}


@pytest.mark.parametrize("name", SHARED)
def test_a_limit_is_that_of_the_server_or_the_compiler(name: str) -> None:
    assert literal("parts/limits.js", name) == SHARED[name]


def test_every_limit_of_the_page_is_compared() -> None:
    text = (STUDIO / "parts" / "limits.js").read_text(encoding="utf-8")
    assert set(re.findall(r"^export const (\w+)", text, re.MULTILINE)) == set(SHARED)


def test_a_rotation_and_a_speed_have_one_bound() -> None:
    assert limits.ROTATION.low == -limits.ROTATION.high
    assert (limits.SPEED.low, limits.SPEED.high) == (warp.SLOWEST, warp.FASTEST)


def test_the_page_has_every_shape_and_its_canvas() -> None:
    found = {each["ratio"]: (each["width"], each["height"]) for each in literal("parts/shapes.js", "SHAPES")}
    assert found == limits.CANVASES
    asked = described("openapi.json", "NewProject")["aspect_ratio"]
    assert set(found) == set(asked["enum"])
    assert literal("parts/shapes.js", "DEFAULT_RATIO") == limits.DEFAULT_ASPECT
    assert asked["default"] == limits.DEFAULT_ASPECT


def encoding(profile: Profile) -> dict[str, Any]:
    """What the page knows of a profile, except its name for people."""
    picture, sound = profile.picture, profile.sound
    qualities = {name: quality.crf for name, quality in profile.qualities.items() if quality.crf is not None}
    return {
        "presets": list(picture.presets if picture else ()),
        "crf": picture and picture.highest_crf,
        "usual": qualities,
        "whole": bool(picture and picture.whole_crf),
        "qualities": bool(profile.qualities),
        "picture": picture is not None,
        "sound": sound is not None,
        "rated": bool(sound and sound.rated),
    }


def test_the_page_has_every_codec_with_what_has_an_effect_on_it() -> None:
    found = literal("parts/encodings.js", "CODECS")
    assert all(each.pop("title") for each in found.values())
    assert found == {name: encoding(profile) for name, profile in PROFILES.items()}
    assert literal("parts/encodings.js", "DEFAULT_CODEC") == DEFAULT_ENCODE.codec
    assert DEFAULT_ENCODE.quality == FINAL


def test_the_page_has_a_name_for_every_transition() -> None:
    assert set(literal("parts/transitions.js", "TRANSITIONS")) == set(TRANSITIONS)


def test_the_page_has_every_curve_of_fading_sound() -> None:
    assert set(literal("parts/encodings.js", "CURVES")) == set(CURVES)
    assert literal("parts/encodings.js", "DEFAULT_CURVE") == LINEAR


def test_the_page_reads_every_setting_of_a_project() -> None:
    """Each field of the canvas, the sound, the encoding and the transition occurs in the form."""
    text = (STUDIO / "edit" / "settings.js").read_text(encoding="utf-8")
    known = {*CANVAS, *AUDIO, *(set(LoudnessForm.model_fields)), *EncodeForm.model_fields, *TransitionForm.model_fields}
    assert {name for name in known if not re.search(rf"\b{name}\b", text)} == set()
    words = {*limits.FITS, *limits.STRETCHES, *limits.DAMAGES, *QUALITIES, BLUR, limits.SOURCE}
    assert {word for word in words if f'"{word}"' not in text} == set()


def test_the_fields_of_a_clip_are_those_that_are_saved_and_drafted() -> None:
    fields = set(literal("parts/words.js", "FIELD_NAMES"))
    assert fields == set(described("openapi.json", "ClipChange")) - {"sort_order"}
    assert fields - {"name"} == set(described("openapi.json", "ClipDraft")) - {"clip_id", "raw_clip_id"}
    assert fields | {"raw_clip_id"} == set(described("openapi.json", "NewClip"))


def test_the_ramps_on_offer_are_those_there_are() -> None:
    offered = {value for value, _ in literal("timeline/details.js", "RAMPS")}
    assert offered == {"constant", *limits.RAMP_EASES}


def test_the_shape_of_an_ease_is_the_compilers_curve() -> None:
    for ease, polynomial in literal("edit/eases.js", "POLYNOMIALS").items():
        keys = (Key(SourceTime(Fraction(0)), Box(0, 0, 1, 1), ease), Key(SourceTime(Fraction(1)), Box(1, 1, 1, 1)))
        for part in (0.0, 0.25, 0.5, 0.75, 1.0):
            assert evaluate(tuple(polynomial), part) == pytest.approx(Curve(keys).within(1, part).x)


def test_the_page_knows_every_stage_and_state_of_an_export() -> None:
    assert [*literal("panels/export.js", "STAGES"), "complete"] == STATE["stage"]["enum"]
    assert set(literal("panels/export.js", "NAMES")) == set(STATE["stage"]["enum"])
    assert set(literal("exports.js", "STATES")) == set(STATE["state"]["enum"])
    assert set(literal("remote/follow.js", "OVER")) == set(STATE["state"]["enum"]) - {"queued", "running"}
    for module in ("panels/export.js", "remote/export.js", "exports.js"):
        assert compared(module) <= set(STATE["state"]["enum"])


def test_the_states_of_a_proxy_are_those_that_the_server_answers() -> None:
    assert compared("remote/footage.js") <= set(described("openapi.json", "Proxy")["state"]["enum"]) | {"original"}


def test_error_codes_that_the_page_knows_are_the_servers() -> None:
    page = "\n".join(path.read_text(encoding="utf-8") for path in STUDIO.rglob("*.js"))
    server = "\n".join(path.read_text(encoding="utf-8") for path in SERVER.rglob("*.py"))
    known = set(re.findall(r'\.error === "(\w+)"', page))
    assert len(known) >= 4
    assert {code for code in known if f'"{code}"' not in server} == set()


def test_the_images_of_the_page_are_those_of_the_compiler() -> None:
    assert set(literal("remote/footage.js", "MOVING")) == IMAGES


def test_the_file_chooser_offers_every_kind_of_footage_and_image() -> None:
    accepted = literal("panels/add_clips.js", "ACCEPTED").split(",")
    endings = {container.ending for container in CONTAINERS.values()} | {".heic", ".heif", ".avif", ".jpg", ".png"}

    def offered(ending: str) -> bool:
        kind = mimetypes.MimeTypes().types_map[True].get(ending, "")
        return ending in accepted or (kind.startswith(("video/", "image/")) and f"{kind[:5]}/*" in accepted)

    assert [ending for ending in sorted(endings) if not offered(ending)] == []


def test_the_server_plays_no_footage_as_it_is_whose_transfer_the_compiler_maps() -> None:
    assert set(facts.HDR) == colour.HDR
