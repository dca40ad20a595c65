"""Which negatives are learned from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.events.sampling import SEED, keep, share


@pytest.mark.parametrize(
    ("id", "expected"),
    [("", 0.16124698618405725), ("r1", 0.969346404448117), ("r4", 0.5630898492279531), ("é", 0.9252458474941039)],
)
def test_the_share_of_an_id_never_changes(id: str, expected: float) -> None:
    """Golden values: with another hash or seed, a log replayed would learn from other negatives."""
    assert expected == share(id)
    assert SEED.to_bytes(7, "big") == b"flyball"


@given(st.text(), st.floats(1e-9, 1.0), st.floats(1e-9, 1.0))
def test_what_is_kept_at_one_rate_is_kept_at_every_higher_one(id: str, one: float, other: float) -> None:
    """So a rate may be raised without dropping what was learned."""
    assert keep(id, min(one, other)) <= keep(id, max(one, other))
    assert keep(id, 1.0)


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9])
def test_the_share_that_is_kept_is_the_rate(rate: float) -> None:
    """Within four standard deviations of 40,000 ids."""
    count = 40_000
    kept = sum(keep(f"request-{number}", rate) for number in range(count))

    assert abs(kept - count * rate) < 4 * (count * rate * (1 - rate)) ** 0.5
