"""Reads the reel file: its canvas, sound, encoding and clips."""

from __future__ import annotations

import re
from fractions import Fraction

from compiler.colours import BLACK, BLUR
from compiler.errors import Loc
from compiler.model.clip import DEFAULT_DAMAGE, DEFAULT_STRETCH, ClipDefaults, clip_from
from compiler.model.encode import DEFAULT_ENCODE, read_encode
from compiler.model.limits import (
    CANVAS_SIDE,
    CANVASES,
    DAMAGES,
    DEFAULT_ASPECT,
    DEFAULT_FPS,
    FITS,
    FPS,
    LUFS,
    NTSC,
    NTSC_NEAR,
    RATE_TERM,
    SAME_SHAPE,
    SOURCE,
    STRETCHES,
    TRUE_PEAK,
)
from compiler.model.reel import AudioSettings, Canvas, Clip, Encode, LoudnessTarget, Reel
from compiler.model.stored import Report, Stored, show
from compiler.model.transition import CUT, read_colour, read_transition
from compiler.model.wire import decode, parse
from compiler.profiles import PROFILES

VERSION = 1
REEL = frozenset({"reel", "canvas", "audio", "encode", "transition", "damage", "clips"})
CANVAS = frozenset({"aspect_ratio", "width", "height", "fps", "fit", "fill"})
AUDIO = frozenset({"stretch", "include", "loudness"})
LOUDNESS = frozenset({"target", "true_peak"})

DEFAULT_CANVAS = Canvas(*CANVASES[DEFAULT_ASPECT], DEFAULT_FPS, fit="contain")
DEFAULT_AUDIO = AudioSettings(DEFAULT_STRETCH, include=True)
DEFAULT_LOUDNESS = LoudnessTarget(Fraction(-16), Fraction(-1))

_RATE = re.compile(r"[0-9]{1,9}(/[0-9]{1,9}|\.[0-9]{1,20})?")


def read_reel(text: str | bytes) -> Reel:
    """The reel of a file's text; raises all its errors at once, in the order of the file."""
    report = Report()
    root = Stored(parse(decode(text, Loc()), Loc()), report, Loc())
    reel = _reel(root) if _is_ours(root) else None
    report.raise_all()
    assert reel is not None, "a reel that cannot be read has an error"
    return reel


def _is_ours(root: Stored) -> bool:
    """Whether the object is a reel of the version that this code reads; fields of other versions are not checked."""
    if not isinstance(root.value, dict):
        root.wrong_type("an object")
        return False
    return root.field("reel").is_version(VERSION)


def _reel(root: Stored) -> Reel:
    root.check_fields(REEL)
    canvas = root.field_or("canvas", DEFAULT_CANVAS, _canvas)
    audio = root.field_or("audio", DEFAULT_AUDIO, _audio)
    encode = root.field_or("encode", DEFAULT_ENCODE, read_encode)
    _check_heard(root, encode, audio)
    transition = read_transition(root.field("transition"), CUT)
    damage = root.field_or("damage", DEFAULT_DAMAGE, lambda field: field.word(DAMAGES))
    defaults = ClipDefaults(transition, audio.stretch, damage)
    clips = root.field("clips")
    found = [clip_from(item, index, defaults) for index, item in enumerate(clips.items())]
    if clips.value == []:
        clips.fault("RC109", "is empty", hint="a reel has at least one clip")
    read = tuple(clip for clip in found if clip is not None)
    _unique(read, root.report)
    return Reel(canvas, audio, encode, read)


def _unique(clips: tuple[Clip, ...], report: Report) -> None:
    first: dict[str, Clip] = {}
    for clip in clips:
        other = first.setdefault(clip.id, clip)
        if other is not clip:
            message, hint = "two clips have one id", "give each clip an id of its own"
            report.error("RC108", clip.loc.at("id"), message, detail=f"it is {other.loc.pointer}'s too", hint=hint)


def _check_heard(root: Stored, encode: Encode, audio: AudioSettings) -> None:
    """Report an error if the codec holds sound alone and the film has no sound."""
    if PROFILES[encode.codec].picture is None and not audio.include:
        detail, hint = f"{encode.codec} holds sound alone", "include it, or choose another codec"
        root.field("audio").field("include").fault("RC106", "leaves nothing of the film", detail=detail, hint=hint)


def _canvas(stored: Stored) -> Canvas | None:
    if not stored.is_object(CANVAS):
        return None
    rate = None if stored.field("fps").value == SOURCE else stored.field_or("fps", DEFAULT_FPS, read_rate)
    fill = stored.field_or("fill", BLACK, lambda field: BLUR if field.value == BLUR else read_colour(field))
    fit = stored.field_or("fit", DEFAULT_CANVAS.fit, lambda field: field.word(FITS))
    aspect = stored.field_or("aspect_ratio", None, lambda field: field.word(tuple(CANVASES)))
    width, height = stored.field("width"), stored.field("height")
    if not (width.given or height.given):
        return Canvas(*CANVASES[aspect or DEFAULT_ASPECT], rate, fit, fill)
    across, down = _side(width), _side(height)
    if across is None or down is None:
        return None
    _agree(stored, aspect, across, down)
    return Canvas(across, down, rate, fit, fill)


def _side(stored: Stored) -> int | None:
    side = stored.whole(CANVAS_SIDE)
    if side is not None and side % 2:
        stored.fault("RC106", "is odd", detail=f"it is {side}", hint="chroma is stored for two pixels at a time")
        return None
    return side


def _agree(canvas: Stored, aspect: str | None, width: int, height: int) -> None:
    """Report an error if the aspect ratio and the size contradict each other."""
    if aspect is None:
        return
    across, down = CANVASES[aspect]
    if abs(Fraction(width * down, height * across) - 1) > SAME_SHAPE:
        detail, hint = f"{width}x{height} is not {aspect}", f"leave the size out for {across}x{down}, or the ratio"
        canvas.fault("RC106", "states two shapes", detail=detail, hint=hint)


def read_rate(stored: Stored) -> Fraction | None:
    """Frames a second: a number, or text such as `30000/1001`, that ffmpeg can hold exactly.

    A decimal near a rate of `NTSC` is that rate.
    """
    text = stored.value
    if isinstance(text, str) and _RATE.fullmatch(text) and not re.search(r"/0+$", text):
        stored = Stored(Fraction(text), stored.report, stored.above, stored.key)
    elif isinstance(text, str):
        stored.fault("RC106", "is not a rate", detail=f"it is {show(text)}", hint='write "30", "29.97" or "30000/1001"')
        return None
    rate = stored.number(FPS)
    if rate is None:
        return None
    if not (isinstance(text, str) and "/" in text):
        rate = _named_by(rate)
    if max(rate.as_integer_ratio()) <= RATE_TERM:
        return rate
    hint = f'write "{rate.limit_denominator(1001)}", the nearest rate that it keeps'
    stored.fault("RC106", "is not a rate ffmpeg keeps exactly", detail=f"it is {show(rate)}", hint=hint)
    return None


def _named_by(decimal: Fraction) -> Fraction:
    """The rate that a decimal means: one of `NTSC` if it is near it or is that rate rounded to hundredths."""
    nearest = min(NTSC, key=lambda rate: abs(rate - decimal))
    near = abs(decimal / nearest - 1) <= NTSC_NEAR or decimal == round(nearest, 2)
    return nearest if near else decimal


def _audio(stored: Stored) -> AudioSettings | None:
    if not stored.is_object(AUDIO):
        return None
    stretch = stored.field_or("stretch", DEFAULT_AUDIO.stretch, lambda field: field.word(STRETCHES))
    include = stored.field_or("include", DEFAULT_AUDIO.include, Stored.flag)
    loudness = stored.field_or("loudness", None, _loudness)
    if loudness and not include:
        stored.field("loudness").fault("RC106", "has no effect on a film without sound", hint="take it out")
    return AudioSettings(stretch, include, loudness)


def _loudness(stored: Stored) -> LoudnessTarget | None:
    if not stored.is_object(LOUDNESS):
        return None
    return LoudnessTarget(
        stored.field_or("target", DEFAULT_LOUDNESS.target, lambda field: field.number(LUFS)),
        stored.field_or("true_peak", DEFAULT_LOUDNESS.true_peak, lambda field: field.number(TRUE_PEAK)),
    )
