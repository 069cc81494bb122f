"""Numbers as text."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from compiler.emit.numbers import decimal, rational, signed


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (12, "12"),
        (300.0, "300"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (0.07865168539325844, "0.07865168539"),
        (1e15, "1000000000000000"),
        (Fraction(1, 2), "0.5"),
        (Fraction(30), "30"),
        (Fraction(1001, 30000), "0.0333666666666667"),
        (Fraction(3600_000001, 1_000_000), "3600.000001"),
        (Fraction(1, 10**7), "0.0000001"),
        (Fraction(12300, 1), "12300"),
    ],
)
def test_decimal(x: float | Fraction, text: str) -> None:
    assert decimal(x) == text


@pytest.mark.parametrize("x", [1e-7 / 3, 123456.789012345, -math.pi, 2 / 3e9, Fraction(22, 7), Fraction(10**12, 7)])
def test_decimal_keeps_nine_digits(x: float | Fraction) -> None:
    assert float(decimal(x)) == pytest.approx(float(x), rel=1e-9)


@pytest.mark.parametrize("x", [1e-7 / 3, 1.5e-12, 6.02e23, 1.25e-5])
def test_the_only_letter_is_an_exponent_with_a_sign(x: float) -> None:
    mantissa, _, exponent = decimal(x).partition("e")
    assert mantissa.replace(".", "").isdigit()
    assert not exponent or exponent[0] in "+-"


@pytest.mark.parametrize("x", [math.nan, math.inf])
def test_no_text_for_what_is_no_number(x: float) -> None:
    with pytest.raises(ValueError, match="no decimal form"):
        decimal(x)


def test_signed() -> None:
    assert [signed(x) for x in (3, -0.5, 0, Fraction(1, 4))] == ["+3", "-0.5", "", "+0.25"]


def test_rational() -> None:
    assert [rational(Fraction(30000, 1001)), rational(Fraction(30))] == ["30000/1001", "30"]
