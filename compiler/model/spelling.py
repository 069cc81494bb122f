"""Numbers as people spell them in text, for the hint of an error: reading never guesses."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from compiler.model.limits import SPEED, Limits

_NUMBER = r"[+-]?(?:\d{1,12}(?:[.,]\d{1,12})?|[.,]\d{1,12})"
_UNIT = r"x|×|%|px|pixels?|s|secs?|seconds?|°|deg(?:rees)?|dB|dBTP|LUFS|fps|frames?"
_SPELT = re.compile(rf"[x×]?\s*({_NUMBER})\s*({_UNIT})?", re.IGNORECASE)
_RATIO = re.compile(r"(\d{1,12})/(\d{1,12})")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d{1,12})?)")


def advice(text: str, limits: Limits) -> str:
    """The hint for a text in place of a number: the number that it spells, if it spells one within `limits`."""
    number = _spelt(text.strip(), limits)
    if number is None or not limits.hold(number):
        return f"write a number {limits}"
    return f"write {_decimal(number)}, without quotes"


def _spelt(text: str, limits: Limits) -> Fraction | None:
    """The number that a text such as `0.5x`, `50%`, `1/2`, `1,5 s` or `1:30` spells."""
    if limits.unit == "seconds" and (clock := _CLOCK.fullmatch(text)):
        hours, minutes, seconds = (Fraction((part or "0").replace(",", ".")) for part in clock.groups())
        return (hours * 60 + minutes) * 60 + seconds
    if (ratio := _RATIO.fullmatch(text)) and int(ratio[2]):
        return Fraction(int(ratio[1]), int(ratio[2]))
    found = _SPELT.fullmatch(text)
    if found is None:
        return None
    number = Fraction(found[1].replace(",", "."))
    if found[2] != "%":
        return number
    return number / 100 if limits == SPEED else None


def _decimal(number: Fraction) -> str:
    """The number as JSON writes it, to twelve digits."""
    return f"{Decimal(number.numerator) / number.denominator:.12g}"
