"""exp and log that give the same bits on every CPU."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flyball.learn.maths import exp, log, sigmoid

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN = {
    "exp": {
        -708.0: "0x1.7c8ab2288c9acp-1022",
        -1.0: "0x1.78b56362cef38p-2",
        0.0: "0x1.0000000000000p+0",
        1e-300: "0x1.0000000000000p+0",
        0.1: "0x1.1aec7b35a00d4p+0",
        0.34657359027997264: "0x1.6a09e667f3bccp+0",
        1.0: "0x1.5bf0a8b14576ap+1",
        36.0: "0x1.ea215a1d20d76p+51",
    },
    "log": {
        2.2250738585072014e-308: "-0x1.6232bdd7abcd2p+9",
        0.1: "-0x1.26bb1bbb55515p+1",
        0.9999999999999999: "-0x1.0000000000000p-53",
        1.0: "0x0.0p+0",
        1.4142135623730951: "0x1.62e42fefa39f0p-2",
        3.0: "0x1.193ea7aad030bp+0",
        1.7976931348623157e308: "0x1.62e42fefa39efp+9",
    },
}
"""Bits, by argument: whoever changes them changes what every replayed log gives, on purpose."""

WITHOUT_A_CPU = """
from flyball.learn.maths import exp, log, sigmoid
numbers = [(i * 2654435761 % 1000003) / 1000003 for i in range(1, 2000)]
print([value.hex() for x in numbers for value in (exp(80 * x - 40), log(x), log(1 + 1e6 * x), sigmoid(80 * x - 40))])
"""


def error_in_ulps(found: float, argument: float, function: str) -> float:
    """How far a result is from the exact one, in units of its last place."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(argument).exp() if function == "exp" else Decimal(argument).ln()
        return float(abs(Decimal(found) - exact) / Decimal(math.ulp(float(exact))))


@given(st.floats(-708.0, 708.0))
@example(0.0)
@example(-0.34657359027997264)
@example(0.34657359027997265)
def test_exp_is_within_one_unit_in_the_last_place(x: float) -> None:
    """The stated bound, against sixty digits."""
    assert error_in_ulps(exp(x), x, "exp") <= 1.0


@given(st.floats(2.2250738585072014e-308, 1.7976931348623157e308))
@example(1.0)
@example(math.nextafter(1.0, 0.0))
@example(math.nextafter(1.0, 2.0))
@example(math.sqrt(2.0))
@example(math.sqrt(0.5))
def test_log_is_within_two_units_in_the_last_place(x: float) -> None:
    """The stated bound, against sixty digits."""
    assert error_in_ulps(log(x), x, "log") <= 2.0


def test_errors_stay_within_the_bounds_all_over_the_range_that_matters() -> None:
    """Evenly, where margins and probabilities lie; the largest errors seen are 0.93 and 1.69."""
    points = [i / 997.0 for i in range(-8_000, 8_000)]

    assert max(error_in_ulps(exp(x), x, "exp") for x in points) <= 1.0
    assert max(error_in_ulps(log(x), x, "log") for x in (math.exp(point) for point in points)) <= 2.0


@pytest.mark.parametrize("x", [709.0, 1e6, 1e308, math.inf])
def test_exp_is_cut_off_beyond_708_on_both_sides(x: float) -> None:
    """No infinity, no zero, no denormal."""
    assert exp(x) == exp(708.0)
    assert exp(-x) == exp(-708.0) > 0.0


@pytest.mark.parametrize(("function", "x"), [(name, x) for name, values in GOLDEN.items() for x in values], ids=str)
def test_bits_are_those_that_were_released(function: str, x: float) -> None:
    """A change of one bit here is a change of every learned coefficient."""
    found = exp(x) if function == "exp" else log(x)

    assert found.hex() == GOLDEN[function][x]


@given(st.floats(-1e300, 1e300))
def test_sigmoid_is_a_probability_and_mirrors(margin: float) -> None:
    """Never outside [0, 1], and p(-m) = 1 - p(m) up to rounding."""
    assert 0.0 <= sigmoid(margin) <= 1.0
    assert sigmoid(-margin) == pytest.approx(1.0 - sigmoid(margin), abs=2e-16)


@given(st.floats(-36.0, 36.0))
def test_sigmoid_is_strictly_between_0_and_1_within_36(margin: float) -> None:
    """Where its logarithm must be finite."""
    assert 0.0 < sigmoid(margin) < 1.0
    assert sigmoid(margin) == pytest.approx(1.0 / (1.0 + math.exp(-margin)), rel=1e-15)


def test_the_same_bits_come_from_code_compiled_for_the_plainest_cpu(tmp_path: Path) -> None:
    """No fused operation, no library of the machine: eight thousand results, compared bit by bit."""
    found = [
        subprocess.run(
            [sys.executable, "-c", WITHOUT_A_CPU],
            env={**os.environ, "FLYBALL_CACHE": str(tmp_path), **cpu},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for cpu in ({}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""})
    ]

    assert len(found[0]) > 100_000
    assert found[0] == found[1]
