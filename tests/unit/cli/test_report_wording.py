"""Numbers and measures in words."""

from __future__ import annotations

import pytest

from flyball.cli.report.wording import figure, moment, of_calibration, of_entropy, percent, seconds, short


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.0, "0"),
        (9.9996, "10.00"),
        (-0.00123456, "-0.001235"),
        (999_999.6, "1,000,000"),
        (1e-9, "1.000e-09"),
        (1e15, "1.000e+15"),
        (None, "—"),
    ],
)
def test_figures_have_four_digits_whatever_their_size(number: float | None, expected: str) -> None:
    """Rounding up to the next power of ten does not add a digit."""
    assert figure(number) == expected


@pytest.mark.parametrize(("share", "expected"), [(0.0, "0 %"), (0.00001, "0.00100 %"), (1.5, "150 %"), (None, "—")])
def test_percentages_keep_three_digits(share: float | None, expected: str) -> None:
    """Columns of them line up."""
    assert percent(share) == expected


@pytest.mark.parametrize(("number", "expected"), [(999.6, "1k"), (999_600, "1M"), (1_234_567, "1.23M"), (4e9, "4G")])
def test_short_counts_change_their_letter_in_time(number: float, expected: str) -> None:
    """There is no 1000k."""
    assert short(number) == expected


def test_moments_beyond_the_calendar_are_given_in_microseconds() -> None:
    """A broken time in the data does not end the report."""
    assert moment(2**62) == f"{2**62} µs"


@pytest.mark.parametrize(
    ("duration", "expected"), [(0.0, "0 s"), (59.0, "59 s"), (119.9, "2 min 0 s"), (7199.0, "2 h 0 min")]
)
def test_durations_never_show_sixty_of_the_smaller_unit(duration: float, expected: str) -> None:
    """119.9 seconds are two minutes, not one minute and sixty seconds."""
    assert seconds(duration) == expected


def test_measures_that_are_not_defined_are_explained() -> None:
    """Not a dash alone."""
    assert of_entropy(None) == "Not defined: all outcomes are alike."
    assert of_calibration(None, None) == "Not defined: nothing to divide by."
    assert of_calibration(1.25, None) == "Predicts 25 % too much."
