"""Calibration curves from sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from flyball.learn.curve import (
    BINS,
    FARTHEST,
    FEWEST,
    LOWEST,
    MOST,
    PULL,
    WIDTH,
    Bins,
    bin_of,
    bins_of,
    fit,
    information,
    mean_of,
    place_in,
)
from flyball.learn.maths import sigmoid

Floats = NDArray[np.float64]
CENTRES = LOWEST + (np.arange(BINS) + 0.5) * WIDTH


def told(examples: float, *, shift: float = 0.0, slope: float = 1.0, weight: float = 1.0) -> tuple[Bins, Floats]:
    """Bins of so many examples each, of margin m, whose true margin is shift + slope m; and the counts."""
    bins = bins_of()
    rates = np.array([sigmoid(shift + slope * centre) for centre in CENTRES])
    bins.means[:] = [mean_of(centre) for centre in CENTRES]
    bins.whole[:] = examples * weight
    bins.yes[:] = rates * examples * weight
    return bins, np.array([(rates * examples).sum(), ((1.0 - rates) * examples).sum()])


def test_what_is_right_is_left_alone() -> None:
    """Points lie on the diagonal where answers say that predictions are right."""
    bins, counts = told(1e6)

    assert fit(bins, counts)
    assert np.abs(bins.fitted - bins.places).max() < 1e-9


def test_with_fewer_answers_than_enough_there_is_no_curve() -> None:
    """One positive too few in a million."""
    bins, counts = told(1e6)

    assert not fit(bins, np.array([FEWEST - 0.1, 1e9]))
    assert not fit(bins, np.array([1e9, FEWEST - 0.1]))
    assert fit(bins, counts)


@pytest.mark.parametrize("shift", [-3.0, -1.0, 0.5, 3.0])
def test_what_is_off_by_a_factor_is_moved_as_a_whole(shift: float) -> None:
    """Also in bins that have had no example."""
    bins, counts = told(100_000, shift=shift)
    bins.whole[BINS // 2 :], bins.yes[BINS // 2 :] = 0.0, 0.0

    assert fit(bins, counts)
    assert np.abs(bins.fitted - bins.places - shift).max() < 0.2 * abs(shift)


def test_what_is_too_steep_is_bent() -> None:
    """Where there are answers enough to overrule the belief that predictions are right."""
    bins, counts = told(1e7, slope=0.5)

    assert fit(bins, counts)
    assert np.abs(bins.fitted - 0.5 * bins.places).max() < 0.1


def test_weights_do_not_matter_where_all_are_alike() -> None:
    """A thousand of each are no more certain for being counted in other units."""
    light, counts = told(1000, slope=0.5)
    heavy, same = told(1000, slope=0.5, weight=1e6)

    assert fit(light, counts)
    assert fit(heavy, same)
    assert np.abs(light.fitted - heavy.fitted).max() < 1e-9


def test_a_bin_forgets_what_it_has_too_much_of() -> None:
    """So that it follows what changes; the counts go with it."""
    bins, counts = told(1e9)
    before = bins.whole.copy()

    assert fit(bins, counts)
    assert (bins.whole <= MOST * bins.units).all()
    assert (bins.whole < before).all()
    assert counts.sum() == pytest.approx(bins.whole.sum(), rel=1e-9)


@given(st.data())
def test_a_curve_never_falls_and_stays_inside_whatever_it_is_told(data: st.DataObject) -> None:
    """Sums of any size, labels all alike, weights absurd."""
    sizes = st.sampled_from([0.0, 1e-30, 0.5, 1.0, 1e3, 1e12, 1e36])
    bins, counts = bins_of(), np.array(data.draw(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9))))
    for b in range(BINS):
        bins.whole[b] = data.draw(sizes)
        bins.yes[b] = bins.whole[b] * data.draw(st.floats(0, 1))
        if bins.whole[b] > 0.0:
            bins.means[b] = mean_of(LOWEST + (b + data.draw(st.floats(0, 1))) * WIDTH)

    if fit(bins, counts):
        assert (np.diff(bins.places) > 0.0).all()
        assert (np.diff(bins.fitted) >= 0.0).all()
        assert np.abs(bins.fitted).max() <= FARTHEST
        assert np.isfinite(counts).all()


@given(st.floats(-40, 40))
def test_a_margin_lies_in_its_bin(margin: float) -> None:
    """And the outermost bins have no end."""
    here = bin_of(margin)

    assert here == np.clip(np.floor((margin - LOWEST) / WIDTH), 0, BINS - 1)
    assert abs(place_in(here, mean_of(margin)) - np.clip(margin, -10, 10)) <= 0.05 * WIDTH + 1e-6


def test_information_is_one_over_the_variance_of_the_log_odds() -> None:
    """Which is 1 / positives + 1 / negatives."""
    assert information(20.0, 80.0) == pytest.approx(1 / (1 / 20 + 1 / 80))
    assert information(0.0, 80.0) == 0.0
    assert PULL > 0.0
