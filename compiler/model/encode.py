"""Reads a reel's encoding: a codec, and a named quality or explicit numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from compiler.model.limits import AUDIO_KBITS, VIDEO_KBITS, Limits, limits
from compiler.model.reel import Encode
from compiler.model.stored import Stored, show
from compiler.profiles import CODECS, FINAL, H264, PROFILES, QUALITIES, Profile, Quality

ENCODE = frozenset({"codec", "quality", "preset", "crf", "bitrate", "audio_bitrate"})
AUDIO_BITRATE = "192k"
DEFAULT_ENCODE = Encode("h264", H264.qualities[FINAL].preset, Fraction(H264.qualities[FINAL].crf or 0), AUDIO_BITRATE)

_KILO = {"k": 1, "M": 1000}
_BITRATE = re.compile(r"([1-9][0-9]{0,5})([kM])")


def read_encode(stored: Stored) -> Encode | None:
    """The encoding; absent fields follow from the quality, and a field that the codec cannot use is an error."""
    if not stored.is_object(ENCODE):
        return None
    codec = stored.field_or("codec", H264.name, lambda field: field.word(CODECS))
    quality = stored.field_or("quality", FINAL, lambda field: field.word(QUALITIES))
    profile = PROFILES[codec]
    usual = profile.qualities.get(quality, Quality())
    for name in _without_effect(stored, profile):
        stored.field(name).fault("RC106", f"has no effect on {codec}", hint="take it out")
    presets = profile.picture.presets if profile.picture else ()
    preset = stored.field_or("preset", usual.preset, lambda field: field.word(presets)) if presets else None
    bitrate = stored.field_or("bitrate", None, lambda field: read_bitrate(field, VIDEO_KBITS, "8M"))
    crf = None if bitrate or usual.crf is None else _crf(stored, profile, usual.crf)
    if bitrate and stored.field("crf").given:
        stored.field("bitrate").fault("RC106", "is given together with crf", hint="keep one of them")
    sound = stored.field_or("audio_bitrate", AUDIO_BITRATE, lambda field: read_bitrate(field, AUDIO_KBITS, "192k"))
    return Encode(codec, preset, crf, sound, bitrate, quality)


def _crf(stored: Stored, profile: Profile, usual: int) -> Fraction:
    picture = profile.picture
    assert picture is not None
    assert picture.highest_crf is not None
    span = limits(0, picture.highest_crf)
    if not picture.whole_crf:
        return stored.field_or("crf", Fraction(usual), lambda field: field.number(span))
    return Fraction(stored.field_or("crf", usual, lambda field: field.whole(span)))


def _without_effect(stored: Stored, profile: Profile) -> Iterator[str]:
    """The given fields that have no effect with the profile."""
    picture, sound = profile.picture, profile.sound
    useless = {
        "preset": picture is None or not picture.presets,
        "crf": picture is None or picture.highest_crf is None,
        "bitrate": picture is None or picture.highest_crf is None,
        "audio_bitrate": sound is None or not sound.rated,
        "quality": not profile.qualities,
    }
    return (name for name, idle in useless.items() if idle and stored.field(name).given)


def read_bitrate(stored: Stored, span: Limits, example: str) -> str | None:
    """A bitrate, text such as `192k` or `8M`: kilobits or megabits a second."""
    text = stored.value
    if not isinstance(text, str):
        stored.wrong_type(f'text such as "{example}"')
        return None
    match = _BITRATE.fullmatch(text)
    if match and span.hold(Fraction(int(match[1]) * _KILO[match[2]])):
        return text
    stored.fault("RC106", "is not a bitrate", detail=f"it is {show(text)}", hint=f'write "{example}"; {span}')
    return None
