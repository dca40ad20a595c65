"""A counting gate against a dictionary that counts exactly: never later than it, early only where counters overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.gate import Gate
from tests.unit.learn.gate_rows import asked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

TIMES = st.sampled_from([1, 2, 3, 4, 7, 15])
RATES = st.sampled_from([0.001, 0.1, 0.5])


def drawn(seed: int, names: int, length: int) -> list[int]:
    """Names at random, the first ones more often; lists that Hypothesis makes itself are too short to turn a hand."""
    return [int(name) for name in np.random.default_rng(seed).zipf(1.3, length) % names]


STREAMS = st.builds(drawn, st.integers(0, 10**6), st.integers(1, 41), st.integers(1, 300)) | st.lists(
    st.integers(0, 40), min_size=1, max_size=400
)


def keys_of(stream: list[int], seed: int) -> Words:
    """Numbers as keys."""
    names: Words = np.random.default_rng(seed).integers(0, 2**64 - 1, 41, dtype=np.uint64)
    return names.take(stream)


@given(stream=STREAMS, times=TIMES, capacity=st.integers(1, 60), rate=RATES, seed=st.integers(0, 9))
def test_no_key_is_admitted_later_than_an_exact_count_says(
    stream: list[int], times: int, capacity: int, rate: float, seed: int
) -> None:
    """Counting those sightings that are not more than `capacity` entered keys ago."""
    gate = Gate.counting(times=times, keys=capacity, false_rate=rate)
    refused: dict[int, list[int]] = {}
    for name, key in zip(stream, keys_of(stream, seed), strict=True):
        before = gate.entered
        remembered = [at for at in refused.get(name, []) if before < at + capacity]
        [admitted] = asked(gate, np.array([key]))
        assert admitted or len(remembered) < times, f"{name} was refused {len(remembered)} times lately"
        if not admitted:
            refused.setdefault(name, []).append(gate.entered)


@given(stream=STREAMS, times=TIMES, seed=st.integers(0, 9))
def test_with_room_enough_keys_are_admitted_exactly_when_the_count_says(
    stream: list[int], times: int, seed: int
) -> None:
    """Neither early nor late."""
    gate = Gate.counting(times=times, keys=100_000, false_rate=1e-6)
    counts: dict[int, int] = {}
    answers = asked(gate, keys_of(stream, seed))
    for name, admitted in zip(stream, answers, strict=True):
        assert admitted == (counts.get(name, 0) >= times)
        counts[name] = counts.get(name, 0) + 1


@given(stream=STREAMS, times=TIMES, capacity=st.integers(1, 60), cut=st.integers(0, 400), seed=st.integers(0, 9))
def test_a_gate_that_was_kept_and_restored_anywhere_answers_as_one_that_was_not(
    stream: list[int], times: int, capacity: int, cut: int, seed: int
) -> None:
    """From a base in the middle of the stream and a delta at its end."""
    keys = keys_of(stream, seed)
    gate, other = (Gate.counting(times=times, keys=capacity) for _ in range(2))
    whole = asked(gate, keys)
    first = asked(other, keys[:cut])
    base = other.entries()
    other.untouch()
    second = asked(other, keys[cut:])
    delta = other.entries(only_touched=True)
    restored = Gate.counting(times=times, keys=capacity)
    restored.load(*(np.concatenate(both) for both in zip(base, delta, strict=True)))

    assert np.array_equal(whole, np.concatenate([first, second]))
    assert gate.digest() == other.digest() == restored.digest()
