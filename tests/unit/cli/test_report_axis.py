"""Axes and their ticks."""

from __future__ import annotations

import pytest

from flyball.cli.report.axis import DAY, SECOND, Axis, label, time_ticks


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (Axis(low=0.0, high=1.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (Axis(low=0.283, high=0.471), [0.3, 0.35, 0.4, 0.45]),
        (Axis(low=-3.0, high=12.0), [0.0, 5.0, 10.0]),
        (Axis(low=5.0, high=5.0), [5.0]),
        (Axis(low=0.01, high=1_000.0, scale="log"), [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]),
        (Axis(low=0.4, high=0.6, scale="log-odds"), [0.4, 0.45, 0.5, 0.55, 0.6]),
    ],
)
def test_ticks_are_round_and_inside(axis: Axis, expected: list[float]) -> None:
    """Ones, twos and fives."""
    assert axis.ticks() == pytest.approx(expected)


def test_log_odds_put_a_half_in_the_middle_and_treat_both_ends_alike() -> None:
    """A tenth is as far from the middle as nine tenths."""
    axis = Axis(low=0.1, high=0.9, scale="log-odds")

    assert axis.at(0.5) == pytest.approx(0.5)
    assert axis.at(0.25) == pytest.approx(1.0 - axis.at(0.75))
    assert axis.at(0.0) < 0.0
    assert axis.at(1.0) > 1.0


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (10 * SECOND, ["00:00:00", "00:00:05", "00:00:10"]),
        (6 * 3600 * SECOND, ["1 Jan", "01:00", "02:00", "03:00", "04:00", "05:00", "06:00"]),
        (40 * DAY, ["1 Jan", "8 Jan", "15 Jan", "22 Jan", "29 Jan", "5 Feb"]),
        (5 * 365 * DAY, ["1970", "1971", "1972", "1973", "1974"]),
        (80 * 365 * DAY, ["1970", "1980", "1990", "2000", "2010", "2020", "2030", "2040"]),
    ],
)
def test_ticks_of_time_are_round_moments(span: int, expected: list[str]) -> None:
    """Seconds, hours, days, weeks, years."""
    assert [text for _, text in time_ticks(0, span)] == expected


def test_times_beyond_the_calendar_have_no_ticks_and_no_traceback() -> None:
    """Microseconds reach further than years of four digits."""
    assert time_ticks(-(2**62), 2**62) == []


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, "0"), (0.05, "0.05"), (1500.0, "1,500"), (2e6, "2M"), (-3.5, "-3.5")]
)
def test_labels_are_short(value: float, expected: str) -> None:
    """No zeros that say nothing."""
    assert label(value) == expected


def test_moments_beyond_the_calendar_have_no_text() -> None:
    """A single stray bucket may lie anywhere."""
    assert {text for _, text in time_ticks(2**62, 2**62 + DAY)} == {""}


def test_millennia_are_cut_by_their_centuries() -> None:
    """However long, about seven ticks."""
    assert 2 <= len(time_ticks(-50_000_000_000 * SECOND, 200_000_000_000 * SECOND)) <= 9
