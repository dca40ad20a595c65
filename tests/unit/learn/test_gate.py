"""Gates: their size, what they promise, and what is kept of them."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn.gate import Gate, GateRefused, density_of, false_rate_of
from tests.unit.learn.gate_rows import asked, some_keys

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("times", "counters"), [(1, 256), (2, 128), (4, 64)])
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_new_keys_are_taken_for_old_ones_as_often_as_the_formula_says(times: int, counters: int, rate: float) -> None:
    """Counted over whole turns of the hand, so with the present half at every fill."""
    gate = Gate.counting(times=times, keys=50_000, false_rate=rate)
    asked(gate, some_keys(150_000))
    entered, count = gate.entered, 200_000
    admitted = asked(gate, some_keys(count, seed=2)).mean()
    density, checks = density_of(counters=counters, false_rate=rate)
    both = [
        false_rate_of(keys_per_half=density, counters=counters, checks=checks, fill=(i + 0.5) / 40) for i in range(40)
    ]
    full = false_rate_of(keys_per_half=density, counters=counters, checks=checks)

    assert full == pytest.approx(rate, rel=1e-3), "sized for the moment when both halves are full"
    if times == 1:
        assert admitted == pytest.approx(np.mean(both), rel=0.1), "one sighting is enough"
    else:
        # Nobody is admitted at once, but the present half does not enter a key that it takes for an old one.
        older = 1.0 - (1.0 - full) ** 0.5
        expected = np.mean([1.0 - (1.0 - each) / (1.0 - older) for each in both])
        assert 1.0 - (gate.entered - entered) / count == pytest.approx(expected, rel=0.1)
        assert admitted < rate / 20


def test_a_filter_takes_as_much_memory_as_its_formula_says() -> None:
    """64 bytes for `density_of` keys, and an eighth of a byte a line for marks."""
    gate = Gate.counting(times=2, keys=10_000_000)
    density, _ = density_of(counters=128, false_rate=0.1)

    assert gate.memory_bytes == pytest.approx(10_000_000 / density * (64 + 1 / 8), rel=0.001)
    assert gate.memory_bytes / 10_000_000 < 3.3, "bytes a key"


def test_a_gate_goes_on_where_it_was_kept_from_a_base_and_deltas() -> None:
    """To the bit, and touched lines are few."""
    gate = Gate.counting(times=2, keys=100_000)
    asked(gate, some_keys(50_000))
    base = gate.entries()
    gate.untouch()
    asked(gate, some_keys(300, seed=2))
    delta = gate.entries(only_touched=True)
    restored = Gate.counting(times=2, keys=100_000)
    restored.load(*(np.concatenate(both) for both in zip(base, delta, strict=True)))
    more = some_keys(60_000, seed=3) | np.uint64(1)

    assert len(delta[0]) < 700, "300 keys, and as many lines that the hand has passed"
    assert restored.digest() == gate.digest()
    assert np.array_equal(asked(restored, more), asked(gate, more))
    assert (restored.digest(), restored.refused) == (gate.digest(), gate.refused)


def test_what_was_restored_is_yet_to_be_kept() -> None:
    """As a table's is: the next base is written from it."""
    gate = Gate.counting(times=1, keys=1000)
    asked(gate, some_keys(100))
    restored = Gate.counting(times=1, keys=1000)
    restored.load(*gate.entries())

    everything = len(gate.entries()[0])

    assert len(restored.entries(only_touched=True)[0]) == everything
    restored.untouch()
    assert len(restored.entries(only_touched=True)[0]) == 2, "the header"
    restored.touch_all()
    assert len(restored.entries(only_touched=True)[0]) == everything


def test_a_gate_without_a_filter_keeps_its_counts() -> None:
    """They are on its header's second line."""
    gate = Gate.chance(0.5)
    asked(gate, some_keys(1000), some_keys(1000, seed=2))
    restored = Gate.chance(0.5)
    restored.load(*gate.entries(only_touched=True))
    none = Gate.open()
    none.load(*Gate.open().entries())

    assert restored.admitted + restored.refused == 1000
    assert restored.digest() == gate.digest() != Gate.chance(0.5).digest()
    assert (none.digest(), none.admitted, none.refused) == (Gate.open().digest(), 0, 0)
    none.untouch()
    none.touch_all()


@pytest.mark.parametrize(
    "other",
    [
        Gate.counting(times=1, keys=1001, false_rate=0.2),
        Gate.counting(times=2, keys=1000),
        Gate.chance(0.1),
        Gate.open(),
    ],
)
def test_what_was_kept_of_another_gate_is_refused(other: Gate) -> None:
    """And nothing has changed."""
    gate = Gate.counting(times=1, keys=1000)
    before = gate.digest()
    with pytest.raises(GateRefused, match="is of another gate, of another mode or size; open the state"):
        gate.load(*other.entries())
    assert gate.digest() == before


def test_lines_that_no_gate_of_this_size_has_are_refused() -> None:
    """Damaged, or made up."""
    gate = Gate.counting(times=1, keys=1000)
    numbers, rows = gate.entries()
    numbers[-1] = 10**6 << 32
    with pytest.raises(GateRefused, match="line 1000000 was kept of a gate that has 27"):
        gate.load(numbers, rows)
    with pytest.raises(GateRefused, match="is of another gate"):
        gate.load(numbers, rows[:-1])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"times": 0, "keys": 10}, "times is 0; give a whole number from 1 to 15"),
        ({"times": 16, "keys": 10}, "times is 16"),
        ({"times": 1, "keys": 0}, "keys is 0; give how many new keys"),
        ({"times": 1, "keys": 10, "false_rate": 0.0}, "false_rate is 0.0; give a share"),
        ({"times": 15, "keys": 2**36 - 1, "false_rate": 1e-9}, "would take .* more than it can have; give fewer keys"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(given: dict[str, int], told: str) -> None:
    """With what can."""
    with pytest.raises(GateRefused, match=told):
        Gate.counting(**given)


@pytest.mark.parametrize("p", [0.0, -0.1, 1.1, float("nan"), 1e-20])
def test_a_chance_that_is_none_is_refused(p: float) -> None:
    """NaN too."""
    with pytest.raises(GateRefused, match="give a probability above 0, at most 1"):
        Gate.chance(p)


def test_the_filter_of_a_single_key_works() -> None:
    """One line, whose halves take turns."""
    gate = Gate.counting(times=1, keys=1)
    answers = asked(gate, np.array([5, 5, 6, 6, 7], dtype=np.uint64))

    assert answers.tolist() == [False, True, False, True, False]
