"""Draws depend on seed, stream and place, and on nothing else."""

from __future__ import annotations

import numpy as np
from scipy import stats

from flyball.testing.dice import Dice

PLACES = np.arange(100_000)


def test_a_draw_does_not_depend_on_what_else_is_asked() -> None:
    """One place alone gives what it gives among many, in any order and shape."""
    dice = Dice(3)
    together = dice.uniform("clicks", PLACES)

    alone = [float(dice.uniform("clicks", np.array([place]))[0]) for place in (0, 17, 99_999)]
    backwards = dice.uniform("clicks", PLACES[::-1])[::-1]
    square = dice.uniform("clicks", PLACES.reshape(100, 1000))

    assert [together[0], together[17], together[99_999]] == alone
    assert np.array_equal(together, backwards)
    assert np.array_equal(together.reshape(100, 1000), square)


def test_the_first_draws_are_those_of_splitmix64() -> None:
    """The generator, restarted in plain Python integers at the stream's key, gives the same numbers."""
    mask = 2**64 - 1
    state = int(Dice(3)._start("clicks"))
    expected = []
    for _ in range(5):
        state = (state + 0x9E3779B97F4A7C15) & mask
        word = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & mask
        expected.append((((word ^ (word >> 31)) >> 12) + 0.5) * 2.0**-52)

    assert expected == Dice(3).uniform("clicks", np.arange(5)).tolist()


def test_draws_are_uniform() -> None:
    """A Kolmogorov-Smirnov test on 100,000 draws does not object."""
    assert stats.kstest(Dice(3).uniform("clicks", PLACES), "uniform").pvalue > 0.01


def test_normal_draws_are_normal() -> None:
    """The same for the normal law, of mean 0 and variance 1."""
    assert stats.kstest(Dice(3).normal("quality", PLACES), "norm").pvalue > 0.01


def test_exponential_draws_are_exponential() -> None:
    """The same for the exponential law of mean 1."""
    assert stats.kstest(Dice(3).exponential("delay", PLACES), "expon").pvalue > 0.01


def test_choices_have_their_shares() -> None:
    """A chi-square test on the counts does not object."""
    shares = np.array([0.5, 0.3, 0.15, 0.05])

    counts = np.bincount(Dice(3).choice("device", PLACES, shares), minlength=4)

    assert stats.chisquare(counts, shares * len(PLACES)).pvalue > 0.01


def test_streams_seeds_and_neighbours_are_unrelated() -> None:
    """Correlations stay within four standard errors of none."""
    draws = Dice(3).uniform("clicks", PLACES)
    others = (
        Dice(3).uniform("delays", PLACES),
        Dice(4).uniform("clicks", PLACES),
        np.roll(draws, 1),
        np.roll(draws, 32),
    )

    assert all(abs(np.corrcoef(draws, other)[0, 1]) < 4 / np.sqrt(len(PLACES)) for other in others)
