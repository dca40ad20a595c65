"""What a gate answers in the kernels: sifting, chances, and the hand that makes room."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn.gate import Gate
from tests.unit.learn.gate_rows import asked, sifted, some_keys

pytestmark = pytest.mark.unit


def test_an_open_gate_admits_everything() -> None:
    """And has no memory."""
    assert asked(Gate.open(), some_keys(100)).all(), "an empty array refuses nothing"


@pytest.mark.parametrize("times", [1, 2, 3, 4, 15])
def test_a_key_is_admitted_when_it_comes_once_more_than_it_is_refused(times: int) -> None:
    """Whatever the width of the counters."""
    gate = Gate.counting(times=times, keys=100_000, false_rate=1e-6)
    keys = some_keys(500)
    answers = [asked(gate, keys) for _ in range(times + 2)]

    assert not np.any(answers[:times]), "refused so often"
    assert np.all(answers[times:]), "admitted from then on"
    assert (gate.refused, gate.admitted) == (500 * times, 1000)


def test_sightings_wear_off_when_many_other_keys_have_come() -> None:
    """So that a filter which runs for years still tells new keys from old ones."""
    gate = Gate.counting(times=1, keys=1000, false_rate=0.01)
    asked(gate, some_keys(200_000, seed=2))
    keys = some_keys(200, seed=3)
    asked(gate, keys)
    asked(gate, some_keys(2_500, seed=4))

    assert asked(gate, keys).mean() < 0.1, "two turns of the hand have emptied both halves"
    assert asked(gate, some_keys(1000, seed=5)).mean() < 0.03, "new keys are still new"


def test_chances_are_those_that_were_asked_for_and_the_same_when_asked_again() -> None:
    """Within four standard deviations."""
    keys, noises = some_keys(200_000), some_keys(200_000, seed=2)
    for p in (0.03, 0.1, 0.9):
        answers = asked(Gate.chance(p), keys, noises)
        assert answers.mean() == pytest.approx(p, abs=4.0 * (p * (1 - p) / len(keys)) ** 0.5)
        assert np.array_equal(answers, asked(Gate.chance(p), keys, noises)), "a replay admits the same"
    assert asked(Gate.chance(1.0), keys, noises).all(), "a certain chance"


def test_chances_differ_from_example_to_example_and_from_key_to_key() -> None:
    """A key that was refused may be admitted at its next sighting, and its neighbours are not bound to it."""
    one = np.full(10_000, 7, dtype=np.uint64)
    other = some_keys(10_000)

    assert asked(Gate.chance(0.5), one, other).mean() == pytest.approx(0.5, abs=0.02), "one key, many examples"
    assert asked(Gate.chance(0.5), other, one).mean() == pytest.approx(0.5, abs=0.02), "many keys, one example"


def test_sifting_tells_the_admitted_from_the_others_in_their_order() -> None:
    """Both lists together are what was asked."""
    gate = Gate.counting(times=1, keys=10_000, false_rate=1e-6)
    keys = some_keys(10)
    asked(gate, keys[[2, 5, 7]])
    admitted, refused = sifted(gate, keys, np.array([1, 2, 4, 5, 7, 9]))

    assert (admitted, refused) == ([2, 5, 7], [1, 4, 9])
    assert sifted(Gate.open(), keys, np.array([3, 1])) == ([3, 1], [])
