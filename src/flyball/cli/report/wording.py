"""Numbers as people read them, and measures in plain words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.run.files.rejection import Rejection

NONE = "—"
"""Stands where a measure is not defined."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def whole(number: float) -> str:
    """A count, with commas.

    >>> whole(1234567)
    '1,234,567'
    """
    return f"{number:,.0f}"


def short(number: float) -> str:
    """A count in at most four characters and a letter.

    >>> short(950), short(12_345), short(2_000_000), short(0.0)
    ('950', '12.3k', '2M', '0')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size * 0.9995:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def figure(number: float | None, digits: int = 4) -> str:
    """A measure with so many significant digits, never in scientific notation between a millionth and a billion.

    >>> figure(0.2329638), figure(12345.678), figure(None), figure(0.0)
    ('0.2330', '12,346', '—', '0')
    """
    if number is None:
        return NONE
    if number == 0.0:
        return "0"
    # The magnitude after rounding: 9.9996 is written as 10.00.
    magnitude = int(f"{abs(number):.{digits - 1}e}".partition("e")[2])
    if not -7 < magnitude < 12:
        return f"{number:.{digits - 1}e}"
    return f"{number:,.{max(digits - 1 - magnitude, 0)}f}"


def percent(share: float | None, digits: int = 3) -> str:
    """A share, times a hundred.

    >>> percent(0.0791), percent(1.0), percent(0.0001), percent(None)
    ('7.91 %', '100 %', '0.0100 %', '—')
    """
    if share is None:
        return NONE
    return f"{figure(100.0 * share, digits)} %"


def moment(us: int) -> str:
    """A moment, to the minute, UTC.

    >>> moment(0)
    '1 Jan 1970 00:00'
    """
    try:
        at = EPOCH + timedelta(microseconds=us)
    except OverflowError:
        return f"{us} µs"
    return f"{at.day} {at:%b} {at.year} {at:%H:%M}"


def seconds(duration: float) -> str:
    """A duration.

    >>> seconds(0.25), seconds(61.26), seconds(4000.0)
    ('0.25 s', '1 min 1 s', '1 h 7 min')
    """
    if duration < 59.5:
        return f"{duration:.3g} s"
    if duration < 3599.5:
        return f"{round(duration) // 60} min {round(duration) % 60} s"
    minutes = round(duration / 60.0)
    return f"{minutes // 60} h {minutes % 60} min"


def of_entropy(normalised: float | None) -> str:
    """Normalised entropy in words.

    >>> of_entropy(0.842)
    '16 % less log loss than always answering the base rate. Below 1 is better.'
    >>> of_entropy(1.03)
    '3.0 % more log loss than always answering the base rate: the constant would have been better.'
    """
    if normalised is None:
        return "Not defined: all outcomes are alike."
    if normalised <= 1.0:
        less = percent(1.0 - normalised, 2)
        return f"{less} less log loss than always answering the base rate. Below 1 is better."
    more = percent(normalised - 1.0, 2)
    return f"{more} more log loss than always answering the base rate: the constant would have been better."


def of_calibration(ratio: float | None, z: float | None) -> str:
    """Predicted over actual, in words.

    >>> of_calibration(1.002, 0.8)
    'Predicts 0.20 % too much, which is within chance (z = +0.8).'
    >>> of_calibration(0.9, -6.1)
    'Predicts 10 % too little, more than chance explains (z = -6.1).'
    """
    if ratio is None:
        return "Not defined: nothing to divide by."
    amount = f"{percent(abs(ratio - 1.0), 2)} too {'much' if ratio >= 1.0 else 'little'}"
    if z is None:
        return f"Predicts {amount}."
    if abs(z) < 3.0:
        return f"Predicts {amount}, which is within chance (z = {z:+.1f})."
    return f"Predicts {amount}, more than chance explains (z = {z:+.1f})."


def reason_of(rejection: Rejection) -> str:
    """Why rows were refused, and where.

    >>> from flyball.run.files.rejection import Rejection
    >>> reason_of(Rejection(reason="too_few_fields", count=1, first_row=7, example="a,b"))
    'too few fields'
    >>> reason_of(Rejection(reason="unparsable", count=1, first_row=7, example="x", column="hour"))
    'unparsable, in hour'
    """
    reason = rejection.reason.replace("_", " ")
    return reason if rejection.column is None else f"{reason}, in {rejection.column}"
